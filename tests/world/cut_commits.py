"""Cuts a connection to PostgreSQL after COMMIT was sent and before its answer, so that the result is unknown."""

import contextlib
import random
import socket
import threading

from tests.harness.waiting import take_time

SERVER_SECONDS = 0.1  # what the server is given to do it, unseen


class CuttingLine:
    """Listens in front of a server. While armed, one commit in so many loses its answer and its line, by chance."""

    def __init__(self, host: str, port: int, every: int) -> None:
        self.target, self.every, self.dice = (host, port), every, random.Random(every)
        self.armed, self.seen, self.cut = False, 0, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            mute = threading.Event()
            for pump, given in ((self._towards, (client, server, mute)), (self._back, (server, client, mute))):
                threading.Thread(target=pump, args=given, daemon=True).start()

    def _towards(self, client: socket.socket, server: socket.socket, mute: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while said := client.recv(65536):
                if b"COMMIT\x00" in said and self._due():
                    mute.set()
                    server.sendall(said)
                    take_time(SERVER_SECONDS)
                    break
                server.sendall(said)
        _hang_up(client, server)

    def _back(self, server: socket.socket, client: socket.socket, mute: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while said := server.recv(65536):
                if mute.is_set():
                    break
                client.sendall(said)
        if not mute.is_set():
            _hang_up(client, server)

    def _due(self) -> bool:
        with self._lock:
            self.seen += self.armed
            due = self.armed and self.dice.randrange(self.every) == 0
            self.cut += due
            return due


def _hang_up(*lines: socket.socket) -> None:
    for line in lines:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        line.close()
