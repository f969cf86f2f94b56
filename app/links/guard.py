"""The only way from this package to the network: connections to public addresses only.

A host name is resolved once, and one address that is not public refuses the host. The connection goes to a checked
address, and the certificate is checked against the host name.
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

from app.links.connection_slots import ConnectionSlot, ConnectionSlots
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.network import Network
from app.links.network_errors import ConnectionLost, NoResponse
from app.links.share_link import WebAddress

PORT = 443
ADDRESSES_TRIED = 4
SLICE = 0.5
AT_ONCE = 256 * 1024

# These libraries log addresses, cookies and keys, which are secrets.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)
    logging.getLogger(_name).propagate = False


def resolve_public(host: str, network: Network) -> list[str]:
    """The addresses of a host, all public. Raises the same Stop `unsafe_address` for every other host.

    Raises NoSuchName where DNS does not know the host.
    """
    answers = network.resolve(host)
    if not answers or not all(is_public(answer) for answer in answers):
        raise stop("unsafe_address")
    return answers


@dataclass(frozen=True, slots=True)
class TrafficObserver:
    """Callbacks for network traffic. `waiting` is called while no bytes arrive, and may raise.

    `connected` takes the host, address and port of each connection, `responded` each response, and `read` each small
    body that is read whole.
    """

    waiting: Callable[[], None] = lambda: None
    connected: Callable[[str, str, int], None] = lambda _host, _address, _port: None
    responded: Callable[[str, WebAddress, int, httpx.Headers], None] = lambda _method, _address, _status, _headers: None
    read: Callable[[bytes], None] = lambda _body: None


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections. Each connection resolves and checks its host again."""

    def __init__(self, network: Network, settings: LinkSettings, traffic: TrafficObserver) -> None:
        self._network, self._settings, self._traffic = network, settings, traffic

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
        for address in resolve_public(host, self._network)[:ADDRESSES_TRIED]:
            try:
                endpoint = self._network.dial(address, port)
                self._traffic.connected(host, address, port)
                sock = socket.create_connection(endpoint, self._settings.timeout_connect)
            except OSError:
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return GuardedStream(sock, self._network, self._settings, self._traffic)
        raise httpcore.ConnectError("no connection")

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        raise stop("unsafe_address")


class GuardedStream(httpcore.NetworkStream):
    """One connection with time limits: one limit for all headers together, and one limit for each piece of the body."""

    def __init__(self, sock: socket.socket, network: Network, settings: LinkSettings, traffic: TrafficObserver) -> None:
        self._sock, self._network, self._settings, self._traffic = sock, network, settings, traffic
        self._headers_by: float | None = None
        self._broken = False
        self._room = memoryview(bytearray(AT_ONCE))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # unused: the network decides which authorities are trusted
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "GuardedStream":
        try:
            self._sock.settimeout(self._settings.timeout_connect)
            # An end without a TLS close message is a lost connection, not an end.
            self._sock = self._network.trust().wrap_socket(
                self._sock, server_hostname=server_hostname, suppress_ragged_eofs=False
            )
        except (OSError, ValueError):
            self.close()
            raise httpcore.ConnectError("no secure connection") from None
        return self

    def end_headers(self) -> None:
        """Ends the time limit of the headers."""
        self._headers_by = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        until = self._headers_by or time.monotonic() + self._settings.timeout_idle
        while True:
            if self._broken:
                raise httpcore.ReadError("the connection broke")
            remaining = until - time.monotonic()
            if remaining <= 0:
                raise httpcore.ReadTimeout("no bytes in time")
            try:
                self._sock.settimeout(min(remaining, SLICE))
                if count := self._sock.recv_into(self._room[: max(1, min(max_bytes, AT_ONCE))]):
                    count = self._read_more(count)
                return bytes(self._room[:count])
            except TimeoutError:
                self._traffic.waiting()
            except OSError:
                raise httpcore.ReadError("the connection broke") from None

    def _read_more(self, count: int) -> int:
        """Adds the bytes that have arrived already. A TLS record is small, and each piece has the same overhead."""
        self._sock.settimeout(0)
        try:
            while count < AT_ONCE and (more := self._sock.recv_into(self._room[count:])):
                count += more
        except (BlockingIOError, ssl.SSLWantReadError):
            pass  # no more bytes for now
        except OSError:
            self._broken = True  # the next read raises, after these bytes
        return count

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
    """The only HTTP transport of this package. Proxies and settings of the environment are ignored."""

    def __init__(
        self, network: Network, settings: LinkSettings, traffic: TrafficObserver, slots: ConnectionSlots | None = None
    ) -> None:
        self._slots, self._traffic = slots, traffic
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # trusts no authority; see start_tls
            max_connections=settings.concurrency,
            max_keepalive_connections=0,
            network_backend=GuardedBackend(network, settings, traffic),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        slot = self._slots.take(self._traffic.waiting) if self._slots else None
        try:
            return self._send(sent, slot)
        except BaseException:
            if slot:
                slot.close()
            raise

    def _send(self, sent: httpcore.Request, slot: ConnectionSlot | None) -> httpx.Response:
        try:
            response = self._pool.handle_request(sent)
        except httpcore.RemoteProtocolError as error:
            if "disconnected" in str(error):
                raise NoResponse from None
            raise stop("provider_changed") from None
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, httpcore.ProxyError):
            raise NoResponse from None
        stream = response.extensions.get("network_stream")
        if isinstance(stream, GuardedStream):
            stream.end_headers()
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response, slot))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response, slot: ConnectionSlot | None) -> None:
        self._response, self._slot = response, slot

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_stream()
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError):
            raise ConnectionLost from None

    def close(self) -> None:
        try:
            self._response.close()
        finally:
            if self._slot:
                self._slot.close()


IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Networks that Python's `is_global` accepts, at least in some versions.
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
    """Whether a DNS answer is a public address. An invalid address is not public."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return _is_public(address)


def _is_public(address: IpAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
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
