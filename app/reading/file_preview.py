"""The beginning of one file, looked at before anybody knows what it holds: its columns and its first rows."""

import codecs
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO, TypeVar

from app.mapping.kind import Source
from app.reading.content_sniffing import is_blank
from app.reading.encoding import Bytes, look_through, must_be_text
from app.reading.entries import Entry
from app.reading.grid import LEADING, MOST_LISTS, Located, Wanted, below, best_split, json_rows, locate
from app.reading.json_lists import FurtherLists
from app.reading.json_rows import Item
from app.reading.limits import MIB, Limits
from app.reading.naming import DOCUMENTS, NO_TABLES, Name, name_of
from app.reading.recognise import Header, Tied, by_likeness
from app.reading.refusal import Refused
from app.reading.rows import Raw
from app.reading.workbook import Workbook

T = TypeVar("T")
MOST_ROWS = 2000
MOST_SIGNS = 2 * MIB
LARGEST_WORKBOOK = 32 * MIB
NOTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Glimpse:
    """`names` has one name for each column, as the plan's pairs know it; `rows` are lines and cells without blank rows.

    `form` is delimited, json or workbook, empty for what is no table. `header` is what the names say by themselves.
    `is_whole` says that no row is behind those that are here; `code` is the problem that keeps a file from being read.
    """

    form: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    names: tuple[str, ...] = ()
    rows: tuple[tuple[int, list[str]], ...] = ()
    is_whole: bool = False
    header: Header | Tied | None = None
    code: str | None = None

    def column(self, at: int) -> list[str]:
        return [cells[at] if at < len(cells) else "" for _, cells in self.rows]


def glimpse(
    entry: Entry, source: Source, wanted: Wanted = NOTHING, *, most: int = MOST_ROWS, limits: Limits | None = None
) -> Glimpse:
    """Raises nothing for a bad file: what can be seen of it is shown, and `code` says what is wrong."""
    if entry.refused is not None:
        return Glimpse(code=entry.refused.code)
    name, limits = name_of(entry.path, source), limits or Limits()
    try:
        found = glance(entry.open, wanted.encoding)
        if name.extension in NO_TABLES or found.sniffed not in (None, "zip", "json"):
            return Glimpse(code="file_type_unsupported")
        if found.sniffed == "zip":
            return _workbook(entry, name, source, wanted, most, limits)
        must_be_text(found)
        if found.sniffed == "json" and name.extension not in ("csv", "tsv"):
            return _json(found, entry, name, source, wanted, most, limits)
        return _delimited(found, entry, name, source, wanted, most, limits)
    except Refused as refused:
        return Glimpse(code=refused.code)
    except UnicodeDecodeError:
        return Glimpse(code="file_not_text")


def glance(open_: Callable[[], BinaryIO], answer: str | None = None) -> Bytes:
    """In what letters a file begins; only reading it to its end proves them."""

    with open_() as stream:
        is_whole = len(stream.read(MIB + 1)) <= MIB

    def beginning() -> BinaryIO:
        with open_() as stream:
            head = stream.read(MIB)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return io.BytesIO(head[: len(head) & ~1])
        with suppress(UnicodeDecodeError):  # a letter may be cut in two where the beginning ends
            return io.BytesIO(codecs.getincrementaldecoder("utf-8")("strict").decode(head).encode())
        return io.BytesIO(head)

    found = look_through(beginning, answer)
    return found if is_whole else replace(found, padding=0)  # what seems to be padding may stand between letters


def columns_named(headers: Iterable[str]) -> tuple[str, ...]:
    """A name for each column: its header, or `Column 3` where that is blank."""
    named = (header.strip().lstrip("\ufeff").strip() for header in headers)
    return tuple(name or f"Column {number}" for number, name in enumerate(named, start=1))


def _delimited(
    found: Bytes, entry: Entry, name: Name, source: Source, wanted: Wanted, most: int, limits: Limits
) -> Glimpse:
    if name.extension in DOCUMENTS:
        return Glimpse(encoding=found.encoding, code="file_type_unsupported")
    table, located, _ = best_split(found, entry.open, name, source, wanted, limits)
    if not wanted.headerless:
        located = _below_titles(located, table.rows())
    seen = Glimpse("delimited", found.encoding, table.delimiter)
    return _table(seen, located, below(table.rows(), located.line), source, wanted, most)


