"""A port that cannot be opened gets a single plain line. A free port gives links their address."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from app.commands.listening import CannotListen, address_at, listen_at
from app.commands.serve import hand_on
from app.settings import Settings
from app.settings import settings as configured
from tests.workers.story import ROOT


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def test_a_taken_port_is_named_with_the_next_free_port(taken: int) -> None:
    with pytest.raises(CannotListen, match=f"Port {taken} is taken. Choose another port: PORT={taken + 1}"):
        listen_at("127.0.0.1", taken)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (errno.EACCES, "Port 80 needs rights"),
        (errno.EPERM, "Port 80 needs rights"),
        (errno.EADDRNOTAVAIL, "not an address of this machine"),
        (errno.ENOBUFS, "cannot be served"),
    ],
)
def test_every_port_error_is_a_single_line(monkeypatch: pytest.MonkeyPatch, fault: int, words: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(CannotListen, match=words) as refusal:
        listen_at("127.0.0.1", 80)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(CannotListen, match=f"Port {port} does not exist"):
        listen_at("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 300, "::gg"])
def test_a_host_that_is_not_known_is_refused(host: str) -> None:
    with pytest.raises(CannotListen, match="is not known on this machine"):
        listen_at(host, 0)


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("0.0.0.0", "127.0.0.1")]
)
def test_links_carry_the_host_and_port_unless_base_url_is_set(
    monkeypatch: pytest.MonkeyPatch, host: str, shown: str
) -> None:
    monkeypatch.delenv("BASE_URL", raising=False)
    with listen_at(host, 0) as listening:
        address = address_at(listening, host)
        assert address == f"http://{shown}:{listening.getsockname()[1]}"
    assert Settings(_env_file=None).at_address(address).base_url == address  # type: ignore[call-arg]  # by name
    monkeypatch.setenv("BASE_URL", "https://move.example")
    assert Settings(_env_file=None).at_address(address).base_url == "https://move.example"  # type: ignore[call-arg]  # by name


def test_pages_that_read_their_settings_again_know_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BASE_URL", raising=False)
    configured.cache_clear()
    with mock.patch.dict(os.environ):
        hand_on(configured().at_address("http://127.0.0.1:8731"))
        assert configured().base_url == "http://127.0.0.1:8731"
    configured.cache_clear()


@pytest.mark.parametrize("port", ["99999", "taken"])
def test_the_command_ends_with_a_single_line_and_status_2(tmp_path: Path, taken: int, port: str) -> None:
    number = str(taken) if port == "taken" else port
    command = [sys.executable, "-W", "ignore", "-m", "app.cli", "serve", "--port", number]
    environment = {**os.environ, "VAR": str(tmp_path)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    lines = [line for line in ended.stderr.splitlines() if "known faults in reading zips" not in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"Port {number} ")
