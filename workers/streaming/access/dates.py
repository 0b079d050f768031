"""Records that Kafka refuses by their dates: some clock is wrong, and this says which to look at.

Topics take no record dated more than ``schemas.topics.AHEAD_MS`` after the broker's own clock
(``message.timestamp.after.max.ms``, Kafka 3.6 and newer), for stream time follows the dates of
records and never goes back.
"""

from datetime import datetime

from aiokafka.errors import InvalidTimestampError

__all__ = ["refused_date"]


def refused_date(error: BaseException | None, now: datetime) -> str | None:
    """What to do, if the error or its cause is such a refusal; ``now`` is this machine's time."""
    while error is not None:
        if isinstance(error, InvalidTimestampError):
            return (
                f"Kafka refused a record by its date: this machine's clock says {now:%F %T %Z}, "
                "too far ahead of the broker's (message.timestamp.after.max.ms of the topic). Set "
                "both clocks by NTP (timedatectl tells whether it is on); then what was refused is "
                "written"
            )
        error = error.__cause__ or error.__context__
    return None
