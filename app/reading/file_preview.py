"""File preview: the columns and first rows of a file whose kind is still unknown."""

import codecs
import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO, TypeVar

from app.mapping.kind import Source
from app.reading.content_sniffing import is_blank
from app.reading.encoding import FileProfile, profile_file, require_text
from app.reading.entries import FileEntry
from app.reading.grid import (
    LEADING,
    MOST_LISTS,
    HeaderLocation,
    ReadingAnswer,
    best_split,
    json_rows,
    locate_header,
    rows_below,
)
from app.reading.json_lists import UnknownLists
from app.reading.json_rows import JsonItem
from app.reading.limits import MIB, Limits
from app.reading.naming import DOCUMENTS, NO_TABLES, FileName, name_of
from app.reading.recognise import Header, TiedKinds, possible_kinds
from app.reading.refusal import Refused
from app.reading.text_rows import TextRow
from app.reading.workbook import Workbook

T = TypeVar("T")
MOST_ROWS = 2000
MOST_SIGNS = 2 * MIB
LARGEST_WORKBOOK = 32 * MIB
NO_ANSWER = ReadingAnswer()


@dataclass(frozen=True, slots=True)
class FilePreview:
    """`names` are the column names, as the plan's pairs use them; `rows` are line numbers and cells, without blank
    rows.

    `form` is delimited, json or workbook, empty for a file that is not a table. `header` is what the names alone
    suggest. `is_whole` is True if there are no further rows; `code` is the problem that prevents reading.
    """

    form: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    names: tuple[str, ...] = ()
    rows: tuple[tuple[int, list[str]], ...] = ()
    is_whole: bool = False
    header: Header | TiedKinds | None = None
    code: str | None = None

    def column(self, at: int) -> list[str]:
        """Returns the cells of a column, empty text for missing cells."""
        return [cells[at] if at < len(cells) else "" for _, cells in self.rows]


def preview_entry(
    entry: FileEntry,
    source: Source,
    answer: ReadingAnswer = NO_ANSWER,
    *,
    most: int = MOST_ROWS,
    limits: Limits | None = None,
) -> FilePreview:
    """Previews a file: at most `most` rows and MOST_SIGNS characters. Raises nothing for a bad file: `code` names the
    problem."""
    if entry.refused is not None:
        return FilePreview(code=entry.refused.code)
    name, limits = name_of(entry.path, source), limits or Limits()
    try:
        profile = profile_beginning(entry.open, answer.encoding)
        if name.extension in NO_TABLES or profile.sniffed not in (None, "zip", "json"):
            return FilePreview(code="file_type_unsupported")
        if profile.sniffed == "zip":
            return _workbook(entry, name, source, answer, most, limits)
        require_text(profile)
        if profile.sniffed == "json" and name.extension not in ("csv", "tsv"):
            return _json(profile, entry, name, source, answer, most, limits)
        return _delimited(profile, entry, name, source, answer, most, limits)
    except Refused as refused:
        return FilePreview(code=refused.code)
    except UnicodeDecodeError:
        return FilePreview(code="file_not_text")


def profile_beginning(open_: Callable[[], BinaryIO], answer: str | None = None) -> FileProfile:
    """Returns the profile of the first MiB. Only a pass over the whole file proves the encoding."""

    with open_() as stream:
        is_whole = len(stream.read(MIB + 1)) <= MIB

    def beginning() -> BinaryIO:
        with open_() as stream:
            head = stream.read(MIB)
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return io.BytesIO(head[: len(head) & ~1])
        with suppress(UnicodeDecodeError):  # the first MiB may end inside a character
            return io.BytesIO(codecs.getincrementaldecoder("utf-8")("strict").decode(head).encode())
        return io.BytesIO(head)

    profile = profile_file(beginning, answer)
    return profile if is_whole else replace(profile, padding=0)  # more text may follow the padding


def name_columns(headers: Iterable[str]) -> tuple[str, ...]:
    """Returns a name per column: the header, or `Column 3` for a blank header."""
    named = (header.strip().lstrip("\ufeff").strip() for header in headers)
    return tuple(name or f"Column {number}" for number, name in enumerate(named, start=1))


def _delimited(
    profile: FileProfile,
    entry: FileEntry,
    name: FileName,
    source: Source,
    answer: ReadingAnswer,
    most: int,
    limits: Limits,
) -> FilePreview:
    if name.extension in DOCUMENTS:
        return FilePreview(encoding=profile.encoding, code="file_type_unsupported")
    table, located, _ = best_split(profile, entry.open, name, source, answer, limits)
    if not answer.headerless:
        located = _below_titles(located, table.rows())
    preview = FilePreview("delimited", profile.encoding, table.delimiter)
    return _table(preview, located, rows_below(table.rows(), located.line), source, answer, most)


