"""How many connections are taken, for how long, and how much of a request is waited for.

uvicorn has no limit for the time of a request's head or body, nor for connections of one network. Behind a proxy that
ends TLS every connection has the proxy's address, and so only the limit of all connections counts there.
"""

import asyncio
import ipaddress
from collections import Counter
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.door import HEADER_BYTES

HEAD_SECONDS = 10.0
CHECK_SECONDS = 5.0
LEAST_BODY_BYTES_PER_SECOND = 512
UNWANTED_BYTES = 2 * 1024 * 1024
MOST_OF_A_NETWORK = 200
MOST_CONNECTIONS = 600  # fewer than the files that a process may have open
KEEP_ALIVE_SECONDS = 15
NETWORK_BITS = {4: 32, 6: 64}
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 10\r\nContent-Length: 0\r\n\r\n"


class LimitedProtocol(H11Protocol):
    """One connection, with limits of our own. `is_behind_proxy` is set for the whole server before it starts."""

    is_behind_proxy = False
    open_by_network: Counter[str] = Counter()  # noqa: RUF012 - shared by all connections of this process

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._network = ""
        self._received = 0
        self._body_seen = 0
        self._head_since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self._network = network_of(self.client[0] if self.client else "")
        self.open_by_network[self._network] += 1
        crowded = not self.is_behind_proxy and self.open_by_network[self._network] > MOST_OF_A_NETWORK
        if crowded or len(self.connections) > MOST_CONNECTIONS:
            transport.write(TOO_MANY)
            transport.close()
            return
        self._timer = self.loop.call_later(CHECK_SECONDS, self._check)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._network:
            self.open_by_network[self._network] -= 1
            if not self.open_by_network[self._network]:
                del self.open_by_network[self._network]
            self._network = ""
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and self._received == 0:
            self._head_since = self.loop.time()
        self._received += len(data)
        if self._is_answered() and self._received > UNWANTED_BYTES:
            self.transport.abort()  # an answer was given without the body, which goes on and on
            return
        super().data_received(data)

    def _is_answered(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete

    def on_response_complete(self) -> None:
        self._received = self._body_seen = 0
        self._head_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """A head that grew beyond its limit is answered as such; h11 reports it like any other broken request."""
        if self._received > HEADER_BYTES and (self.cycle is None or self._is_answered()):
            self.transport.write(TOO_LARGE)
            self.transport.close()
            return
        super().send_400_response(msg)

    def _check(self) -> None:
        """Ends a connection whose head takes too long, or whose body arrives too slowly while we wait for it."""
        if self.transport.is_closing():
            return
        if self._is_too_slow():
            self.transport.abort()
            return
        self._timer = self.loop.call_later(CHECK_SECONDS, self._check)

    def _is_too_slow(self) -> bool:
        if self.conn.their_state is h11.IDLE:
            is_waiting = self.cycle is None or self._received > 0
            return is_waiting and self.loop.time() - self._head_since > HEAD_SECONDS
        if self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused:
            arrived, self._body_seen = self._received - self._body_seen, self._received
            return arrived < LEAST_BODY_BYTES_PER_SECOND * CHECK_SECONDS
        return False


def network_of(address: str) -> str:
    """The network of a caller: an address of version 4, or the first 64 bits of one of version 6."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((known, NETWORK_BITS[known.version]), strict=False))