def _workbook(entry: Entry, name: Name, source: Source, wanted: Wanted, most: int, limits: Limits) -> Glimpse:
    if entry.size > LARGEST_WORKBOOK:
        return Glimpse("workbook")  # it would have to be held in memory whole
    book = Workbook(entry.open, limits)
    first: tuple[str, Located] | None = None
    for sheet in book.sheets if entry.sheet is None else (entry.sheet,):
        located = locate(book.rows(sheet), name, source, wanted, limits)
        if first is None or (located.header is not None and first[1].header is None):
            first = sheet, located
    if first is None or not first[1].width:
        if first is not None:
            book.must_be_read(first[0])
        return Glimpse("workbook", code="file_empty")
    return _table(Glimpse("workbook"), first[1], below(book.rows(first[0]), first[1].line), source, wanted, most)


def _json(
    found: Bytes,
    entry: Entry,
    name: Name,
    source: Source,
    wanted: Wanted,
    most: int,
    limits: Limits,
    further: tuple[str, ...] = (),
) -> Glimpse:
    table = json_rows(found, entry.open, source, limits, entry.list, further)
    try:
        items, is_whole, code = _taken(table.items(), most, _signs)
    except FurtherLists as met:
        if len(names := (*further, *met.names)) > MOST_LISTS:
            return Glimpse("json", found.encoding, code=met.code)
        return _json(found, entry, name, source, wanted, most, limits, names)
    if code == "bad_json" and entry.list is None and table.goes_around_damage():
        items, is_whole, code = _taken(table.items(), most, _signs)
    headers = tuple(dict.fromkeys(header for _, cells, _ in items for header in cells))
    located = locate([(1, list(headers), ())] if headers else [], name, source, wanted, limits)
    rows = tuple((number, [cells.get(header, "") for header in headers]) for number, cells, _ in items)
    seen = Glimpse("json", found.encoding, names=columns_named(headers), rows=rows, is_whole=is_whole)
    return replace(
        seen, header=_verdict(located, source), code=code or (located.refused.code if located.refused else None)
    )


def _signs(item: Item) -> int:
    return sum(map(len, item[1].values()))


def _below_titles(located: Located, rows: Iterator[Raw]) -> Located:
    """Where nothing is recognised, lines of text above the columns are narrower than the columns."""
    if located.header is not None or located.refused is not None or located.width > 1:
        return located
    with suppress(Refused, UnicodeDecodeError):
        first = [row for row in islice(rows, LEADING * 2) if not is_blank(row[1])][: LEADING + 1]
        widest = max(first, key=lambda row: len(row[1]), default=None)
        if widest is not None and len(widest[1]) > 1:
            return Located(None, widest[0], first.index(widest), tuple(widest[1]))
    return located


def _verdict(located: Located, source: Source) -> Header | Tied | None:
    """The header as reading recognises it; the likely kinds as `Tied` where no fingerprint fits."""
    if located.header is not None or located.refused is not None:
        return located.header
    return by_likeness(located.cells, source)


def _table(seen: Glimpse, located: Located, rows: Iterator[Raw], source: Source, wanted: Wanted, most: int) -> Glimpse:
    taken, is_whole, code = _taken(rows, most, lambda row: sum(map(len, row[1])))
    names = columns_named(located.cells)
    if wanted.headerless:
        names = tuple(f"Column {number}" for number in range(1, located.width + 1))
    refused = located.refused.code if located.refused else None
    return replace(
        seen,
        names=names,
        rows=tuple((line, cells) for line, cells, _ in taken),
        is_whole=is_whole,
        header=located.header if wanted.headerless else _verdict(located, source),
        code=refused or code,
    )


def _taken(rows: Iterable[T], most: int, signs: Callable[[T], int]) -> tuple[list[T], bool, str | None]:
    """The first of the rows, whether these are all, and the problem that reading them met."""
    taken: list[T] = []
    length = 0
    try:
        for row in rows:
            if len(taken) >= most or length > MOST_SIGNS:
                return taken, False, None
            taken.append(row)
            length += signs(row)
    except FurtherLists:
        raise
    except Refused as refused:
        return taken, False, refused.code
    except UnicodeDecodeError:
        return taken, False, None  # the letters of the beginning were not those of the whole
    return taken, True, None
