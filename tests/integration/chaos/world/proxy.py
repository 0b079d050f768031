"""A TCP proxy between a worker and its broker, whose connections can be cut, slowed and reset."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine
from typing import Any

__all__ = ["Proxy"]

_PIECE = 16 * 1024
_SLOW_SECONDS = 0.05


class Proxy:
    """Listens on a port of its own and passes everything on, in a thread of its own."""

    def __init__(self, port: int, target: int) -> None:
        self._port = port
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._slow = False

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()
        self._run(self._listen())

    def reset(self) -> None:
        """Reset every connection; new ones are taken."""
        self._run(self._reset())

    def slow(self, *, on: bool) -> None:
        """Pass pieces on with a pause before each, or at full speed."""
        self._slow = on

    def cut(self, *, on: bool) -> None:
        """Pass nothing on, as behind a broken cable: connections stay and are silent."""
        self._loop.call_soon_threadsafe(self._flows.clear if on else self._flows.set)

    def stop(self) -> None:
        """End everything."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _listen(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, onward = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.close()
            return
        for source, sink in ((reader, onward), (there, writer)):
            self._writers.add(sink)
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while piece := await source.read(_PIECE):
                if self._slow:
                    await asyncio.sleep(_SLOW_SECONDS)
                await self._flows.wait()
                sink.write(piece)
                await sink.drain()
        except OSError:
            pass
        finally:
            self._writers.discard(sink)
            sink.close()

    async def _reset(self) -> None:
        for writer in list(self._writers):
            held = writer.get_extra_info("socket")
            if held is not None:
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._reset()
        pumps = list(self._pumps)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
