"""Ports for the servers that tests start."""

import multiprocessing
import socket
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tests import ports
from tests.ports import CONNECTIONS_FROM, free_port

PORTS_EACH = 60


def _ask(answer: Connection) -> None:
    answer.send([free_port() for _ in range(PORTS_EACH)])
    answer.recv()


def test_no_two_processes_are_given_one_port() -> None:
    context = multiprocessing.get_context("spawn")
    asking = []
    for _ in range(3):
        here, there = context.Pipe()
        process = context.Process(target=_ask, args=(there,))
        process.start()
        asking.append((here, process))
    given = [port for here, _ in asking for port in here.recv()]
    for here, process in asking:
        here.send("done")
        process.join()
    assert len(set(given)) == 3 * PORTS_EACH


def test_no_connection_is_given_a_port_that_a_test_was_given() -> None:
    lowest = int(CONNECTIONS_FROM.read_text().split()[0])
    assert free_port() < lowest


def test_a_port_that_a_server_holds_is_not_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held = ports.free_port()
    monkeypatch.setattr(ports, "LOCKS", tmp_path)
    monkeypatch.setattr(ports, "_ports", lambda: range(held, held + 1))
    with socket.create_server(("127.0.0.1", held)), pytest.raises(RuntimeError, match="every port"):
        ports.free_port()
    assert ports.free_port() == held
