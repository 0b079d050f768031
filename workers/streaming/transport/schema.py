"""The Faust schema that hands a chunk through undecoded."""

from typing import Any

from faust import Schema

__all__ = ["ChunkSchema"]


class ChunkSchema(Schema):
    """Decoding is the engine's work, where a bad record becomes a dead letter."""

    def compile(self, app: Any, **_options: Any) -> Any:
        """The decode function Faust calls for each message: wraps the chunk in an event."""
        create_event = app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            del propagate
            return create_event(None, message.value, None, message)

        return decode
