"""A file as one table: a header that is understood, and rows below it that can be read again and again."""

import csv
import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate, chain, islice
from typing import BinaryIO

from app.mapping.cell_marks import writer_for
from app.mapping.columns import normalise_header
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT
from app.mapping.storable import storable
from app.reading.content_sniffing import is_blank, looks_like_data
from app.reading.delimited import DELIMITERS, Delimited, declared
from app.reading.encoding import Bytes
from app.reading.json_lists import NO_LIST, FurtherLists, SeveralLists, list_key
from app.reading.json_mending import Damage
from app.reading.json_rows import JsonRows
from app.reading.limits import Limits
from app.reading.naming import Name, is_list_name
from app.reading.open_mark import OpenMarks, inner_lines, open_mark
from app.reading.recognise import Header, Tied, any_header, by_header, by_likeness, by_name, known_headers, understood
from app.reading.refusal import Refused
from app.reading.related_values import json_text
from app.reading.relations import ROWS, base_of, id_header, relation_names, said_twice, with_addresses
from app.reading.rows import Raw, rows_in
from app.reading.workbook import Workbook

LEADING = 5
MOST_LISTS = 32  # of a JSON file under names that no kind has
LONGEST = 4096  # signs of a header; cells of rows that were taken for one may be as long as a book


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the clinic said about one file, where it was not recognised by itself, or wrongly."""

    kind: str | None = None
    pairs: Mapping[str, str] = field(default_factory=dict)
    headerless: bool = False
    encoding: str | None = None

    @property
    def mark(self) -> str:
        """A short text that changes with the answer; empty while there is none. It says nothing of what was said."""
        if self == Wanted():
            return ""
        more = [self.encoding] if self.encoding else []
        answer = json.dumps([self.kind, sorted(self.pairs.items()), self.headerless, *more], ensure_ascii=False)
        return hashlib.blake2b(answer.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Grid:
    """`header` is None for a file of no known kind. `codes` are warnings about its shape, `width` its columns.

    `count` is the number of rows where that is known before they are read: of documents, which need no survey.
    `since_1904` says that a workbook counts its days from 1904. `lists` are names under which pages of JSON have their
    rows that no kind has.
    """

    header: Header | Tied | None
    rows: Callable[[], Iterator[Raw]]
    codes: tuple[str, ...] = ()
    delimiter: str | None = None
    announced: Callable[[], int | None] = lambda: None
    is_api: bool = False
    width: int = 0
    count: int | None = None
    since_1904: bool = False
    in_lines: bool = False
    damages: Callable[[], Sequence[Damage]] = tuple
    open_marks: Callable[[], list[tuple[int, int]]] = list
    lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Located:
    """Where the header was found: its line, how many lines of text stand above it."""

    header: Header | Tied | None
    line: int = 0
    skipped: int = 0
    cells: tuple[str, ...] = ()
    refused: Refused | None = None

    @property
    def width(self) -> int:
        return len(self.cells)

    @property
    def score(self) -> tuple[int, int, int]:
        header = self.header
        if isinstance(header, Header):
            return 3, len(header.headers) - len(header.unknown), self.width
        return (2 if header else 1 if self.refused and self.refused.kind else 0), 0, self.width


def delimited_grid(
    found: Bytes, open_: Callable[[], BinaryIO], name: Name, source: Source, wanted: Wanted, limits: Limits
) -> Grid:
    table, located, is_said = best_split(found, open_, name, source, wanted, limits)
    must_not_be_open(found, open_, table.delimiter, located, name, source)
    codes = shape_codes(located)
    if table.delimiter != "," and not is_said:
        codes = (*codes, "delimiter_guessed")
    header = settled_with_rows(table.rows, located, name, source, wanted)
    marks = OpenMarks(header, table.delimiter) if isinstance(header, Header) else None
    return Grid(
        header,
        lambda: below(table.rows(marks, header=located.line), located.line),
        codes,
        table.delimiter,
        width=located.width,
        open_marks=lambda: table.open_marks,
    )


def best_split(
    found: Bytes, open_: Callable[[], BinaryIO], name: Name, source: Source, wanted: Wanted, limits: Limits
) -> tuple[Delimited, Located, bool]:
    """The table by the delimiter that finds most of a header, that header, and whether the file names its delimiter."""
    with found.text(open_) as text:
        said = declared(text.readline(64))
    best: tuple[Delimited, Located] | None = None
    for delimiter in (said,) if said else DELIMITERS:
        table = Delimited(lambda: found.text(open_), delimiter, limits)
        located = locate(table.rows(), name, source, wanted, limits)
        if best is None or located.score > best[1].score:
            best = table, located
    assert best is not None  # noqa: S101 - there is always one delimiter
    return *best, bool(said)


def must_not_be_open(
    found: Bytes, open_: Callable[[], BinaryIO], delimiter: str, located: Located, name: Name, source: Source
) -> None:
    """Raises `Refused` where a quotation mark that is never closed swallows the header, or rows with the header."""
    if located.header is not None:
        for each in chain.from_iterable(map(inner_lines, located.cells)):
            if delimiter in each and looks_like_data(next(csv.reader([each], delimiter=delimiter))):
                raise Refused("csv_unclosed_quote", line=located.line)
        return
    with found.text(open_) as text:
        lines = [text.readline(LONGEST) for _ in range(LEADING + 1)]
    for at, sign in ((at, sign) for at in range(len(lines)) for sign in DELIMITERS if sign in lines[at]):
        above, line = "".join(lines[:at]), lines[at]
        opened, before = open_mark(above + line, sign), open_mark(above, sign)
        if opened >= len(above):
            line = line[: opened - len(above)] + line[opened - len(above) + 1 :]
        elif before < 0:
            continue
        if _is_header(next(csv.reader([line], delimiter=sign)), name, source, may_lack_key=opened >= 0):
            mark, ends = max(opened, before), accumulate(map(len, lines))
            raise Refused("csv_unclosed_quote", line=next(n for n, end in enumerate(ends, start=1) if end > mark))


def _is_header(cells: list[str], name: Name, source: Source, *, may_lack_key: bool) -> bool:
    try:
        return by_header(cells, name, source) is not None
    except Refused:
        return may_lack_key


def workbook_grid(
    open_: Callable[[], BinaryIO], sheet: str | None, name: Name, source: Source, wanted: Wanted, limits: Limits
) -> Grid:
    """One sheet of a workbook; the first where `sheet` is None. A sheet without cells is an empty table."""
    book = Workbook(open_, limits)
    chosen = sheet if sheet is not None else next(iter(book.sheets), "")
    located = locate(book.rows(chosen), name, source, wanted, limits)
    if not located.width:
        book.must_be_read(chosen)
        kind = source.kind(wanted.kind) if wanted.kind and wanted.kind != LEAVE_OUT else name.kind(source)
        return Grid(understood(kind, ()) if kind else None, lambda: iter(()), ("file_empty_table",))
    header = settled_with_rows(lambda: book.rows(chosen), located, name, source, wanted)
    return Grid(
        header,
        lambda: below(_as_shown(book, chosen, header), located.line),
        shape_codes(located),
        width=located.width,
        since_1904=book.since_1904,
    )


def _as_shown(book: Workbook, sheet: str, header: Header | Tied | None) -> Iterator[Raw]:
    """The rows of a sheet, struck-out words and formatted numbers as each column shows them."""
    if not book.has_marks or not isinstance(header, Header):
        yield from book.rows(sheet)
        return
    columns = {placed.name: placed.column for placed in header.kind.columns}
    shown = [writer_for(columns.get(name.partition(":")[0])) for name in header.columns]
    unknown = writer_for(None)
    for line, cells, codes in book.marked_rows(sheet):
        further = map(unknown, cells[len(shown) :])
        yield line, [*(show(cell) for show, cell in zip(shown, cells, strict=False)), *further], codes
        del cells  # the next row may be as large


def json_rows(
    found: Bytes,
    open_: Callable[[], BinaryIO],
    source: Source,
    limits: Limits,
    only: str | None = None,
    further: Sequence[str] = (),
) -> JsonRows:
    """The objects of a JSON file, whatever shape it has; of one with several lists, those of the list `only`.

    `further` are names of lists of rows that no kind has.
    """
    lists = _lists(source, further)
    unfolds = tuple(kind.recognition.unfold for kind in source.kinds if kind.recognition.unfold)
    headers, relations = any_header(source), relation_names(source)

    def are_rows(members: Collection[str]) -> bool:
        with suppress(Refused):
            return by_header(tuple(members), Name("", "", "", ()), source) is not None
        return True  # all but the key is there

    return JsonRows(lambda: found.text(open_), lists, headers, limits, unfolds, relations, only, are_rows)


def _lists(source: Source, further: Sequence[str]) -> dict[str, str]:
    """The kind of each name that lists of rows have; a name that no kind has stands for itself."""
    lists = {key: kind.name for kind in reversed(source.kinds) for key in (kind.name, *kind.recognition.json_keys)}
    alike = {list_key(key): kind for key, kind in lists.items()}
    return lists | {name: alike.get(list_key(name), name) for name in further}


def json_grid(
    found: Bytes,
    open_: Callable[[], BinaryIO],
    list_: str | None,
    name: Name,
    source: Source,
    wanted: Wanted,
    limits: Limits,
    further: tuple[str, ...] = (),
) -> Grid:
    """Needs a whole pass, because only the last object may show the last column. `list_` is the list that is read.
    `further` are lists that were met under names that no kind has.

    Raises SeveralLists where none is named and there are several.
    """
    table = json_rows(found, open_, source, limits, list_, further)
    walk = _Walk(table, source, limits)
    try:
        walk.walk()
    except FurtherLists as met:
        if len(names := (*further, *met.names)) > MOST_LISTS or not all(map(is_list_name, names)):
            raise Refused("bad_json") from None
        return json_grid(found, open_, list_, name, source, wanted, limits, names)
    except SeveralLists:
        names = json_rows(found, open_, source, limits, NO_LIST, further).list_names()
        raise SeveralLists(names) if all(map(is_list_name, names)) else Refused("bad_json") from None
    except (Refused, UnicodeDecodeError) as error:
        refused = error if isinstance(error, Refused) else Refused("bad_json")
        is_row = walk.rows or refused.code != "bad_json" or _holds_object(table)  # else it is a text of another kind
        refused.rows = refused.rows or (walk.rows + 1 if is_row else 0)
        refused.kind = _kind_name(table, tuple(walk.columns), name, source)
        if refused.code != "bad_json" or list_ is not None or not table.goes_around_damage():
            raise refused from None
        walk = _Walk(table, source, limits)
        walk.walk()
    columns, seen, related = walk.columns, walk.rows, walk.related
    # A relation that leads nowhere is null under its own name, and an id where it leads somewhere.
    own = tuple(c for c, is_filled in columns.items() if is_filled or f"{c}_id" not in columns)

    def located_by(headers: Sequence[str]) -> Located:
        return locate([(1, list(headers), ())] if headers else [], name, source, wanted, limits)

    meant = related.meant()
    located = located_by(related.headers(own, meant))
    if meant != (known := related.meant(located.header)):
        meant = known
        located = located_by(related.headers(own, meant))
    headers = related.headers(own, meant)

    def rows() -> Iterator[Raw]:
        for number, cells, codes in table.items():
            if meant and moved(cells, meant):
                codes = (*codes, "link_conflict")
            yield number, [cells.get(header, "") for header in headers], codes

    header = located.header
    list_kind = _lists(source, (table.list_name,)).get(table.list_name) if table.list_name else None
    named = next((k for k in source.kinds if k.name == list_kind), None)
    if header is None and named is not None and not located.refused:
        header = understood(named, list(map(storable, headers)), wanted.pairs)
    if header is None and seen:
        try:
            header = settled(located, name, source, wanted, may_lack_header=False)
        except Refused as refused:
            refused.rows = seen
            raise
    if header is None and not seen and (placed := name.place(source)):
        header = understood(placed, headers, wanted.pairs)
    return Grid(
        header,
        rows,
        announced=lambda: table.announced,
        is_api=True,
        width=len(headers),
        in_lines=table.in_lines,
        damages=lambda: table.damages,
        lists=further,
    )


class _Walk:
    """A whole pass over JSON: its columns, with whether any row has something there, and how many rows it has."""

    def __init__(self, table: JsonRows, source: Source, limits: Limits) -> None:
        self._table = table
        self.related = BareRelations(source)
        self._most = limits.columns
        self.columns: dict[str, bool] = {}
        self.rows = 0

    def walk(self) -> None:
        """Raises `Refused` for damage, and for more columns than a table may have."""
        columns = self.columns
        for _, cells, _ in self._table.items():
            self.rows += 1
            for column, cell in cells.items():
                columns[column] = columns.get(column, False) or bool(cell)
                if cell:
                    self.related.hear(column, cell)
            if len(columns) > self._most:
                raise Refused("csv_misaligned", rows=self.rows)


def _holds_object(table: JsonRows) -> bool:
    try:
        return table.holds_object()
    except UnicodeDecodeError:
        return False


def _kind_name(table: JsonRows, columns: tuple[str, ...], name: Name, source: Source) -> str | None:
    try:
        header = by_header(columns, name, source)
    except Refused:
        header = None
    if isinstance(header, Header):
        return header.kind.name
    named = name.kind(source)
    return named.name if named else None


def locate(rows: Iterable[Raw], name: Name, source: Source, wanted: Wanted, limits: Limits) -> Located:
    """Looks for a known header in the first lines."""
    sample: list[Raw] = []
    further: list[list[str]] = []
    try:
        for row in islice(rows, ROWS):
            if len(sample) > LEADING:
                further.append([cell[:LONGEST] if cell.startswith("http") else cell[:1] for cell in row[1]])
            elif not is_blank(row[1]):
                sample.append((row[0], [storable(cell[:LONGEST]) for cell in row[1]], row[2]))
            del row  # the next one may be as large
    except Refused:
        pass  # damage below the header is met again when the rows are read
    if not sample:
        return Located(None)
    for at, (line, cells, codes) in enumerate(sample):
        under = (*(row[1] for row in sample[at + 1 :]), *further)
        sample[at] = line, list(with_addresses(cells, under, source)), codes
    if len(sample[0][1]) > limits.columns:
        return Located(None, sample[0][0], 0, tuple(sample[0][1]), Refused("csv_misaligned"))
    if wanted.headerless and not wanted.kind:
        return Located(None, 0, 0, tuple(sample[0][1]))
    if wanted.kind and wanted.headerless:
        numbered = tuple(f"Column {n}" for n in range(1, len(sample[0][1]) + 1))
        return Located(understood(source.kind(wanted.kind), numbered, wanted.pairs), 0, 0, tuple(sample[0][1]))
    if wanted.kind and wanted.kind != LEAVE_OUT:
        headers = [understood(source.kind(wanted.kind), cells, wanted.pairs) for _, cells, _ in sample]
        at = max(range(len(headers)), key=lambda n: (len(headers[n].headers) - len(headers[n].unknown), -n))
        return Located(headers[at], sample[at][0], at, tuple(sample[at][1]))
    keyless: Located | None = None
    for skipped, (line, cells, _) in enumerate(sample):
        try:
            header = by_header(cells, name, source, wanted.pairs)
        except Refused as error:
            keyless = keyless or Located(None, line, skipped, tuple(cells), error)
            continue
        if header is not None:
            return Located(header, line, skipped, tuple(cells))
    if keyless is not None:
        return keyless
    line, cells, _ = sample[0]
    refused: Refused | None = None
    if looks_like_data(cells, at_least=1 if name.kind(source) else 2):
        refused = Refused("header_missing", line=line)
    return Located(None, line, 0, tuple(cells), refused)


def settled(
    located: Located, name: Name, source: Source, wanted: Wanted, *, may_lack_header: bool = True
) -> Header | Tied | None:
    """The verdict on a header, once the best way to split it is known."""
    if located.header is not None:
        return located.header
    if located.refused is not None and (may_lack_header or located.refused.code != "header_missing"):
        kind = name.kind(source)
        located.refused.kind = located.refused.kind or (kind.name if kind else None)
        raise located.refused
    if not located.cells:
        return None
    return by_name(located.cells, name, source, wanted.pairs) or by_likeness(located.cells, source)


def settled_with_rows(
    rows: Callable[[], Iterator[Raw]], located: Located, name: Name, source: Source, wanted: Wanted
) -> Header | Tied | None:
    """The verdict on a header. A refusal says how many rows stand there, the first line too where that is data."""
    try:
        return settled(located, name, source, wanted)
    except Refused as refused:
        is_data = refused.code == "header_missing"
        refused.rows = rows_in(below(rows(), located.line - is_data))
        raise


def shape_codes(located: Located) -> tuple[str, ...]:
    return ("leading_lines_skipped",) if located.skipped else ()


def below(rows: Iterator[Raw], line: int) -> Iterator[Raw]:
    """The rows under the header, blank ones left out."""
    for row in rows:
        if row[0] > line and not is_blank(row[1]):
            yield row
        del row  # the next one may be as large


# Relations that a script wrote without an object: `"patient": 1001` says what `"patient_id": 1001` says.
#
# Ids alone are the relation's. Other words are kept as an id that leads nowhere where the kind has no field for
# them, so that the row is told of. A field for a name keeps ids as well, for it may be that they are a name.

LONGEST_RELATION = 64  # digits of an id
_APART = re.compile(r"[\s,;|]+")
_NAME = ".name"  # behind a relation's name: what the thing is called that it leads to


@dataclass(frozen=True, slots=True)
class Meant:
    """Where the cells under the name of a relation go: `header` is that of its id."""

    header: str
    takes_ids: bool = True
    takes_words: bool = False
    is_name: bool = False  # the name has a field of the kind, for what the related thing is called


class BareRelations:
    """The members of a JSON file's objects that are called as a relation is, and which of them hold ids."""

    def __init__(self, source: Source) -> None:
        self._relations = relation_names(source)
        self._headers: dict[str, str | None] = {}
        self._ids: set[str] = set()
        self._others: set[str] = set()

    def hear(self, name: str, cell: str) -> None:
        """Hears of a filled cell."""
        if name not in self._headers:
            header = id_header(name.removesuffix(_NAME), self._relations)
            self._headers[name] = header if header != name.removesuffix(_NAME) else None
        if self._headers[name] is not None:
            (self._ids if ids_in(cell) and not name.endswith(_NAME) else self._others).add(name)

    def meant(self, kind_of: Header | Tied | None = None) -> dict[str, Meant]:
        """The names under which relations stand, each with where its cells go: `patient` and `patient_id`.

        Where the kind is known and has a field of its own under such a name, that field keeps its cells. Of a field
        that only says again what the relation's id says, digits are the id.
        """
        kind = kind_of.kind if isinstance(kind_of, Header) else None
        own = known_headers(kind) if kind else {}
        links = {placed.name for placed in kind.columns if placed.column.links_to} if kind else set()
        named = (
            {p.name for p in kind.columns if p.column.name_for and base_of(p.column.name_for) == p.name} if kind else ()
        )
        again = said_twice(kind) if kind else frozenset()
        found: dict[str, Meant] = {}
        for name in sorted(self._ids | self._others):
            header = self._headers[name] or ""
            field, link = own.get(normalise_header(name)), own.get(normalise_header(header))
            says_again = field is not None and normalise_header(field) in again
            if field in named and name in self._ids:
                found[name] = Meant(header, is_name=True)
            elif field is None or says_again:
                words = link in links and not str(link).endswith("_ids") and not says_again
                if name in self._ids or words:
                    found[name] = Meant(header, name in self._ids, words)
        return found

    def headers(self, own: Sequence[str], meant: Mapping[str, Meant]) -> tuple[str, ...]:
        """The headers with those of the ids, and without the names under which only ids stand."""
        stay = (name for name in own if name not in meant or name in self._others or meant[name].is_name)
        return tuple(dict.fromkeys((*stay, *(each.header for each in meant.values()))))


def moved(cells: dict[str, str], meant: Mapping[str, Meant]) -> bool:
    """Puts each id alone under the header of its relation's id; True where another id stands there."""
    differ = False
    for name, to in meant.items():
        if not (cell := cells.get(name, "")):
            continue
        there = cells.get(to.header, "")
        ids = ids_in(cell) if to.takes_ids else ""
        if to.is_name:
            if ids and not there and "," not in ids:
                cells[to.header] = ids
        elif ids:
            differ = differ or there not in ("", ids)
            cells[to.header] = there or ids
            del cells[name]
        elif to.takes_words and not there:
            cells[to.header] = json_text({"name": cell}) if name.endswith(_NAME) else cell
    return differ


def ids_in(cell: str) -> str:
    """The digits of one id, or of several with commas between them; empty for a cell that says anything else."""
    if cell.isdigit() and cell.isascii():
        return cell if len(cell) <= LONGEST_RELATION else ""
    pieces = _APART.split(cell.strip())
    return ",".join(pieces) if all(p.isdigit() and p.isascii() and len(p) <= LONGEST_RELATION for p in pieces) else ""
