"""Opens the socket for the pages, and names the address that people open."""

import errno
import socket

WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not listened on
HIGHEST_PORT = 65535
BACKLOG = 1024


class CannotListen(Exception):
    """The pages cannot be served on this host and port. The message is one line that says what to do."""


def listen_at(host: str, port: int) -> socket.socket:
    """A socket that listens on this host (a name or an address) and port. Port 0 takes any free port.

    Raises CannotListen.
    """
    if not 0 <= port <= HIGHEST_PORT:
        raise CannotListen(f"Port {port} does not exist: choose one from 1024 to {HIGHEST_PORT}, such as PORT=8000.")
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise CannotListen(f"The host {host} is not known on this machine: try --host 127.0.0.1.") from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(BACKLOG)
    except OSError as fault:
        listening.close()
        raise CannotListen(_words(fault, host, port)) from None
    return listening


def address_at(listening: socket.socket, host: str) -> str:
    """The address to open for this socket. A socket that listens everywhere is opened on this machine itself."""
    port = listening.getsockname()[1]
    host = WILDCARDS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _words(fault: OSError, host: str, port: int) -> str:
    if fault.errno == errno.EADDRINUSE:
        return f"Port {port} is taken. Choose another port: PORT={port + 1 if port < HIGHEST_PORT else 8000}"
    if fault.errno in {errno.EACCES, errno.EPERM}:
        return f"Port {port} needs rights that this user lacks. Choose a port from 1024 up: PORT=8000"
    if fault.errno == errno.EADDRNOTAVAIL:
        return f"The host {host} is not an address of this machine: try --host 127.0.0.1."
    return f"The pages cannot be served at {host}, port {port}: {fault.strerror}."
