"""A form over a slow line, on a real socket: it may pause, gets a response, and holds its place for a limited time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlencode

import pytest
import uvicorn

from app.commands.serve import answer_too_slow
from app.settings import Environment
from app.web.connection_limits import LimitedProtocol, Patience
from tests.conftest import At
from tests.forms.outdated import Sending, filled_in
from tests.forms.routes import LINES
from tests.harness.product import BASE, Product
from tests.harness.waiting import patience, until
from tests.web.test_connections import response_too_slow, until_closed

pytestmark = pytest.mark.slow
SHORT = Patience(head=60.0, body=0.8, check_every=0.1, least_body_bytes_per_second=512)
LONG = Patience(head=60.0, body=60.0, check_every=0.1, least_body_bytes_per_second=512)
SOON = patience(30)


LOOKS: list[float] = []
"""The times of the server's connection checks."""


@contextmanager
def pages(product: Product, limits: Patience) -> Iterator[int]:
    """The product's pages, served as `serve` does, with a patience of this story. Gives the port."""

    class Limited(LimitedProtocol):
        patience = limits
        too_slow = answer_too_slow(product.app.state.jinja, Environment.TEST)

        def _check(self) -> None:
            super()._check()
            LOOKS.append(time.monotonic())

    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(product.app, http=Limited, ws="none", lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        until(lambda: server.started)
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(SOON)
        listening.close()
        assert not thread.is_alive()


def asking(product: Product) -> Sending:
    """A request for a change, filled in on its page."""
    return filled_in(product, next(line for line in LINES if line.route.endswith("/review/requests")))


def request_of(sending: Sending) -> tuple[bytes, bytes]:
    """The head and the body of the form, as a browser sends them."""
    body = urlencode(sending.form).encode()
    head = (
        f"POST {sending.address} HTTP/1.1\r\nHost: {BASE.partition('//')[2]}\r\nSec-Fetch-Site: same-origin\r\n"
        f"Cookie: caspen_signin={sending.browser.secret}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode(), body


def is_cut(line: socket.socket) -> bool:
    try:
        line.sendall(b"x")
    except OSError:
        return True
    return False


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SOON)


def test_a_body_that_pauses_for_many_checks_is_received(product_at: At) -> None:
    product = product_at("reviewing")
    sending = asking(product)
    (head, body), before = request_of(sending), len(product.audit())
    with pages(product, LONG) as port, connected(port) as line:
        line.sendall(head + body[:20])
        before_pause = len(LOOKS)
        until(lambda: len(LOOKS) > before_pause + 5)
        line.sendall(body[20:])
        assert until_closed(line).startswith(b"HTTP/1.1 303")
    assert len(product.audit()) == before + 1


@pytest.mark.parametrize("trickle", [0.0, 0.02])
def test_a_body_that_does_not_go_on_is_answered_in_words_and_saves_nothing(product_at: At, trickle: float) -> None:
    product = product_at("reviewing")
    sending = asking(product)
    (head, body), before = request_of(sending), len(product.audit())
    began = time.monotonic()
    with pages(product, SHORT) as port, connected(port) as line:
        line.sendall(head + body[:20])
        stopped = threading.Event()

        def drip() -> None:
            """Sends single bytes, and never the whole."""
            for byte in body[20:-1]:
                if not trickle or stopped.wait(trickle):
                    return
                with suppress(OSError):
                    line.sendall(bytes([byte]))

        dripping = threading.Thread(target=drip)
        dripping.start()
        answer = until_closed(line)
        stopped.set()
        dripping.join(SOON)
        assert response_too_slow(answer)
        assert time.monotonic() - began < SOON
        assert sending.form["text"].encode() not in answer
    assert len(product.audit()) == before


def test_fast_bytes_do_not_extend_the_time_allowance(product_at: At) -> None:
    product = product_at("reviewing")
    head, _ = request_of(asking(product))
    with pages(product, SHORT) as port, connected(port) as line:
        much = b"text=" + b"x" * 200_000  # at the least rate, more than six minutes
        length = next(each for each in head.split(b"\r\n") if each.startswith(b"Content-Length"))
        line.sendall(head.replace(length, b"Content-Length: 900000") + much)
        began = time.monotonic()
        assert response_too_slow(until_closed(line))
        assert time.monotonic() - began < SOON


def test_who_goes_on_sending_after_the_answer_is_cut_off(product_at: At) -> None:
    product = product_at("reviewing")
    head, body = request_of(asking(product))
    with pages(product, SHORT) as port, connected(port) as line:
        line.sendall(head + body[:20])
        assert line.recv(12) == b"HTTP/1.1 408"
        until(lambda: is_cut(line))


def test_the_limits_of_the_product_let_a_form_pause_and_bound_the_whole() -> None:
    ours = Patience()
    assert ours.body > 6 + ours.check_every, "a slow line pauses for six seconds"
    assert ours.body + 2 * ours.check_every <= 30, "nobody is waited for longer without a byte"
    assert ours.least_body_bytes_per_second == 512
