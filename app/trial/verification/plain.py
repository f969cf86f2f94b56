"""The rows of a raw text file of an export, obtained by other code than the first reading uses.

Verification shares the choice of the encoding with the first reading, and nothing else: headers, delimiters and objects
are recognised again.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import BinaryIO

from app.json_values import JsonObject, JsonValue
from app.mapping.raw_format import RawFormat
from app.mapping.verified_kinds import bare_header, counting
from app.trial.verification.json_objects import NULL, Doubled, NotObjects, Text, objects_by_line, objects_in, worded
from app.trial.verification.relations import id_header, ids_alone, related, with_ids_of_objects
from app.trial.verification.table_lines import ROW, NotPlain, TableLines, whole_lines
from app.trial.verification.unread import UNREAD, Unread

Damaged = tuple[int, int, int]  # start and end in characters, and the number of damaged objects
MARKUP_CHUNK = 1 << 18


class Around:
    """A JSON text with an empty object in place of each damaged object."""

    def __init__(self, text: Text, damages: Sequence[Damaged]) -> None:
        self._text = text
        self._left = sorted(damages)
        self._at = 0

    def read(self, size: int, /) -> str:
        """The next piece of up to `size` characters; empty at the end."""
        while self._left and (piece := self._next(size)) is not None:
            if piece:
                return piece
        return self._text.read(size)

    def _next(self, size: int) -> str | None:
        """The text before the next damage, or empty objects in its place; None where the text ends before it."""
        start, end, number = self._left[0]
        if self._at < start:
            piece = self._text.read(min(size, start - self._at))
            self._at += len(piece)
            return piece or None
        while self._at < end and (passed := self._text.read(min(MARKUP_CHUNK, end - self._at))):
            self._at += len(passed)
        del self._left[0]
        return "{}," * number


SIGNS = ",;\t|"
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # half of a surrogate pair
TITLES = 5  # lines above a header
HEADER = 1 << 16  # characters of a line by which the delimiter is recognised
Cells = dict[str, str]
NO_MARKS: Mapping[int, int] = MappingProxyType({})
USUAL_FORMAT = RawFormat()
Lined = tuple[int, Cells]  # a row with its first line, or its number among objects


@dataclass(frozen=True, slots=True)
class Headers:
    """The bare headers by which the header row of a table is recognised: the id's header, or two of the kind."""

    keys: frozenset[str]
    known: frozenset[str] = frozenset()
    raw_format: RawFormat = USUAL_FORMAT

    def are_in(self, row: Iterable[str]) -> bool:
        """Whether a row is the header."""
        names = frozenset(map(self.raw_format.bare, row)) - {""}
        return not self.keys.isdisjoint(names) or len(names & self.known) > 1


def plain_rows(
    open_: Callable[[], BinaryIO],
    encoding: str | None,
    *,
    otherwise: str | None = None,
    headers: "Headers | None" = None,
    lists: Collection[str] = (),
    in_lines: bool = False,
    damages: Sequence[Damaged] = (),
    open_marks: Mapping[int, int] = NO_MARKS,
    raw_format: RawFormat = USUAL_FORMAT,
    only: str | None = None,
) -> Iterator[Lined]:
    """The rows of a delimited or JSON file by bare headers, without blank rows. Raises NotPlain, at any row.

    Each row comes with its first line, from 1, or with its number among objects.

    `otherwise` is the single-byte encoding of bytes that are invalid in `encoding`. `headers` recognises the header of
    a table; without it the first row is the header. `lists` are names of lists of rows in JSON. `raw_format` says how
    the source writes headers, and what objects hold. `only` names the list to read of a text with several lists.
    `in_lines`: each line is JSON, and an invalid line is a row without cells. `damages` are ranges of damaged objects
    in the text; each object is a row without cells. `open_marks`: by line, from 1, the place of a quotation mark
    without effect.
    """
    known = raw_format.spellings(headers.known | headers.keys) if headers else ()
    with open_() as stream:
        codec, errors = _codec(encoding, otherwise)
        text = io.TextIOWrapper(io.BufferedReader(Unpadded(stream, codec)), encoding=codec, errors=errors, newline="")
        try:
            if damages:
                around = objects_in(Around(text, damages), lists, known=known)
                yield from _numbered(around, raw_format, lists)
                return
            first, above = text.readline(ROW), 0
            while first and not first.strip("\ufeff \t\r\n"):
                first, above = text.readline(ROW), above + 1
            if in_lines or first.lstrip("\ufeff \t").startswith(("[", "{")) or first.strip("\ufeff \t\r\n") == NULL:
                if in_lines:
                    lines = whole_lines(text, first.lstrip("\ufeff"))
                    objects = objects_by_line((line for line in lines if is_filled(line)), lists, known)
                else:
                    objects = objects_in(text, lists, begun=first, known=known, only=only)
                yield from _numbered(objects, raw_format, lists)
            else:
                yield from _table(text, first, above, headers, open_marks, raw_format)
        except (UnicodeError, csv.Error, ValueError, NotObjects, RecursionError, LookupError):
            pass
        else:
            return
    raise NotPlain


