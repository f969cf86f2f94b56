"""Ports for the servers that tests start."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import free_ports
from tests.harness.free_ports import CONNECTIONS_FROM, free_port

PORTS_EACH = 60
ASK = f"""
from tests.harness.free_ports import free_port
print(*(free_port() for _ in range({PORTS_EACH})), flush=True)
input()
"""


def test_no_two_processes_are_given_one_port() -> None:
    asking = [
        subprocess.Popen([sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    given = [port for process in asking if process.stdout for port in process.stdout.readline().split()]
    for process in asking:
        process.communicate("done\n")
    assert len(given) == len(set(given)) == 3 * PORTS_EACH


def test_no_connection_is_given_a_port_that_a_test_was_given() -> None:
    lowest = int(CONNECTIONS_FROM.read_text().split()[0])
    assert free_port() < lowest


def test_a_port_that_a_server_holds_is_not_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held = free_port()
    monkeypatch.setattr(free_ports, "LOCKS", tmp_path)
    monkeypatch.setattr(free_ports, "_ports", lambda: range(held, held + 1))
    with socket.create_server(("127.0.0.1", held)), pytest.raises(RuntimeError, match="every port"):
        free_port()
    assert free_port() == held
