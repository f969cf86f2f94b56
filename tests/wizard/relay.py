"""A line between a browser and a server that a test can cut, silence and mend."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from tests.harness.waiting import patience


class Line(Enum):
    """What becomes of the bytes on a line."""

    WHOLE = "whole"
    CUT = "cut"
    """Each connection ends at once, as when the server's process has ended."""
    SILENT = "silent"
    """Connections stay and nothing arrives, as when a cable is out or the server's process has stopped."""


class Relay:
    """Passes connections on to a server, as its `line` is. One loop in one thread."""

    def __init__(self, to: str) -> None:
        self.line = Line.WHOLE
        self._to = urlsplit(to)
        self._connections: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(asyncio.start_server(self._pass_on, sock=self._listener))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def becomes(self, line: Line) -> None:
        """Changes the line for the connections that exist and for new ones."""
        self.line = line
        self._do(self._drop())

    def end(self) -> None:
        self.becomes(Line.CUT)
        self._do(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(patience(10))

    def _do(self, work: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(patience(10))

    async def _drop(self) -> None:
        if self.line is not Line.SILENT:
            for writer in list(self._connections):
                writer.transport.abort()

    async def _finish(self) -> None:
        """Ends what still passes bytes on, and waits for its end."""
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.line is Line.CUT:
            writer.transport.abort()
            return
        host, port = self._to.hostname, self._to.port
        there, away = await asyncio.open_connection(host, port)
        ends = (writer, away)
        self._connections.update(ends)
        try:
            await asyncio.gather(self._flow(reader, away), self._flow(there, writer))
        finally:
            for one in ends:
                self._connections.discard(one)
                one.transport.abort()

    async def _flow(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65_536):
                if self.line is not Line.SILENT:
                    sink.write(data)
                    await sink.drain()
            sink.write_eof()


@contextmanager
def relayed(to: str) -> Iterator[Relay]:
    """A whole line to the server at the address `to`, until the block ends."""
    relay = Relay(to)
    try:
        yield relay
    finally:
        relay.end()
