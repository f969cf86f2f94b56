"""Limits of connections and networks, on a real socket: slow or large requests do not block the pages."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest

from app.web.connection_limits import MOST_OF_A_NETWORK, UNWANTED_BYTES, Patience, network_of
from tests.harness.free_ports import free_port
from tests.harness.waiting import patience
from tests.workers.served import Served

pytestmark = pytest.mark.slow
CEILING = patience(Patience().body + 3 * Patience().check_every + 45)
POST = (
    b"POST /signin HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("served") / "var", free_port(), None, "--web-only")
    try:
        running.until_ready(pages_only=True)
        yield running
    finally:
        running.clear()


def connected(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), timeout=CEILING)


def until_closed(line: socket.socket) -> bytes:
    """The bytes received until the server closes the connection."""
    answer = b""
    with suppress(ConnectionResetError):
        while piece := line.recv(65536):
            answer += piece
    return answer


def send(line: socket.socket, data: bytes) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        line.sendall(data)


def response_too_slow(answer: bytes) -> bool:
    """The answer is the page of a slow line, whole and under the policy of every page."""
    head, _, page = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 "), answer[:300]
    assert f"Content-Length: {len(page)}".encode() in head
    assert b"Content-Security-Policy: " in head
    return b"<h1>Your line is too slow at the moment</h1>" in page


def test_heads_and_bodies_that_come_slowly_are_ended_in_time(served: Served) -> None:
    began = time.monotonic()
    with ExitStack() as stack:
        silent, head, body = (stack.enter_context(connected(served)) for _ in range(3))
        send(head, b"GET /signin HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        send(body, POST + b"Content-Length: 1000\r\n\r\nemail=")
        assert [until_closed(line) for line in (silent, head)] == [b"", b""], "there is nobody to answer"
        assert response_too_slow(until_closed(body))
    assert time.monotonic() - began < CEILING
    assert httpx.get(f"{served.url}/healthz", timeout=patience(60)).status_code == 200


def test_a_head_without_end_is_refused(served: Served) -> None:
    with connected(served) as line:
        send(line, b"GET /signin HTTP/1.1\r\nHost: x\r\n" + b"X-Much: " + b"a" * 200_000)
        send(line, b"a" * 1_000_000)
        assert b" 431 " in until_closed(line)[:60]


@pytest.mark.parametrize(("headers", "status"), [(90, 200), (150, 431)])
def test_headers_are_counted(served: Served, headers: int, status: int) -> None:
    answer = httpx.get(f"{served.url}/signin", headers={f"x-{n}": "1" for n in range(headers)}, timeout=patience(60))
    assert answer.status_code == status


def test_an_unread_body_is_not_received(served: Served) -> None:
    sent = 0
    with connected(served) as line, suppress(BrokenPipeError, ConnectionResetError):
        line.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(400):
            line.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            sent += 65536
    assert sent < UNWANTED_BYTES + 20 * 1024 * 1024, "what the kernel holds, and no more"
    assert sent < 400 * 65536


def test_connections_of_a_network_are_limited(served: Served) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(connected(served)) for _ in range(MOST_OF_A_NETWORK + 20)]
        assert b" 503 " in until_closed(lines[-1])[:40]
        send(lines[0], b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert until_closed(lines[0]).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.9", "203.0.113.9/32"), ("2001:db8:1:2::9", "2001:db8:1:2::/64"), ("", "unknown")],
)
def test_callers_are_counted_by_their_network(address: str, network: str) -> None:
    assert network_of(address) == network
