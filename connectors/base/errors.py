"""What can go wrong with a source, named by what to do about it.

    SourceError
    |- ConfigurationError   stop the source, tell a person; retrying cannot help
    |- TransientError       wait, then try the same page again
    `- DataError            dead-letter this record, go on with the next
    SignatureError          refuse this webhook delivery

Messages are for people: what happened, where, what to do. They hold no secret and none of
the customer's words.
"""

__all__ = [
    "ConfigurationError",
    "DataError",
    "SignatureError",
    "SourceError",
    "TransientError",
]


class SourceError(Exception):
    """Base of what a connector raises while it reads a source."""


class ConfigurationError(SourceError):
    """Credentials, permissions, addresses or settings are wrong: a person has to act.

    ``remedy`` says what to do, in one sentence that a ProductOps lead understands.
    """

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class TransientError(SourceError):
    """The vendor or the way to it is unwell: try the same page again.

    ``retry_after`` is what the vendor asked for, in seconds; ``None`` leaves it to back-off.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DataError(SourceError):
    """One record cannot be mapped: it becomes a dead letter, the page goes on."""

    def __init__(self, message: str, *, record_id: str | None = None) -> None:
        super().__init__(message)
        self.record_id = record_id


class SignatureError(Exception):
    """A webhook delivery is not what it claims to be (or is too old); answer 401, keep nothing."""
