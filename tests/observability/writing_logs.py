"""A process that configures logging and says a few things; run by the tests.

Usage: ``writing_logs.py FORM``: ``json``, ``text`` or ``auto``. Everything said holds the same
made-up secrets in another place.
"""

import asyncio
import logging
import sys

import structlog
from aiokafka.errors import ProducerFenced

from workers.observability.logs import configure_logging

TOKEN = "s3cr3t-t0k3n-value"


def fail(credential: str) -> None:
    """Raise with a credential in the message, and one in a local variable."""
    local = f"local-{credential}"
    raise ValueError(f"401 for Authorization: Bearer {credential} ({len(local)})")


async def leave_behind(*errors: Exception) -> None:
    """Give futures up with these errors, as a library does for which nobody waits."""
    for error in errors:
        asyncio.get_running_loop().create_future().set_exception(error)


def main() -> None:
    """Say things."""
    configure_logging("feedback", form=sys.argv[1])
    log = structlog.get_logger("workers.feedback")
    log.info("chunk_done", events=3, place="Zürich")
    log.info("call", api_token=TOKEN, Authorization=f"Bearer {TOKEN}", client_secret=TOKEN)
    log.info("text", url=f"https://user:{TOKEN}@example.org/x", header=f"bearer {TOKEN}")
    log.info("nested", request={"headers": {"Authorization": TOKEN}, "seen": [f"Bearer {TOKEN}"]})
    log.info(
        "slack", webhook=f"https://hooks.slack.com/services/T1/B2/{TOKEN}", bot=f"xoxb-{TOKEN}"
    )
    name = f"Bearer {TOKEN}"
    log.info(name)
    try:
        fail(TOKEN)
    except ValueError:
        log.exception("failed")
        logging.getLogger("somebody.else").exception("also failed")
    logging.getLogger("aiokafka.consumer").info("chatter")
    logging.getLogger("aiokafka.consumer").warning("broker away")
    sender = logging.getLogger("aiokafka.producer.sender")
    sender.warning(
        "Got error produce response on topic-partition %s, retrying. Error: %s", "t", "busy"
    )
    sender.warning("Got error produce response: %s", "refused")
    asyncio.run(leave_behind(ProducerFenced(), OSError("gone")))
    log.debug("details")
    log.info("two\nlines", note="a\nb")


if __name__ == "__main__":
    main()
