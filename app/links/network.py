"""The way to the internet: the real one, or in tests a small one on this machine with real names and certificates.

The test network is a JSON file: `resolve` replaces the name service, `dial` says where a judged address is reached,
`ca_file` is the only authority. It is read anew for each connection, and exists only with `ENVIRONMENT=test`.
"""

import json
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import certifi

LOOPBACK = "127.0.0.1"
PLACE = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[0-9.]+):\d{1,5}")


class NoSuchName(Exception):
    """The name service does not know this name."""


class Network(Protocol):
    """Names to addresses, addresses to places to connect to, and whom to trust."""

    def resolve(self, host: str) -> list[str]: ...

    def dial(self, address: str, port: int) -> tuple[str, int]:
        """Where a judged address is connected to; raises ConnectionRefusedError where nothing listens."""

    def trust(self) -> ssl.SSLContext: ...


class Internet:
    """The real one."""

    def resolve(self, host: str) -> list[str]:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NoSuchName from None
        return list(dict.fromkeys(str(answer[4][0]) for answer in found))

    def dial(self, address: str, port: int) -> tuple[str, int]:
        return address, port

    def trust(self) -> ssl.SSLContext:
        return _authorities()


@cache
def _authorities() -> ssl.SSLContext:
    context = _strict_context()
    context.load_verify_locations(certifi.where())
    return context


def _strict_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True, slots=True)
class Plan:
    """What a test network's file says."""

    resolve: Mapping[str, list[str]]
    dial: Mapping[str, str]
    ca_file: Path


def read_plan(path: Path) -> Plan:
    """Reads and checks the file; one that leads anywhere but this machine is refused."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        ca_file = path.parent / said["ca_file"]
        plan = Plan(dict(said["resolve"]), dict(said["dial"]), ca_file if ca_file.is_file() else Path(said["ca_file"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"LINKS_TEST_NETWORK does not name a readable file ({type(error).__name__})") from None
    for place, target in plan.dial.items():
        if not PLACE.fullmatch(place) or not re.fullmatch(rf"{re.escape(LOOPBACK)}:\d{{1,5}}", str(target)):
            raise ValueError(f"LINKS_TEST_NETWORK may dial {LOOPBACK} only, from an address with a port")
    return plan


class RehearsalNetwork:
    """The one of the tests."""

    def __init__(self, path: Path) -> None:
        self._path = path
        read_plan(path)

    def resolve(self, host: str) -> list[str]:
        answers = read_plan(self._path).resolve.get(host)
        if not answers:
            raise NoSuchName
        return list(answers)

    def dial(self, address: str, port: int) -> tuple[str, int]:
        place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        target = read_plan(self._path).dial.get(place)
        if target is None:
            raise ConnectionRefusedError("nothing listens there")
        host, _, target_port = target.rpartition(":")
        return host, int(target_port)

    def trust(self) -> ssl.SSLContext:
        context = _strict_context()
        context.load_verify_locations(read_plan(self._path).ca_file)
        return context


def network_of(test_network: Path | None) -> Network:
    return Internet() if test_network is None else RehearsalNetwork(test_network)
