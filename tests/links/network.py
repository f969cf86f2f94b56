"""The simulated network: real host names, certificates and sockets on this machine, with ordered faults."""

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

from tests.harness.waiting import patience
from tests.links.replies import Fault, Request, Route, reply

PUBLIC = "93.184.216.34"


@dataclass
class Stream:
    """A TLS connection of the server, with abnormal ways to end the connection."""

    sock: ssl.SSLSocket
    closing: threading.Event = field(default_factory=threading.Event)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def drop(self) -> None:
        """Closes without a TLS close message."""
        self.sock.close()

    def end_cleanly(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.settimeout(patience(1))
            self.sock.unwrap()

    def stall(self) -> None:
        self.closing.wait(patience(20))


class FakeInternet:
    """Hosts and their files. `log` has every request, `file` is the description of the network for the product."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "network.json"
        self.log: list[Request] = []
        self.routes: dict[tuple[str, str], Route] = {}
        self.hosts: dict[str, Callable[[Request, Stream], None]] = {}
        self.resolve: dict[str, list[str]] = {}
        self.dial: dict[str, str] = {}
        self._ca = trustme.CA()
        self._ca.cert_pem.write_to_path(folder / "ca.pem")
        self._default_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert("unknown.invalid").configure_cert(self._default_context)
        self._default_context.sni_callback = self._certificate
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        self.describe()

    def serve(self, url: str, file: object, *faults: Fault) -> str:
        """Serves a file at an address, and adds the host name to DNS."""
        host, _, path = url.removeprefix("https://").partition("/")
        self.routes[host, "/" + path.partition("?")[0]] = Route(file, list(faults))
        self.names(host)
        return url

    def host(self, name: str, answers: Callable[[Request, Stream], None]) -> None:
        """Adds a host with its own reply function."""
        self.hosts[name] = answers
        self.names(name)

    def names(self, host: str, *addresses: str) -> None:
        self.resolve[host] = list(addresses or [PUBLIC])
        self.describe()

    def describe(self) -> None:
        self.dial[f"{PUBLIC}:443"] = f"127.0.0.1:{self.port}"
        description = {"resolve": self.resolve, "dial": self.dial, "ca_file": "ca.pem"}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(description))
        fresh.replace(self.file)

    def downloads(self) -> list[Request]:
        return [r for r in self.log if not r.is_probe]

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # ends the blocking accept
        self._listener.close()
        self._thread.join(patience(5))

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(raw,), daemon=True).start()

    def _answer(self, raw: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), raw:
            raw.settimeout(patience(20))
            with self._default_context.wrap_socket(raw, server_side=True) as sock:
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
        if name not in self._contexts:  # stored after the certificate is complete, because two threads may ask at once
            fresh = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._ca.issue_cert(name).configure_cert(fresh)
            self._contexts[name] = fresh
        sock.context = self._contexts[name]
