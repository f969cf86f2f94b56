"""The replies of fake hosts: a correct file server, and every known failure of real servers."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from urllib.parse import unquote

from tests.harness.waiting import take_time
from tests.links.files import ServedFile

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in</body></html>"


@dataclass(frozen=True)
class Request:
    method: str
    host: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @classmethod
    def read(cls, sock: Any) -> Self:
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := sock.recv(65_536)):
                raise ValueError("closed")
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            if not (more := sock.recv(65_536)):
                raise ValueError("closed")
            body += more
        return cls(method, headers.get("host", "").partition(":")[0], target, headers, body)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The decoded query. The first value of a repeated name wins."""
        values: dict[str, str] = {}
        for pair in self.target.partition("?")[2].split("&"):
            name, _, value = pair.partition("=")
            values.setdefault(unquote(name), unquote(value))
        return values

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (pair.strip().partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return {name: value for name, _, value in pairs}

    @property
    def range(self) -> tuple[int, int | None] | None:
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("range", ""))
        return (int(match[1]), int(match[2]) if match[2] else None) if match else None

    @property
    def is_probe(self) -> bool:
        return self.range in ((0, 0), (0, 1023))


@dataclass
class Fault:
    """A failure at a byte, with a value, for `times` requests (None: for every request) of the kind `on`."""

    kind: str
    at: int = 0
    value: Any = None
    times: int | None = 1
    on: str = "download"
    headers: dict[str, str] = field(default_factory=dict)

    def matches(self, request: Request) -> bool:
        resumes = not request.is_probe and request.range is not None
        wanted = {
            "any": True,
            "probe": request.is_probe,
            "download": not request.is_probe,
            "resume": resumes,
            "start": not request.is_probe and not resumes,
        }
        return self.times != 0 and wanted[self.on]

    def use(self) -> Self:
        if self.times is not None:
            self.times -= 1
        return self


@dataclass
class Route:
    """A file and its faults. Each download takes a fault of `queue`. `then` replaces the file after a resume."""

    file: object
    faults: list[Fault]
    queue: list[Fault] = field(default_factory=list)
    then: object = None

    def faults_for(self, request: Request) -> dict[str, Fault]:
        faults: dict[str, Fault] = {}
        for fault in self.faults:
            if fault.kind not in faults and fault.matches(request):
                faults[fault.kind] = fault.use()
        if self.queue and not request.is_probe:
            fault = self.queue.pop(0)
            faults[fault.kind] = fault
        if self.then is not None and not request.is_probe and request.range is not None:
            self.file = self.then
        return faults


class Line(Protocol):
    def send(self, data: bytes) -> None: ...

    def reset(self) -> None: ...

    def drop(self) -> None: ...

    def end_cleanly(self) -> None: ...

    def stall(self) -> None: ...


def reply(request: Request, route: Route | None, line: Line) -> None:
    if route is None:
        answer(line, 404, b"nothing here")
        return
    faults = route.faults_for(request)
    if fault := faults.get("raw"):
        line.send(fault.value)
        line.end_cleanly()
    elif fault := faults.get("stall_headers"):
        line.send(b"HTTP/1.1 200 OK\r\nX-Slow:")
        line.stall()
    elif fault := faults.get("drip_headers"):
        line.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(200):
            line.send(b"a")
            take_time(0.05)
    elif fault := faults.get("redirect"):
        answer(line, fault.at or 302, b"", {"Location": fault.value} | fault.headers)
    elif fault := faults.get("status"):
        answer(line, fault.at, fault.value or b"", fault.headers)
    elif fault := faults.get("html"):
        answer(line, 200, fault.value or PAGE, {"Content-Type": "text/html"} | fault.headers)
    elif isinstance(route.file, ServedFile):
        _file(request, route.file, faults, line)
    else:
        answer(line, 404, b"")


def answer(line: Line, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    sent = {"Content-Length": str(len(body))} | (headers or {})
    head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{n}: {v}\r\n" for n, v in sent.items()) + "\r\n"
    line.send(head.encode("latin-1") + body)
    line.end_cleanly()


def _file(request: Request, file: ServedFile, faults: dict[str, Fault], line: Line) -> None:
    if fault := faults.get("file"):
        file = fault.value
    total, etag = file.length, faults["etag"].value if "etag" in faults else file.etag
    headers = {"Accept-Ranges": "bytes", "Content-Disposition": f"attachment; filename*=UTF-8''{file.name}"}
    headers |= ({"ETag": etag} if etag else {}) | ({"Last-Modified": file.modified} if file.modified else {})
    guard = request.headers.get("if-range")
    honoured = guard is None or (guard in (etag, file.modified) and not guard.startswith("W/"))
    start, end, status = 0, total, 200
    if request.range is not None and "no_range" not in faults and honoured:
        start, last = request.range
        if start >= total:
            answer(line, 416, b"", {"Content-Range": f"bytes */{total}"})
            return
        end, status = min(total, total if last is None else last + 1), 206
        shown = start + (faults["start"].value if "start" in faults else 0)
        size = faults["total"].value if "total" in faults else total
        headers["Content-Range"] = f"bytes {shown}-{end - 1 + shown - start}/{size}"
    if "no_range" in faults:
        del headers["Accept-Ranges"]
    if fault := faults.get("headers"):
        headers |= fault.headers
    chunked = "chunked" in faults
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    if not chunked or "both" in faults:
        length = end - start + (faults["length"].value if "length" in faults else 0)
        headers |= {} if "no_length" in faults else {"Content-Length": str(length)}
    line.send((f"HTTP/1.1 {status} OK\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers.items()) + "\r\n").encode())
    _body(file, start, end, faults, line, chunked)


def _body(file: ServedFile, start: int, end: int, faults: dict[str, Fault], line: Line, chunked: bool) -> None:
    stop = next((f for kind in ("reset", "drop", "end", "stall") if (f := faults.get(kind))), None)
    last = end if stop is None else min(end, start + stop.at)
    drip = faults.get("drip")
    for piece in file.pieces(start, last):
        for at in range(0, len(piece), drip.value if drip else len(piece)):
            part = piece[at : at + (drip.value if drip else len(piece))]
            line.send(f"{len(part):x}\r\n".encode() + part + b"\r\n" if chunked else part)
            if drip:
                take_time(drip.at / 1000)
    if stop is None:
        line.send(b"0\r\n\r\n" if chunked else b"")
        line.end_cleanly()
    elif stop.kind == "reset":
        line.reset()
    elif stop.kind == "drop":
        line.drop()
    elif stop.kind == "stall":
        line.stall()
    else:
        line.end_cleanly()
