"""A role begins when its cluster has been looked at, not before."""

import asyncio
import socket

from structlog.testing import capture_logs

from workers.config.settings import KafkaSettings
from workers.runtime.entry.entrance import Entrance


class Begun:
    """A role that is ready at once."""

    ready = True
    alive = True
    ran = False

    async def run(self, stop: asyncio.Event) -> None:
        """Remember it."""
        del stop
        self.ran = True


async def test_a_role_told_to_stop_while_it_waits_never_begins() -> None:
    """Without a broker it is alive, unready and says so once; the order to stop is obeyed."""
    checked: list[KafkaSettings] = []
    role, stop = Begun(), asyncio.Event()
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        kafka = KafkaSettings((f"127.0.0.1:{nobody.getsockname()[1]}",))
        entrance = Entrance(role, kafka, checked.append)
        with capture_logs() as told:
            running = asyncio.create_task(entrance.run(stop))
            async with asyncio.timeout(60):
                while not told:  # noqa: ASYNC110 - what is waited for is a log line
                    await asyncio.sleep(0.01)
            assert (entrance.ready, entrance.alive) == (False, True)
            stop.set()
            await asyncio.wait_for(running, 20)
    assert [entry["event"] for entry in told] == ["kafka_unreachable"]
    assert "KAFKA_BOOTSTRAP_SERVERS" in told[0]["reason"]
    assert (role.ran, checked) == (False, [])
