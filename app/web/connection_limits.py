"""Limits for connections: their number, and how long the server waits for a request.

uvicorn has no time limit for a request's head or body, and no limit for connections of one network. Behind a proxy
that ends TLS every connection has the proxy's address, so only the limit of all connections counts there.

A body may pause on a slow line. Waiting uses up a time allowance, and each byte that arrives gives some of the
allowance back. A request whose body uses up the allowance gets a page (408). A head without an end gets no response.
"""

import asyncio
import ipaddress
from collections import Counter
from dataclasses import dataclass
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.request_sizes import HEADER_BYTES

UNWANTED_BYTES = 2 * 1024 * 1024
MOST_OF_A_NETWORK = 200
MOST_CONNECTIONS = 600  # fewer than the files that a process may have open
KEEP_ALIVE_SECONDS = 15
NETWORK_BITS = {4: 32, 6: 64}
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 10\r\nContent-Length: 0\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait for a request: for the whole head, and for a body slower than the minimum rate."""

    head: float = 10.0
    body: float = 20.0
    check_every: float = 2.5
    least_body_bytes_per_second: int = 512


class LimitedProtocol(H11Protocol):
    """A connection with limits for number, time and size.

    The server sets `is_behind_proxy` and `too_slow` (the response for a slow body) before the first connection.
    """

    is_behind_proxy = False
    too_slow = TOO_SLOW
    patience = Patience()
    open_by_network: Counter[str] = Counter()  # noqa: RUF012 - shared by all connections of this process

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._network = ""
        self._received = 0
        self._body_checked = 0
        self._head_since = 0.0
        self._checked_at = 0.0
        self._late = 0.0
        self._is_ending = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._head_since = self._checked_at = self.loop.time()
        self._network = network_of(self.client[0] if self.client else "")
        self.open_by_network[self._network] += 1
        crowded = not self.is_behind_proxy and self.open_by_network[self._network] > MOST_OF_A_NETWORK
        if crowded or len(self.connections) > MOST_CONNECTIONS:
            transport.write(TOO_MANY)
            transport.close()
            return
        self._timer = self.loop.call_later(self.patience.check_every, self._check)

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
        if self.transport.is_closing() or self._is_ending:
            return
        if self.conn.their_state is h11.IDLE and self._received == 0:
            self._head_since = self.loop.time()
        self._received += len(data)
        if self._is_answered() and self._received > UNWANTED_BYTES:
            self.transport.abort()  # the response is complete and the body goes on
            return
        super().data_received(data)

    def _is_answered(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete

    def on_response_complete(self) -> None:
        self._received = self._body_checked = 0
        self._late = 0.0
        self._head_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Responds 431 if the head is larger than its limit. h11 reports a large head as a malformed request."""
        if self._received > HEADER_BYTES and (self.cycle is None or self._is_answered()):
            self.transport.write(TOO_LARGE)
            self.transport.close()
            return
        super().send_400_response(msg)

    def _check(self) -> None:
        """Ends a connection whose head takes too long or whose body arrives too slowly."""
        if self.transport.is_closing():
            return
        if self._is_ending or self._is_head_late():
            self.transport.abort()
            return
        if self._is_body_late():
            self._end_slow_body()
        self._timer = self.loop.call_later(self.patience.check_every, self._check)

    def _is_head_late(self) -> bool:
        if self.conn.their_state is not h11.IDLE:
            return False
        is_waiting = self.cycle is None or self._received > 0
        return is_waiting and self.loop.time() - self._head_since > self.patience.head

    def _is_body_late(self) -> bool:
        """Whether the time allowance of the body is used up. Time in which the server does not read is free."""
        waited, arrived = self.loop.time() - self._checked_at, self._received - self._body_checked
        self._checked_at, self._body_checked = self.loop.time(), self._received
        if self.conn.their_state is not h11.SEND_BODY or self.flow.read_paused:
            return False
        self._late = max(0.0, self._late + waited - arrived / self.patience.least_body_bytes_per_second)
        return self._late > self.patience.body

    def _end_slow_body(self) -> None:
        """Responds 408 if no response has started. The next check ends the connection.

        The server reads and drops further bytes until then: closing a connection with unread bytes loses the
        response.
        """
        self._is_ending = True
        if self.cycle.response_started or not self.transport.can_write_eof():
            self.transport.abort()
            return
        self.cycle.disconnected = True  # the reader of the body gets an end of the stream
        self.cycle.message_event.set()
        self.transport.write(self.too_slow)
        self.transport.write_eof()


def network_of(address: str) -> str:
    """The network of a caller: an IPv4 address, or the first 64 bits of an IPv6 address."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network((known, NETWORK_BITS[known.version]), strict=False))
