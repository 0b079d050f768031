"""The token of OAUTHBEARER, from a file that something else keeps fresh."""

from pathlib import Path

from aiokafka.abc import AbstractTokenProvider
from kafka.net.sasl.oauth import AbstractTokenProvider as BlockingTokenProvider

__all__ = ["AsyncTokenFile", "BlockingTokenFile", "TokenUnreadableError"]


class TokenUnreadableError(OSError):
    """The token's file cannot be read or is empty. The message names it."""


class AsyncTokenFile(AbstractTokenProvider):
    """For aiokafka. The file is read for every connection, so a new token is never missed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def token(self) -> str:
        """The present token; raises ``TokenUnreadableError``."""
        return _read(self._path)


class BlockingTokenFile(BlockingTokenProvider):
    """For kafka-python."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def token(self) -> str:
        """The present token; raises ``TokenUnreadableError``."""
        return _read(self._path)


def _read(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise TokenUnreadableError(
            f"KAFKA_SASL_TOKEN_FILE={str(path)!r} cannot be read: {reason}"
        ) from error
    if not token:
        raise TokenUnreadableError(f"KAFKA_SASL_TOKEN_FILE={str(path)!r} is empty")
    return token
