"""A role that starts before its broker waits for it, and says so."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from workers.streaming.access.errors import AccessError, ClusterError
from workers.streaming.connection.reach import until_passed, until_reachable


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{held.getsockname()[1]}"


async def test_without_a_broker_it_waits_and_names_the_setting() -> None:
    """One message with the address and the setting; the end of the wait is the order to stop."""
    stop = asyncio.Event()
    address = nobody()
    settings = {"bootstrap_servers": [address], "security_protocol": "PLAINTEXT"}
    with capture_logs() as told:
        waiting = asyncio.create_task(until_reachable(settings, stop))
        async with asyncio.timeout(60):
            while not told:  # noqa: ASYNC110 - what is waited for is a log line
                await asyncio.sleep(0)
        assert not waiting.done()
        stop.set()
        assert await waiting is False
    assert [entry["event"] for entry in told] == ["kafka_unreachable"]
    assert told[0]["servers"] == [address]
    assert told[0]["reason"] == (
        f"no Kafka answers at {address}: check KAFKA_BOOTSTRAP_SERVERS and that it runs"
    )


async def test_an_order_to_stop_before_the_start_is_obeyed() -> None:
    """Nothing is asked of a broker then."""
    stop = asyncio.Event()
    stop.set()
    settings = {"bootstrap_servers": [nobody()], "security_protocol": "PLAINTEXT"}
    with capture_logs() as told:
        assert await until_reachable(settings, stop) is False
    assert told == []


async def test_the_reason_is_told_and_told_anew_when_it_changes() -> None:
    """Somebody answers by now, who hangs up: that is another setting to look at."""
    stop = asyncio.Event()

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    address = nobody()
    host, port = address.split(":")
    settings = {"bootstrap_servers": [address], "security_protocol": "PLAINTEXT"}
    with capture_logs() as told:
        waiting = asyncio.create_task(until_reachable(settings, stop))
        async with asyncio.timeout(60):
            while not told:  # noqa: ASYNC110 - what is waited for is a log line
                await asyncio.sleep(0)
            async with await asyncio.start_server(hang_up, host, int(port)):
                while len(told) == 1:  # noqa: ASYNC110
                    await asyncio.sleep(0)
        stop.set()
        assert await waiting is False
    assert "no Kafka answers" in told[0]["reason"]
    assert "hung up" in told[1]["reason"]
    assert "KAFKA_SECURITY_PROTOCOL=PLAINTEXT" in told[1]["reason"]


def answers(*errors: Exception) -> Callable[[], Awaitable[None]]:
    """A cluster that answers with each of these in turn, and then well."""
    left = list(errors)

    async def ask() -> None:
        if left:
            raise left.pop(0)

    return ask


async def test_what_asking_again_may_mend_is_asked_again() -> None:
    """Each reason is told, the same one once."""
    said: list[str] = []
    ask = answers(ClusterError("away"), ClusterError("away"), TimeoutError())
    assert await until_passed(ask, asyncio.Event(), said.append, final=(AccessError,))
    assert said == ["away", "TimeoutError"]


async def test_what_only_a_person_can_mend_is_raised() -> None:
    """For who asked for that; others wait for the person."""
    said: list[str] = []
    with pytest.raises(AccessError, match="no right"):
        await until_passed(
            answers(AccessError("no right")), asyncio.Event(), said.append, final=(AccessError,)
        )
    assert said == []
    assert await until_passed(answers(AccessError("no right")), asyncio.Event(), said.append)
    assert said == ["no right"]


async def test_a_mistake_of_ours_is_not_waited_out() -> None:
    """What does not come from the cluster ends the wait."""
    with pytest.raises(ArithmeticError):
        await until_passed(answers(ArithmeticError()), asyncio.Event(), [].append)


async def test_an_order_to_stop_cuts_a_question_short() -> None:
    """A server that is silent for ever does not keep a role from ending."""
    stop, asked = asyncio.Event(), asyncio.Event()

    async def silence() -> None:
        asked.set()
        await asyncio.Event().wait()

    waiting = asyncio.create_task(until_passed(silence, stop, [].append))
    await asked.wait()
    stop.set()
    async with asyncio.timeout(60):
        assert await waiting is False


async def test_an_order_to_stop_that_comes_with_the_answer_is_obeyed() -> None:
    """Whoever was told to end does not begin because its broker is there at last."""
    stop = asyncio.Event()

    async def answered_as_it_ends() -> None:
        stop.set()

    assert await until_passed(answered_as_it_ends, stop, [].append) is False