def _workbook(
    entry: FileEntry, name: FileName, source: Source, answer: ReadingAnswer, most: int, limits: Limits
) -> FilePreview:
    if entry.size > LARGEST_WORKBOOK:
        return FilePreview("workbook")  # a workbook is held in memory as a whole
    book = Workbook(entry.open, limits)
    first: tuple[str, HeaderLocation] | None = None
    for sheet in book.sheets if entry.sheet is None else (entry.sheet,):
        located = locate_header(book.rows(sheet), name, source, answer, limits)
        if first is None or (located.header is not None and first[1].header is None):
            first = sheet, located
    if first is None or not first[1].width:
        if first is not None:
            book.must_be_read(first[0])
        return FilePreview("workbook", code="file_empty")
    return _table(
        FilePreview("workbook"), first[1], rows_below(book.rows(first[0]), first[1].line), source, answer, most
    )


def _json(
    profile: FileProfile,
    entry: FileEntry,
    name: FileName,
    source: Source,
    answer: ReadingAnswer,
    most: int,
    limits: Limits,
    further: tuple[str, ...] = (),
) -> FilePreview:
    table = json_rows(profile, entry.open, source, limits, entry.list, further)
    try:
        items, is_whole, code = _taken(table.items(), most, _signs)
    except UnknownLists as unknown:
        if len(names := (*further, *unknown.names)) > MOST_LISTS:
            return FilePreview("json", profile.encoding, code=unknown.code)
        return _json(profile, entry, name, source, answer, most, limits, names)
    if code == "bad_json" and entry.list is None and table.can_skip_damage():
        items, is_whole, code = _taken(table.items(), most, _signs)
    headers = tuple(dict.fromkeys(header for _, cells, _ in items for header in cells))
    located = locate_header([(1, list(headers), ())] if headers else [], name, source, answer, limits)
    rows = tuple((number, [cells.get(header, "") for header in headers]) for number, cells, _ in items)
    preview = FilePreview("json", profile.encoding, names=name_columns(headers), rows=rows, is_whole=is_whole)
    return replace(
        preview, header=_verdict(located, source), code=code or (located.refused.code if located.refused else None)
    )


def _signs(item: JsonItem) -> int:
    return sum(map(len, item[1].values()))


def _below_titles(located: HeaderLocation, rows: Iterator[TextRow]) -> HeaderLocation:
    """Skips title lines above an unknown header: they have fewer cells than the columns."""
    if located.header is not None or located.refused is not None or located.width > 1:
        return located
    with suppress(Refused, UnicodeDecodeError):
        first = [row for row in islice(rows, LEADING * 2) if not is_blank(row[1])][: LEADING + 1]
        widest = max(first, key=lambda row: len(row[1]), default=None)
        if widest is not None and len(widest[1]) > 1:
            return HeaderLocation(None, widest[0], first.index(widest), tuple(widest[1]))
    return located


def _verdict(located: HeaderLocation, source: Source) -> Header | TiedKinds | None:
    """Returns the header as reading recognises it, or the possible kinds if no fingerprint matches."""
    if located.header is not None or located.refused is not None:
        return located.header
    return possible_kinds(located.cells, source)


def _table(
    preview: FilePreview,
    located: HeaderLocation,
    rows: Iterator[TextRow],
    source: Source,
    answer: ReadingAnswer,
    most: int,
) -> FilePreview:
    taken, is_whole, code = _taken(rows, most, lambda row: sum(map(len, row[1])))
    names = name_columns(located.cells)
    if answer.headerless:
        names = tuple(f"Column {number}" for number in range(1, located.width + 1))
    refused = located.refused.code if located.refused else None
    return replace(
        preview,
        names=names,
        rows=tuple((line, cells) for line, cells, _ in taken),
        is_whole=is_whole,
        header=located.header if answer.headerless else _verdict(located, source),
        code=refused or code,
    )


def _taken(rows: Iterable[T], most: int, signs: Callable[[T], int]) -> tuple[list[T], bool, str | None]:
    """Returns the first rows, whether these are all rows, and the code of a problem met on the way."""
    taken: list[T] = []
    length = 0
    try:
        for row in rows:
            if len(taken) >= most or length > MOST_SIGNS:
                return taken, False, None
            taken.append(row)
            length += signs(row)
    except UnknownLists:
        raise
    except Refused as refused:
        return taken, False, refused.code
    except UnicodeDecodeError:
        return taken, False, None  # the guess from the first MiB was wrong
    return taken, True, None
