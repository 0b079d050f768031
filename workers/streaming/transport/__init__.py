"""Faust's Kafka driver, with chunks instead of messages and without its own commits."""

from workers.streaming.transport.chunk import Chunk
from workers.streaming.transport.driver import ChunkTransport
from workers.streaming.transport.schema import ChunkSchema

__all__ = ["Chunk", "ChunkSchema", "ChunkTransport"]
