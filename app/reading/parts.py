"""Parts: up to 4,000 rows of a kind, compressed and encrypted in storage."""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from json.encoder import encode_basestring
from typing import Any, BinaryIO, NamedTuple

from app.mapping.context import NO_SERIALS, Context, DateOrder, Serials
from app.reading.limits import Limits
from app.reading.results import PartInfo
from app.storage.objects import Objects

LARGE = 1 << 18  # characters from which a row is large
_HARD_SPACE = "\u00a0".encode()
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class PartHead:
    """What all rows of a part share. `columns` are attribute names; an unknown header is `?Header`.

    `archived` is the attribute in which every row has a mark because the file's name says archived, or "".
    """

    kind: str
    file: str
    file_number: int
    columns: tuple[str, ...]
    dates: DateOrder
    serials: Serials = NO_SERIALS
    decimal_commas: bool = False
    archived: str = ""

    def within(self, context: Context) -> Context:
        """Returns the context with what the part's file proves about its dates and amounts."""
        return replace(context, dates=self.dates, serials=self.serials, decimal_commas=self.decimal_commas)


class PartRow(NamedTuple):
    """A row: its first line, its filled cells by attribute, and the problem codes of reading."""

    line: int
    cells: Mapping[str, str]
    codes: tuple[str, ...] = ()


class PartWriter:
    """Collects rows until a part is full; `close` writes the part."""

    def __init__(self, objects: Objects, prefix: str, data_key: bytes, limits: Limits) -> None:
        self._objects = objects
        self._prefix = prefix
        self._data_key = data_key
        self._limits = limits
        self._lines: list[bytes] = []
        self._size = 0
        self._filled = 0
        self._first_line = 0

    @property
    def rows(self) -> int:
        """The number of collected rows."""
        return len(self._lines)

    def add(self, line: int, cells: list[str | None], codes: tuple[str, ...]) -> bool:
        """Adds a row. Returns whether the part is full."""
        texts = ["null" if cell is None else encode_basestring(cell) for cell in cells]
        texts[0] = f"[{line},[{texts[0]}"
        texts[-1] += f"],{_ENCODER.encode(codes) if codes else '[]'}]"
        if sum(map(len, texts)) > LARGE:  # copies of a large row are not held at the same time
            text = b",".join([cell.encode("utf-8", "surrogatepass") for cell in texts])
        else:
            text = ",".join(texts).encode("utf-8", "surrogatepass")
        if not self._lines:
            self._first_line = line
        self._lines.append(text)
        self._size += len(text)
        self._filled += len(cells) - cells.count(None)
        limits = self._limits
        return (
            len(self._lines) >= limits.part_rows or self._size >= limits.part_bytes or self._filled >= limits.part_cells
        )

    def close(self, number: int, head: PartHead) -> PartInfo:
        """Writes the collected rows as an object, completely or not at all, and starts the next part.

        `digest` of the result depends only on the head and the rows. A retry writes a new object under its own lease's
        prefix.
        """
        key = f"{self._prefix}{number:06}"
        first = _ENCODER.encode(
            {
                "kind": head.kind,
                "file": head.file,
                "file_number": head.file_number,
                "columns": head.columns,
                "dates": head.dates.value,
                **_serials_json(head.serials),
                **({"decimal_commas": True} if head.decimal_commas else {}),
                **({"archived": head.archived} if head.archived else {}),
            }
        ).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(digest_size=16)
        packer = zlib.compressobj(1)
        with self._objects.writer(key, self._data_key) as file:
            for line in (first, *self._lines):
                digest.update(line + b"\n")
                file.write(packer.compress(line + b"\n"))
            file.write(packer.flush())
        done = PartInfo(number, head.kind, head.file_number, self._first_line, self.rows, key, digest.hexdigest())
        self._lines = []
        self._size = self._filled = 0
        return done


class PartReader:
    """Reads a part: `head`, then the rows in order. `head_text` is the first line if already read."""

    def __init__(self, file: BinaryIO, head_text: str | None = None) -> None:
        self._lines = _lines(file)
        head = json.loads(next(self._lines) if head_text is None else head_text)
        self.head = PartHead(
            head["kind"],
            head["file"],
            head["file_number"],
            tuple(head["columns"]),
            DateOrder(head["dates"]),
            Serials(frozenset(head.get("serials", ())), head.get("since_1904", False)),
            head.get("decimal_commas", False),
            head.get("archived", ""),
        )

    def __iter__(self) -> Iterator[PartRow]:
        return map(self.row, self._lines)

    def texts(self) -> Iterator[str]:
        """Yields the rows as stored JSON."""
        return self._lines

    def row(self, text: str) -> PartRow:
        """Parses a stored row."""
        line, cells, codes = json.loads(text)
        filled = {c: v for c, v in zip(self.head.columns, cells, strict=True) if v is not None}
        return PartRow(line, filled, tuple(codes))


def read_part(objects: Objects, key: str, data_key: bytes) -> tuple[PartHead, Iterator[PartRow]]:
    """Returns a part's head and its rows, streamed; the object is closed after the last row."""
    file = objects.reader(key, data_key)
    reader = PartReader(file)

    def rows() -> Iterator[PartRow]:
        with file:
            yield from reader

    return reader.head, rows()


def read_row(objects: Objects, key: str, data_key: bytes, line: int) -> tuple[PartHead, PartRow | None]:
    """Returns a part's head and the row of a line, None if there is none. Parses no other row."""
    begins = f"[{line},"
    with objects.reader(key, data_key) as file:
        reader = PartReader(file)
        return reader.head, next((reader.row(text) for text in reader.texts() if text.startswith(begins)), None)


def rows_with(objects: Objects, key: str, data_key: bytes, texts: Sequence[str]) -> tuple[PartHead, Iterator[PartRow]]:
    """Returns a part's head and, streamed, the rows that may contain any of the texts. Blanks are ignored.

    Only such rows are parsed. The object is closed after the last row.
    """
    file = objects.reader(key, data_key)
    blocks = _blocks(file)
    first, _, rest = next(blocks).partition(b"\n")
    reader = PartReader(file, first.decode("utf-8", "surrogatepass"))
    needles = [encode_basestring(text)[1:-1].replace(" ", "").encode("utf-8", "surrogatepass") for text in texts]

    def has_any(text: bytes) -> bool:
        bare = text.replace(b" ", b"").replace(_HARD_SPACE, b"")
        return any(needle in bare for needle in needles)

    def rows() -> Iterator[PartRow]:
        with file:
            for block in chain([rest], blocks):
                for line in block.split(b"\n") if has_any(block) else ():
                    if has_any(line):
                        yield reader.row(line.decode("utf-8", "surrogatepass"))

    return reader.head, rows()


def _serials_json(serials: Serials) -> dict[str, Any]:
    """Returns the head's entries for dates that are stored as numbers; empty if the file has none."""
    columns = {"serials": sorted(serials.columns)} if serials.columns else {}
    return {**columns, **({"since_1904": True} if serials.since_1904 else {})}


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yields blocks of whole lines."""
    unpacker: Any = zlib.decompressobj()
    rest = b""
    while chunk := file.read(1 << 16):
        text = rest + unpacker.decompress(chunk)
        end = text.rfind(b"\n") + 1
        if end:
            yield text[:end]
        rest = text[end:]


def _lines(file: BinaryIO) -> Iterator[str]:
    unpacker: Any = zlib.decompressobj()
    rest = b""
    while chunk := file.read(1 << 16):
        *lines, rest = (rest + unpacker.decompress(chunk)).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "surrogatepass")