def _codec(encoding: str | None, otherwise: str | None) -> tuple[str, str]:
    """The codec and its error handler. Undefined bytes of a single-byte encoding become control characters."""
    name = codecs.lookup(encoding or "utf-8").name
    if name.startswith("utf"):
        lenient = _reads_as(otherwise) if otherwise else "surrogatepass"
        return ("utf-8-sig" if name in ("utf-8", "utf-8-sig") else name), lenient
    return name, _reads_as("latin-1")


def _reads_as(encoding: str) -> str:
    """The name of an error handler that decodes invalid bytes with a single-byte encoding."""
    name = f"verification-reads-as-{encoding}"

    def handle(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        if half := _HALF.match(error.object, error.start):
            return half[0].decode("utf-8", "surrogatepass"), half.end()
        piece = error.object[error.start : error.end]
        return "".join(_letter(piece[at : at + 1], encoding) for at in range(len(piece))), error.end

    codecs.register_error(name, handle)
    return name


def _letter(byte: bytes, encoding: str) -> str:
    try:
        return byte.decode(encoding)
    except UnicodeDecodeError:
        return byte.decode("latin-1")


def _numbered(objects: Iterator[JsonObject | None], raw_format: RawFormat, lists: Collection[str]) -> Iterator[Lined]:
    """The rows of the objects as cells, numbered from 1. The cells are in the order of the file's columns. None has a
    number, but is no row."""
    names_of_rows = frozenset(_singular(raw_format.bare(name)) for name in lists)
    columns: dict[str, int] = {}
    ordered: list[str] = []  # the members of the last row that was in order
    for number, row in enumerate(_unfolded(objects, raw_format, names_of_rows), start=1):
        if row is None:
            continue
        if isinstance(row, Doubled):
            row = _with_own_names(row)
        if (names := list(row)) != ordered:
            places = [columns.setdefault(name, len(columns)) for name in names]
            if places == sorted(places):
                ordered = names
            else:
                row = dict(sorted(row.items(), key=lambda member: columns[member[0]]))
        yield number, _flat(row, raw_format)


def _with_own_names(row: Doubled) -> JsonObject:
    """The members of an object, the later ones of one name with spaces behind it."""
    before = Counter[str]()
    apart: JsonObject = {}
    for name, value in row.every:
        apart[name + " " * before[name]] = value
        before[name] += 1
    return apart


def _unfolded(
    objects: Iterator[JsonObject | None], raw_format: RawFormat, names: frozenset[str]
) -> Iterator[Mapping[str, JsonValue] | None]:
    """The objects; an object that contains rows is replaced by these rows."""
    for each in objects:
        rows = raw_format.nested_rows(each) if raw_format.nested_rows is not None and each is not None else None
        yield from (None if each is None else _inside(each, raw_format, names),) if rows is None else rows


def _inside(row: JsonObject, raw_format: RawFormat, names: frozenset[str]) -> JsonObject:
    """The record in an object with a single member, as in `{"user": {"id": 9}}`; else the object. A record without an
    id counts under one of `names`, which are bare and singular."""
    if len(row) != 1:
        return row
    [(name, value)] = row.items()
    if not isinstance(value, dict):
        return row
    return value if "id" in map(bare_header, value) or _singular(raw_format.bare(name)) in names else row


def _singular(name: str) -> str:
    """A bare name without the end of a plural."""
    for end, instead in (("ies", "y"), ("sses", "ss"), ("ss", "ss"), ("s", "")):
        if name.endswith(end):
            return name.removesuffix(end) + instead
    return name


def _table(
    text: io.TextIOWrapper,
    first: str,
    above: int,
    headers: "Headers | None",
    open_marks: Mapping[int, int],
    raw_format: RawFormat,
) -> Iterator[Lined]:
    begun = [first.lstrip("\ufeff"), *islice(iter(lambda: text.readline(ROW), ""), TITLES)]
    declared = begun[0].strip('"\r\n ')
    sign = _sign(begun, headers)
    if declared[:4].lower() == "sep=" and declared[4:5] in tuple(SIGNS):
        sign = declared[4]
        del begun[0]
        above += 1
    lines = TableLines(text, begun, above, open_marks)
    rows = csv.reader(lines, delimiter=sign)  # reading has checked the quotation marks
    yield from under_header(_held(rows, lines), headers, raw_format)


def _sign(begun: Sequence[str], headers: "Headers | None") -> str:
    """The delimiter with which the header has most cells.

    Characters are counted only where no line is a header with any delimiter: a note may have many commas.
    """
    widest = max(SIGNS, key=lambda each: max(line.count(each) for line in begun))
    return max(SIGNS, key=lambda each: (_header_cells(begun, each, headers), each == widest))


def _header_cells(begun: Sequence[str], sign: str, headers: "Headers | None") -> int:
    if headers is None:
        return 0
    try:
        rows = csv.reader((line[:HEADER] for line in begun), delimiter=sign)
        return next((len(row) for row in rows if headers.are_in(row)), 0)
    except csv.Error:
        return 0


def _held(rows: Iterable[list[str]], lines: TableLines) -> Iterator[tuple[int, list[str]]]:
    """Each row with its first line. A row that is too long is a single `UNREAD` cell."""
    begins = lines.number + 1
    for row in rows:
        yield begins, [UNREAD] if lines.is_cut else row
        del row  # the next row may be as large
        lines.end_row()
        begins = lines.number + 1


def under_header(
    rows: Iterable[tuple[int, Sequence[str]]], headers: "Headers | None", raw_format: RawFormat
) -> Iterator[Lined]:
    """The rows of a table below its header, by bare headers, without blank rows. Short rows get empty cells.

    Raises NotPlain when none of the first rows is a header.
    """
    filled = ((line, row) for line, row in rows if any(is_filled(cell) or isinstance(cell, Unread) for cell in row))
    top = islice(filled, TITLES + 1)
    known = headers.known | headers.keys if headers else frozenset[str]()
    names = next((told_apart(row, raw_format, known) for _, row in top if headers is None or headers.are_in(row)), None)
    if names is None:
        raise NotPlain
    is_once = len(set(names)) == len(names)
    relations = {name: own for name in names if (own := id_header(name, raw_format))}
    for line, row in filled:
        if is_once and len(row) == len(names):
            cells = dict(zip(names, map(unguarded, row), strict=True))
        else:
            cells = _row(names, row)
        yield line, with_ids_of_objects(cells, relations)
        del row, cells  # the next row may be as large


def _row(names: Sequence[str], row: Sequence[str]) -> Cells:
    """The cell that counts under each header, which may stand several times."""
    cells = dict.fromkeys(names, "")
    for name, cell in zip(names, row, strict=False):
        cells[name] = _counting(cells[name], unguarded(cell))
    return cells


def _counting(earlier: str, later: str) -> str:
    """The one of two cells that counts. Either may be empty or UNREAD."""
    return counting((earlier, later)) if earlier and later else earlier or later


def told_apart(headers: Sequence[str], raw_format: RawFormat, known: Collection[str] = ()) -> list[str]:
    """Bare headers. A header with the bare name of an earlier, differently written header is kept as written, unless
    the name is in `known`."""
    names: list[str] = []
    written: dict[str, str] = {}
    for header in (unguarded(each) for each in headers):
        name = raw_format.bare(header)
        names.append(name if written.setdefault(name, header) == header or name in known else header)
    return names


def unguarded(cell: str) -> str:
    """A cell without `=""`, which keeps a spreadsheet from rounding it."""
    if type(cell) is not str:  # a spelled number, or a cell that cannot be read
        return cell
    cell = cell.strip()
    return cell[2:-1] if cell[:2] == '="' and cell[-1] == '"' else cell


def _flat(row: Mapping[str, JsonValue], raw_format: RawFormat) -> Cells:
    """A JSON object as cells. Of a relation, only the id becomes a cell."""
    cells: Cells = {}
    for name, value in row.items():
        header = raw_format.bare(name)
        relation = id_header(header, raw_format)
        own = relation or raw_format.bare(f"{name}_id")
        if (target := related(value, is_named=bool(relation))) is not None:
            cells[own] = _counting(cells.get(own, ""), target)
        elif ids := ids_alone(header, value, raw_format):
            cells[own] = _counting(cells.get(own, ""), ids)
        else:
            text = worded(value)
            cells[header] = _counting(cells.get(header, ""), text.strip()) or (UNREAD if text is UNREAD else "")
    return cells


CHUNK = 1 << 18
PADDING_SIGNS = b"\0\x1a"
_SPACE = "\0\x1a \t\r\n"


def is_filled(cell: str) -> bool:
    """Whether a cell has more than space and padding: NUL characters of a disk, and the end character of DOS."""
    return bool(cell) and not cell.isspace() and bool(cell.strip(_SPACE))


class Unpadded(io.RawIOBase):
    """The bytes of a stream without padding at its end. Padding longer than a piece is left out anywhere.

    In UTF-16 each character has two bytes, and half a character at the end is left out when it is NUL.
    """

    def __init__(self, stream: BinaryIO, codec: str) -> None:
        self._stream = stream
        self._wide = codecs.lookup(codec).name.startswith("utf-16")
        self._big = False
        self._begun = False
        self._held = b""  # padding that may be at the end
        self._half = b""
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what io gives
        while not self._ready:
            piece = self._stream.read(CHUNK)
            if not piece:
                self._ready, self._half = (self._held + self._half if self._half.strip(b"\0") else b""), b""
                self._held = b""
                break
            self._take(self._half + piece)
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _take(self, piece: bytes) -> None:
        if self._wide:
            self._big = piece.startswith(codecs.BOM_UTF16_BE) if not self._begun else self._big
            self._begun = self._begun or len(piece) > 1
            whole = len(piece) & ~1
            piece, self._half = piece[:whole], piece[whole:]
        kept = self._end(piece)
        if kept:
            self._ready, self._held = self._held + piece[:kept], piece[kept:]
        elif len(self._held) < CHUNK:
            self._held += piece

    def _end(self, piece: bytes) -> int:
        """The start of the padding at the end of a piece."""
        end = len(piece.rstrip(PADDING_SIGNS))
        if not self._wide:
            return end
        end += end & 1  # in UTF-16, a character has two bytes
        rest = piece[end:].decode("utf-16-be" if self._big else "utf-16-le")
        return end + 2 * len(rest.rstrip(PADDING_SIGNS.decode()))
