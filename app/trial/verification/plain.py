"""The rows of a raw text file of an export, obtained by other code than the first reading uses.

Verification shares the choice of the encoding with the first reading, and nothing else: headers, delimiters and objects
are recognised again.
"""

import codecs
import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any, BinaryIO, Protocol

from app.mapping.verified_kinds import NestedRows, bare_header
from app.trial.verification.json_objects import NotObjects, objects_by_line, objects_in, worded
from app.trial.verification.numbers import Spelled
from app.trial.verification.relations import id_header, ids_alone, related
from app.trial.verification.table_lines import ROW, NotPlain, TableLines, whole_lines
from app.trial.verification.unread import UNREAD, Unread

# A text of JSON with an empty object in the place of each that is damaged.

Damaged = tuple[int, int, int]  # the signs of the text from which and up to which it goes, and how many objects it is
MARKUP_CHUNK = 1 << 18


class Text(Protocol):
    """What is read from."""

    def read(self, size: int, /) -> str: ...


class Around:
    """Reads a text around its damage."""

    def __init__(self, text: Text, damages: Sequence[Damaged]) -> None:
        self._text = text
        self._left = sorted(damages)
        self._at = 0

    def read(self, size: int, /) -> str:
        """The next piece; empty at the end."""
        while self._left and (piece := self._next(size)) is not None:
            if piece:
                return piece
        return self._text.read(size)

    def _next(self, size: int) -> str | None:
        """What stands before the next damage, or in its place. None where the text ends before it."""
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
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")  # half a character that was written by itself
TITLES = 5  # lines that may be above a header
HEADER = 1 << 16  # signs of a line that tell what parts the cells of a header; a row of notes may be far longer
Cells = dict[str, str]
NO_MARKS: Mapping[int, int] = MappingProxyType({})
Lined = tuple[int, Cells]  # the line on which a row begins, or its number among the objects of a text


@dataclass(frozen=True, slots=True)
class Headers:
    """How the header row of a table is recognised: by a header of the id, or by two headers of the kind. All bare."""

    keys: frozenset[str]
    known: frozenset[str] = frozenset()

    def are_in(self, row: Iterable[str]) -> bool:
        names = frozenset(map(bare_header, row)) - {""}
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
    nested: NestedRows | None = None,
    only: str | None = None,
) -> Iterator[Lined]:
    """The rows of a delimited or JSON file, by bare headers. Blank rows are left out. Raises NotPlain, at any row.

    Each has its place: the line on which it begins, from 1, or its number among the objects.

    `otherwise` is the single-byte set of bytes that are not valid in `encoding`. `headers` recognises the header of a
    table, which is its first row where that is not given. `lists` are names of lists of rows in JSON, and `nested`
    gives the rows of an object that holds several. `only`: of a text with several lists, the one that is looked at.
    `in_lines`: each line is JSON by itself, and one that is not is a row without cells. `damages`: between which signs
    of the text damaged objects stand, and how many; each is a row without cells. `open_marks`: by lines of the file,
    from 1, where in the line a quotation mark stands that no row closes, and that quotes nothing.
    """
    known = headers.known | headers.keys if headers else ()
    with open_() as stream:
        codec, errors = _codec(encoding, otherwise)
        text = io.TextIOWrapper(io.BufferedReader(Unpadded(stream, codec)), encoding=codec, errors=errors, newline="")
        try:
            if damages:
                around = objects_in(Around(text, damages), lists, known=known)
                yield from ((number, _flat(each)) for number, each in enumerate(_unfolded(around, nested), 1))
                return
            first, above = text.readline(ROW), 0
            while first and not first.strip("\ufeff \t\r\n"):
                first, above = text.readline(ROW), above + 1
            if in_lines or first.lstrip("\ufeff \t").startswith(("[", "{")):
                if in_lines:
                    lines = whole_lines(text, first.lstrip("\ufeff"))
                    objects = objects_by_line((line for line in lines if is_filled(line)), lists, known)
                else:
                    objects = objects_in(text, lists, begun=first, known=known, only=only)
                rows = enumerate(_unfolded(objects, nested), start=1)
                yield from ((number, _flat(each)) for number, each in rows)
            else:
                yield from _table(text, first, above, headers, open_marks)
        except (UnicodeError, csv.Error, ValueError, NotObjects, RecursionError, LookupError):
            pass
        else:
            return
    raise NotPlain


def _codec(encoding: str | None, otherwise: str | None) -> tuple[str, str]:
    """The codec and its error handler. Bytes that a single-byte set leaves undefined become control characters."""
    name = codecs.lookup(encoding or "utf-8").name
    if name.startswith("utf"):
        lenient = _reads_as(otherwise) if otherwise else "surrogatepass"
        return ("utf-8-sig" if name in ("utf-8", "utf-8-sig") else name), lenient
    return name, _reads_as("latin-1")


def _reads_as(encoding: str) -> str:
    """The name of an error handler that decodes invalid bytes in a single-byte set."""
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


def _unfolded(objects: Iterator[dict[str, Any]], nested: NestedRows | None) -> Iterator[Mapping[str, Any]]:
    """The objects, and in the place of one that holds several rows, or a single one under its name, these rows."""
    for each in objects:
        rows = nested(each) if nested is not None else None
        yield from (_inside(each),) if rows is None else rows


