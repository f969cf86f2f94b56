"""The network of downloads: the internet, or a simulated network on this machine for tests.

A simulated network is a JSON file: `resolve` replaces DNS, `dial` maps checked addresses to local ports, and `ca_file`
is the only trusted authority. The file is read again for each connection, and is allowed with `ENVIRONMENT=test` only.
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
LOCAL_PORT = re.compile(rf"{re.escape(LOOPBACK)}:\d{{1,5}}")
ADDRESS_WITH_PORT = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[0-9.]+):\d{1,5}")


class NoSuchName(Exception):
    """DNS does not know this host name."""


class Network(Protocol):
    """Resolves host names, maps addresses to endpoints, and holds the trusted authorities."""

    def resolve(self, host: str) -> list[str]:
        """The addresses of a host. Raises NoSuchName where DNS does not know the host."""

    def dial(self, address: str, port: int) -> tuple[str, int]:
        """The endpoint of a checked address. Raises ConnectionRefusedError where no endpoint exists."""

    def trust(self) -> ssl.SSLContext:
        """The TLS context with the trusted authorities."""


class Internet:
    """The internet, with the DNS of this machine and the usual authorities."""

    def resolve(self, host: str) -> list[str]:
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NoSuchName from None
        return list(dict.fromkeys(str(answer[4][0]) for answer in answers))

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
class NetworkPlan:
    """The content of a simulated network's file."""

    resolve: Mapping[str, list[str]]
    dial: Mapping[str, str]
    ca_file: Path


def read_plan(path: Path) -> NetworkPlan:
    """Reads a simulated network's file. Raises ValueError where the file is unreadable or dials another machine."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        ca_file = path.parent / data["ca_file"]
        plan = NetworkPlan(
            dict(data["resolve"]), dict(data["dial"]), ca_file if ca_file.is_file() else Path(data["ca_file"])
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"LINKS_TEST_NETWORK does not name a readable file ({type(error).__name__})") from None
    for address, target in plan.dial.items():
        if not ADDRESS_WITH_PORT.fullmatch(address) or not LOCAL_PORT.fullmatch(str(target)):
            raise ValueError(f"LINKS_TEST_NETWORK may dial {LOOPBACK} only, from an address with a port")
    return plan


class SimulatedNetwork:
    """The network of tests."""

    def __init__(self, path: Path) -> None:
        self._path = path
        read_plan(path)

    def resolve(self, host: str) -> list[str]:
        answers = read_plan(self._path).resolve.get(host)
        if not answers:
            raise NoSuchName
        return list(answers)

    def dial(self, address: str, port: int) -> tuple[str, int]:
        key = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        target = read_plan(self._path).dial.get(key)
        if target is None:
            raise ConnectionRefusedError("nothing listens there")
        host, _, target_port = target.rpartition(":")
        return host, int(target_port)

    def trust(self) -> ssl.SSLContext:
        context = _strict_context()
        context.load_verify_locations(read_plan(self._path).ca_file)
        return context


def build_network(test_network: Path | None) -> Network:
    """The simulated network of a file, or the internet without a file."""
    return Internet() if test_network is None else SimulatedNetwork(test_network)
