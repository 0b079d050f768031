"""Refusing deliveries that somebody kept and sends again."""

from datetime import UTC, datetime, timedelta

from connectors.base.errors import SignatureError

__all__ = ["TOLERANCE", "require_fresh"]

TOLERANCE = timedelta(minutes=5)
"""How far a delivery's time may be from ours; what Slack, HubSpot and Standard Webhooks use."""


def require_fresh(sent: str, now: datetime, tolerance: timedelta = TOLERANCE) -> datetime:
    """The moment a delivery says it was sent at; raises ``SignatureError`` when far from now.

    ``sent`` is ISO 8601 or seconds since 1970. It must be covered by the signature, else it
    proves nothing.
    """
    try:
        moment = (
            datetime.fromtimestamp(int(sent), tz=UTC)
            if sent.isdigit()
            else datetime.fromisoformat(sent)
        )
    except (ValueError, OverflowError, OSError):
        raise SignatureError("the delivery's time cannot be read") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if abs(now - moment) > tolerance:
        raise SignatureError(
            f"the delivery is from {moment.isoformat()}, more than "
            f"{tolerance.total_seconds() / 60:g} minutes away: too old, or a clock is wrong"
        )
    return moment