def _inside(row: dict[str, Any]) -> dict[str, Any]:
    """The record that an object only wraps, as in `{"user": {"id": 9}}`; any other object itself."""
    if len(row) != 1:
        return row
    [value] = row.values()
    return value if isinstance(value, dict) and "id" in map(bare_header, value) else row


def _table(
    text: io.TextIOWrapper, first: str, above: int, headers: "Headers | None", open_marks: Mapping[int, int]
) -> Iterator[Lined]:
    begun = [first.lstrip("\ufeff"), *islice(iter(lambda: text.readline(ROW), ""), TITLES)]
    declared = begun[0].strip('"\r\n ')
    sign = _sign(begun, headers)
    if declared[:4].lower() == "sep=" and declared[4:5] in tuple(SIGNS):
        sign = declared[4]
        del begun[0]
        above += 1
    lines = TableLines(text, begun, above, open_marks)
    rows = csv.reader(lines, delimiter=sign)  # the reader has judged the quotation marks
    yield from under_header(_held(rows, lines), headers)


def _sign(begun: Sequence[str], headers: "Headers | None") -> str:
    """What parts the cells: the sign under which the header has most cells. A note holds more commas than a header has
    semicolons, so that signs are only counted where no line is the header under any of them."""
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
    """Each row with the line on which it begins. A row that is too long is one cell that cannot be read."""
    begins = lines.number + 1
    for row in rows:
        yield begins, [UNREAD] if lines.is_cut else row
        del row  # the next one may be as large
        lines.end_row()
        begins = lines.number + 1


def under_header(rows: Iterable[tuple[int, Sequence[str]]], headers: "Headers | None" = None) -> Iterator[Lined]:
    """The rows of a table below its header, by bare headers. Blank rows are left out, short rows end in empty cells.

    Raises NotPlain where none of the first rows is a header.
    """
    filled = ((line, row) for line, row in rows if any(is_filled(cell) or isinstance(cell, Unread) for cell in row))
    top = islice(filled, TITLES + 1)
    names = next((told_apart(row) for _, row in top if headers is None or headers.are_in(row)), None)
    if names is None:
        raise NotPlain
    for line, row in filled:
        yield line, _row(names, row)
        del row  # the next one may be as large


def _row(names: Sequence[str], row: Sequence[str]) -> Cells:
    """The first filled cell under each header."""
    cells = dict.fromkeys(names, "")
    for name, cell in zip(names, row, strict=False):
        cells[name] = cells[name] or unguarded(cell)
    return cells


def told_apart(headers: Sequence[str]) -> list[str]:
    """Bare headers. A header that is written differently from an earlier one of the same bare name stays as written."""
    names: list[str] = []
    written: dict[str, str] = {}
    for header in (unguarded(each) for each in headers):
        name = bare_header(header)
        names.append(name if written.setdefault(name, header) == header else header)
    return names


def unguarded(cell: str) -> str:
    """A cell without the `=""` that keeps a spreadsheet from rounding it."""
    if isinstance(cell, Spelled | Unread):
        return cell
    cell = cell.strip()
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell


def _flat(row: Mapping[str, Any]) -> Cells:
    """A JSON object as cells. Of a relation, the id is a cell; what else the relation says is not looked at."""
    cells: Cells = {}
    for name, value in row.items():
        header = bare_header(name)
        own = id_header(header) or bare_header(f"{name}_id")
        if (target := related(value, header)) is not None:
            cells[own] = cells.get(own) or target
        elif ids := ids_alone(header, value):
            cells[own] = cells.get(own) or ids
        else:
            text = worded(value)
            cells[header] = text.strip() or cells.get(header) or (UNREAD if text is UNREAD else "")
    return cells


# A raw file without the signs behind its last letter: NULs of a disk, and the end sign of DOS.

CHUNK = 1 << 18
PADDING_SIGNS = b"\0\x1a"
_SPACE = "\0\x1a \t\r\n"


def is_filled(cell: str) -> bool:
    """Whether a cell holds more than space and such signs."""
    return bool(cell) and not cell.isspace() and bool(cell.strip(_SPACE))


class Unpadded(io.RawIOBase):
    """The bytes of a stream, without padding at its end. Padding longer than a piece is left out wherever it stands.

    In UTF-16 each sign has two bytes, and half of one at the end is left out where it is NUL.
    """

    def __init__(self, stream: BinaryIO, codec: str) -> None:
        self._stream = stream
        self._wide = codecs.lookup(codec).name.startswith("utf-16")
        self._big = False
        self._begun = False
        self._held = b""  # padding, as long as nothing is known to stand behind it
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
        """Where the padding begins that a piece ends with."""
        end = len(piece.rstrip(PADDING_SIGNS))
        if not self._wide:
            return end
        end += end & 1  # behind it stand letters of which both halves look like padding, and padding
        rest = piece[end:].decode("utf-16-be" if self._big else "utf-16-le")
        return end + 2 * len(rest.rstrip(PADDING_SIGNS.decode()))
