"""A poller's publisher as a process of its own, which ends itself by SIGKILL.

Usage: ``publishing.py SERVERS SOURCE``. The first page is committed; of the second every record
is in the topics when the process is killed, but for the commit.
"""

import asyncio
import os
import signal
import sys

from schemas.platform import CheckpointSaved
from tests.ingest.scripts import NOW, bad, page
from workers.config.settings import KafkaSettings
from workers.ingest.publisher import Publisher
from workers.streaming.connection.clients import client_settings


async def main() -> None:
    """Write two pages, the second one only almost."""
    servers, name = sys.argv[1:]
    pages = 0

    async def written() -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            assert publisher._producer is not None
            sent = [written for written, _ in publisher._producer._sent]
            await asyncio.gather(*sent)  # acknowledged by the broker
            os.kill(os.getpid(), signal.SIGKILL)

    client = client_settings(KafkaSettings(servers=tuple(servers.split(","))))
    publisher = Publisher(name, client, written=written)
    await publisher.open()
    for number in (1, 2):
        saved = CheckpointSaved(
            source_name=name, vendor="zendesk", checkpoint={"cursor": str(number)}
        )
        content = page(name, number, number * 10, number * 10 + 1, dead=[bad(str(number))])
        await publisher.write(content, saved, NOW)


if __name__ == "__main__":
    asyncio.run(main())
