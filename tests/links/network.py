"""The test network: real names, real certificates and real sockets, all on this machine, with faults to order."""

import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from tests.links.replies import Fault, Request, Route, reply

PUBLIC = "93.184.216.34"


@dataclass
class Stream:
    """One TLS connection of the server, with the rude ways to end it."""

    sock: ssl.SSLSocket
    closing: threading.Event = field(default_factory=threading.Event)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def drop(self) -> None:
        """Closes without TLS's own goodbye."""
        self.sock.close()

    def end_cleanly(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.settimeout(1)
            self.sock.unwrap()

    def stall(self) -> None:
        self.closing.wait(20)


class FakeInternet:
    """Hosts and their files; `log` holds every request, `file` is the network's description for the product."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "network.json"
        self.log: list[Request] = []
        self.routes: dict[tuple[str, str], Route] = {}
        self.hosts: dict[str, Callable[[Request, Stream], None]] = {}
        self.resolve: dict[str, list[str]] = {}
        self.dial: dict[str, str] = {}
        self._ca = trustme.CA()
        self._ca.cert_pem.write_to_path(folder / "ca.pem")
        self._nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert("unknown.invalid").configure_cert(self._nobody)
        self._nobody.sni_callback = self._certificate
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        self.describe()

    def serve(self, url: str, file: object, *faults: Fault) -> str:
        """Puts a file (or a fixed answer) at an address, and makes the name exist."""
        host, _, path = url.removeprefix("https://").partition("/")
        self.routes[host, "/" + path.partition("?")[0]] = Route(file, list(faults))
        self.names(host)
        return url

    def host(self, name: str, answers: Callable[[Request, Stream], None]) -> None:
        """A host that answers every request by itself."""
        self.hosts[name] = answers
        self.names(name)

    def names(self, host: str, *addresses: str) -> None:
        self.resolve[host] = list(addresses or [PUBLIC])
        self.describe()

    def describe(self) -> None:
        self.dial[f"{PUBLIC}:443"] = f"127.0.0.1:{self.port}"
        said = {"resolve": self.resolve, "dial": self.dial, "ca_file": "ca.pem"}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(said))
        fresh.replace(self.file)

    def downloads(self) -> list[Request]:
        return [r for r in self.log if not r.is_probe]

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the accept
        self._listener.close()
        self._thread.join(5)

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(raw,), daemon=True).start()

    def _answer(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), raw:
            raw.settimeout(20)
            with self._nobody.wrap_socket(raw, server_side=True) as sock:
                request = Request.read(sock)
                self.log.append(request)
                line = Stream(sock, self._closing)
                if (host := self.hosts.get(request.host)) is not None:
                    host(request, line)
                else:
                    reply(request, self.routes.get((request.host, request.path)), line)

    def _certificate(self, sock: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name is None or name not in self.resolve:
            return
        if name not in self._contexts:  # two may ask for it at once: it is nobody's before it has its certificate
            fresh = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._ca.issue_cert(name).configure_cert(fresh)
            self._contexts[name] = fresh
        sock.context = self._contexts[name]
