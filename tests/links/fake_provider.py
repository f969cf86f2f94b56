"""The base of all fake providers: shared files and folders, ordered replies, and helpers that send responses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.links.files import NOTHING, ServedFile
from tests.links.network import FakeInternet, Stream
from tests.links.replies import Fault, Request, Route, answer, reply


@dataclass
class Node:
    """A file or a folder of a fake provider. `faults` apply to the file's bytes."""

    id: str
    name: str
    file: ServedFile | None = None
    children: list["Node"] = field(default_factory=list)
    kind: str = ""
    key: str = ""
    private: bool = False
    no_download: bool = False
    goes_to: str = ""
    faults: list[Fault] = field(default_factory=list)
    queue: list[Fault] = field(default_factory=list)  # the next download takes the next fault
    sent: list[tuple[int, int]] = field(default_factory=list)  # start and end of the bytes of each response

    @property
    def is_folder(self) -> bool:
        return self.file is None and not self.kind

    @property
    def size(self) -> int:
        return self.file.length if self.file else 0

    def hex(self, algorithm: str) -> str:
        return (self.file or NOTHING).sum_of(algorithm)

    def walk(self) -> list["Node"]:
        return [self, *(below for child in self.children for below in child.walk())]


@dataclass
class OrderedReply:
    """A reply to requests whose host and target contain `where`, for `times` requests (None: for every request)."""

    where: str
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None


class FakeProvider:
    """A provider on the simulated network. `settings` are the product's settings for the provider."""

    hosts: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, net: FakeInternet) -> None:
        self.net = net
        self.nodes: dict[str, Node] = {}
        self.replies: list[OrderedReply] = []
        self.count = 0
        for host in self.hosts:
            net.host(host, self._answer)

    def order(
        self,
        where: str,
        status: int,
        body: Any = b"",
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
    ) -> None:
        """Adds an ordered reply. A body that is not bytes is sent as JSON."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.replies.append(OrderedReply(where, status, payload, headers or {}, times))

    def add(self, name: str, file: ServedFile | None = None, **more: Any) -> Node:
        self.count += 1
        node = Node(f"id{self.count:03}_abcdefghij", name, file, **more)
        self.nodes[node.id] = node
        return node

    def folder(self, tree: Mapping[str, Any], name: str = "Export") -> Node:
        """Adds a folder of files by name. An inner mapping is a sub-folder. `a\\n2` is a second file named `a`."""
        folder = self.add(name)
        for inner, what in tree.items():
            shown = inner.partition("\n")[0]
            folder.children.append(self.folder(what, shown) if isinstance(what, Mapping) else self.add(shown, what))
        return folder

    def share(self, node: Node) -> str:
        raise NotImplementedError(type(self).__name__)

    def reply(self, request: Request, line: Stream) -> None:
        raise NotImplementedError(type(self).__name__)

    def requests(self, part: str) -> list[Request]:
        return [r for r in self.net.log if part in f"{r.host}{r.target}"]

    def _answer(self, request: Request, line: Stream) -> None:
        for ordered in self.replies:
            if ordered.times != 0 and ordered.where in f"{request.host}{request.target}":
                ordered.times = None if ordered.times is None else ordered.times - 1
                answer(line, ordered.status, ordered.body, dict(ordered.headers))
                return
        self.reply(request, line)


class CountingStream:
    """A connection that records how many bytes of a file are sent."""

    def __init__(self, line: Stream, sent: list[tuple[int, int]], request: Request) -> None:
        self._line, self._sent = line, sent
        self._start = request.range[0] if request.range else 0
        self._bytes = -1  # until the headers are sent
        self._probe = request.is_probe

    def send(self, data: bytes) -> None:
        self._line.send(data)
        self._bytes = 0 if self._bytes < 0 else self._bytes + len(data)

    def reset(self) -> None:
        self._note()
        self._line.reset()

    def drop(self) -> None:
        self._note()
        self._line.drop()

    def end_cleanly(self) -> None:
        self._note()
        self._line.end_cleanly()

    def stall(self) -> None:
        self._note()
        self._line.stall()

    def _note(self) -> None:
        if not self._probe and self._bytes > 0:
            self._sent.append((self._start, self._start + self._bytes))


def send_bytes(request: Request, node: Node, line: Stream, **headers: str) -> None:
    """Sends the bytes of a file with the file's faults."""
    faults = list(node.faults)
    if "etag" in headers:
        faults.append(Fault("etag", value=headers.pop("etag"), times=None, on="any"))
    if headers:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        faults.append(Fault("headers", headers=named, times=None, on="any"))
    reply(request, Route(node.file, faults, node.queue), CountingStream(line, node.sent, request))


def send_json(line: Stream, payload: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
    answer(line, status, json.dumps(payload).encode(), {"Content-Type": "application/json", **(headers or {})})


def send_page(
    line: Stream, title: str, body: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> None:
    text = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"
    answer(line, status, text.encode(), {"Content-Type": "text/html; charset=utf-8", **(headers or {})})


def send_away(line: Stream, to: str, status: int = 302, headers: Mapping[str, str] | None = None) -> None:
    answer(line, status, b"", {"Location": to, **(headers or {})})
