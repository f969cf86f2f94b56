"""Requests to addresses that strangers give us go out through here, and reach public addresses only.

A name is resolved once, every answer is judged, one bad answer refuses all, and the connection goes to the judged
address itself; the certificate is checked against the name. There is no other way out of this package.
"""

import ipaddress
import logging
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import httpcore
import httpx

from app.links.link import Address
from app.links.network import Network
from app.links.network_errors import Cut, Unanswered
from app.links.problems import stop
from app.links.settings import LinkSettings
from app.links.slots import Slot, Slots

PORT = 443
PLACES = 4
SLICE = 0.5
AT_ONCE = 256 * 1024

# These write whole addresses, cookies and keys into logs; a link is a secret.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
    logging.getLogger(_name).propagate = False


def judged(host: str, network: Network) -> list[str]:
    """The addresses of a name, all of them public; otherwise the same refusal for every reason."""
    answers = network.resolve(host)
    if not answers or not all(is_public(answer) for answer in answers):
        raise stop("unsafe_address")
    return answers


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on: `waiting` is called while nothing arrives and may raise; `connected` learns of each connection,
    `answered` of each answer and `read` of the small ones that are read whole."""

    waiting: Callable[[], None] = lambda: None
    connected: Callable[[str, str, int], None] = lambda _host, _address, _port: None
    answered: Callable[[str, Address, int, httpx.Headers], None] = lambda _method, _address, _status, _headers: None
    read: Callable[[bytes], None] = lambda _body: None


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections, each judged anew."""

    def __init__(self, network: Network, settings: LinkSettings, watch: Watch) -> None:
        self._network, self._settings, self._watch = network, settings, watch

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        if port != PORT:
            raise stop("unsafe_address")
        for address in judged(host, self._network)[:PLACES]:
            try:
                place = self._network.dial(address, port)
                self._watch.connected(host, address, port)
                sock = socket.create_connection(place, self._settings.timeout_connect)
            except OSError:
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return GuardedStream(sock, self._network, self._settings, self._watch)
        raise httpcore.ConnectError("no connection")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        raise stop("unsafe_address")


class GuardedStream(httpcore.NetworkStream):
    """One connection with our own patience: so long for all headers together, so long for each piece of the body."""

    def __init__(self, sock: socket.socket, network: Network, settings: LinkSettings, watch: Watch) -> None:
        self._sock, self._network, self._settings, self._watch = sock, network, settings, watch
        self._headers_by: float | None = None
        self._broken = False
        self._room = memoryview(bytearray(AT_ONCE))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # not used: whom to trust is the network's to say
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "GuardedStream":
        try:
            self._sock.settimeout(self._settings.timeout_connect)
            # An end without TLS's own goodbye is a cut, not an end.
            self._sock = self._network.trust().wrap_socket(
                self._sock, server_hostname=server_hostname, suppress_ragged_eofs=False
            )
        except (OSError, ValueError):
            self.close()
            raise httpcore.ConnectError("no secure connection") from None
        return self

    def body_begins(self) -> None:
        self._headers_by = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        until = self._headers_by or time.monotonic() + self._settings.timeout_idle
        while True:
            if self._broken:
                raise httpcore.ReadError("the connection broke")
            remaining = until - time.monotonic()
            if remaining <= 0:
                raise httpcore.ReadTimeout("nothing came")
            try:
                self._sock.settimeout(min(remaining, SLICE))
                if got := self._sock.recv_into(self._room[: max(1, min(max_bytes, AT_ONCE))]):
                    got = self._with_more(got)
                return bytes(self._room[:got])
            except TimeoutError:
                self._watch.waiting()
            except OSError:
                raise httpcore.ReadError("the connection broke") from None

    def _with_more(self, got: int) -> int:
        """What has arrived already comes along: a record of TLS is small, and each piece costs the same to hand on."""
        self._sock.settimeout(0)
        try:
            while got < AT_ONCE and (more := self._sock.recv_into(self._room[got:])):
                got += more
        except (BlockingIOError, ssl.SSLWantReadError):
            pass  # nothing more for now
        except OSError:
            self._broken = True  # told by the next read, after what did arrive
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._headers_by is None:
            self._headers_by = time.monotonic() + self._settings.timeout_headers
        try:
            self._sock.settimeout(self._settings.timeout_idle)
            self._sock.sendall(buffer)
        except OSError:
            raise httpcore.WriteError("the connection broke") from None

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> object:
        if info == "is_readable":
            return self._sock.fileno() < 0 or bool(select.select([self._sock], [], [], 0)[0])
        return None


class GuardedTransport(httpx.BaseTransport):
    """The only transport of this package: no proxies, no environment, no second way to a socket."""

    def __init__(self, network: Network, settings: LinkSettings, watch: Watch, slots: Slots | None = None) -> None:
        self._slots, self._watch = slots, watch
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # trusts nobody; see start_tls
            max_connections=settings.concurrency,
            max_keepalive_connections=0,
            network_backend=GuardedBackend(network, settings, watch),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        slot = self._slots.take(self._watch.waiting) if self._slots else None
        try:
            return self._answered(asked, slot)
        except BaseException:
            if slot:
                slot.close()
            raise

    def _answered(self, asked: httpcore.Request, slot: Slot | None) -> httpx.Response:
        try:
            answer = self._pool.handle_request(asked)
        except httpcore.RemoteProtocolError as error:
            if "disconnected" in str(error):
                raise Unanswered from None
            raise stop("provider_changed") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.ProxyError):
            raise Unanswered from None
        stream = answer.extensions.get("network_stream")
        if isinstance(stream, GuardedStream):
            stream.body_begins()
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, slot))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, slot: Slot | None) -> None:
        self._answer, self._slot = answer, slot

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._answer.iter_stream()
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
            raise Cut from None

    def close(self) -> None:
        try:
            self._answer.close()
        finally:
            if self._slot:
                self._slot.close()


# Which network addresses we may reach for somebody else: public ones, and nothing of our own network.

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# What Python's own tables take for public, or take for private in some versions only.
REFUSED = tuple(
    ipaddress.ip_network(n)
    for n in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)


def is_public(text: str) -> bool:
    """Whether an answer of the name service may be connected to. What is no address at all may not."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return _judged(address)


def _judged(address: IpAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _judged(address.ipv4_mapped)
        if address.scope_id is not None or address.sixtofour is not None or address.teredo is not None:
            return False
    if any(address.version == net.version and address in net for net in REFUSED):
        return False
    return not (
        not address.is_global
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
