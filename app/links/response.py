"""An HTTP response of a provider, which is untrusted: announced sizes are only claims, names are for display only."""

import json
import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import unquote, unquote_to_bytes

import httpx

from app.json_values import JsonObject
from app.links.link_problems import stop
from app.links.network_errors import ConnectionLost
from app.links.share_link import WebAddress

CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", re.IGNORECASE)
NAME_BYTES = 200
PEEK = 1024
JSON_BYTES = 16 * 1024**2
PAGE_BYTES = 4 * 1024**2


@dataclass(frozen=True, slots=True)
class ContentRange:
    """A Content-Range header. `start` and `end` are None for an unsatisfied range, `total` is None where unknown."""

    start: int | None
    end: int | None
    total: int | None


class ProviderResponse:
    """Status, headers, and a body that is read as a stream. A response may be closed before its end."""

    signed = False  # whether a redirect to another host, a short-lived address, led to this response

    def __init__(
        self,
        response: httpx.Response,
        address: WebAddress,
        seconds: float,
        read: Callable[[bytes], None] = lambda _body: None,
    ) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.address = address
        self._read = read
        self._response = response
        self._chunks = response.iter_raw()
        self._peeked: list[bytes] = []
        self._broken: ConnectionLost | None = None
        self._body: bytes | None = None
        self._until = (
            time.monotonic() + seconds
        )  # limit for small bodies: a slow stream must not block a process for days

    @property
    def host(self) -> str:
        return self.address.host

    @property
    def length(self) -> int | None:
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    @property
    def chunked(self) -> bool:
        return "transfer-encoding" in self.headers

    @property
    def content_range(self) -> ContentRange | None:
        """The Content-Range header, or None for a missing or invalid header."""
        match = CONTENT_RANGE.fullmatch(self.headers.get("content-range", "").strip())
        if match is None:
            return None
        start, end, total = (int(g) if g and g != "*" else None for g in match.groups())
        if start is not None and end is not None and (end < start or (total is not None and end >= total)):
            return None
        return ContentRange(start, end, total)

    @property
    def attachment(self) -> bool:
        """Whether the server sends the body as a file to save."""
        return bool(self.headers.get("content-disposition", "").strip().lower().startswith("attachment"))

    @property
    def name(self) -> str:
        """The sanitised file name of the Content-Disposition header, or an empty text."""
        return display_name(_disposition_name(self.headers.get("content-disposition", "")))

    def peek(self) -> bytes:
        """The first 1024 bytes, which stay readable. A lost connection returns fewer bytes; `chunks` raises later."""
        if self._body is not None:
            return self._body[:PEEK]
        while sum(map(len, self._peeked)) < PEEK and time.monotonic() < self._until:
            try:
                chunk = next(self._chunks, None)
            except ConnectionLost as error:
                self._broken = error
                break
            if chunk is None:
                break
            self._peeked.append(chunk)
        return b"".join(self._peeked)[:PEEK]

    def chunks(self) -> Iterator[bytes]:
        """The body as a stream. Raises ConnectionLost."""
        while self._peeked:
            yield self._peeked.pop(0)
        if self._broken:
            raise self._broken
        yield from self._chunks

    def body(self, limit: int) -> bytes:
        """The first `limit` bytes of the body. A second call returns the same bytes."""
        if self._body is None:
            collected = bytearray()
            for chunk in self.chunks():
                collected += chunk
                if len(collected) >= limit or time.monotonic() > self._until:
                    break
            self._body = bytes(collected[:limit])
            self._read(self._body)
        return self._body

    def json(self, limit: int = JSON_BYTES) -> JsonObject:
        """The body as a JSON object. Raises Stop `provider_changed` for any other body, or a body above the limit."""
        body = self.body(limit + 1)
        try:
            payload = json.loads(body) if len(body) <= limit else None
        except (ValueError, RecursionError):
            payload = None
        if not isinstance(payload, dict):
            raise stop("provider_changed")
        return payload

    def text(self, limit: int = PAGE_BYTES) -> str:
        """The first `limit` bytes of the body as text."""
        return self.body(limit).decode("utf-8", "replace")

    def close(self) -> None:
        self._response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def display_name(text: str) -> str:
    """The last part of a name, sanitised: no control characters, at most 200 bytes. For display only, never a path."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", text)[-1])
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp")).strip()
    if name in (".", ".."):
        return ""
    return name.encode("utf-8", "ignore")[:NAME_BYTES].decode("utf-8", "ignore")


def _disposition_name(header: str) -> str:
    extended = re.search(r"filename\*\s*=\s*([\w-]+)'[^']*'([^;\s]+)", header, re.IGNORECASE)
    if extended and extended[1].lower() in ("utf-8", "iso-8859-1"):
        return unquote_to_bytes(extended[2]).decode(extended[1], "replace")
    plain = re.search(r'filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', header, re.IGNORECASE)
    if plain is None:
        return ""
    return re.sub(r"\\(.)", r"\1", plain[1]) if plain[1] is not None else unquote(plain[2])
