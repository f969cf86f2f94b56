"""A file as a table: a recognised header, and rows below it that can be read repeatedly."""

import csv
import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain, islice
from typing import BinaryIO

from app.mapping.cell_marks import writer_for
from app.mapping.columns import normalise_header
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT
from app.mapping.storable import storable
from app.reading.content_sniffing import is_blank, looks_like_data
from app.reading.delimited import DELIMITERS, Delimited, delimiters_to_try
from app.reading.encoding import FileProfile
from app.reading.json_lists import NO_LIST, SeveralLists, UnknownLists
from app.reading.json_mending import Damage
from app.reading.json_rows import JsonRows
from app.reading.limits import Limits
from app.reading.naming import FileName, is_list_name
from app.reading.recognise import (
    Header,
    TiedKinds,
    all_headers,
    known_headers,
    match_columns,
    possible_kinds,
    recognise_by_header,
    recognise_by_name,
    recognise_relations,
)
from app.reading.refusal import Refused
from app.reading.related_values import json_text, own_id_and_codes
from app.reading.relation_headers import (
    SAMPLED_ROWS,
    RelationHeaders,
    base_of,
    beginning,
    id_header,
    relation_names,
    repeated_fields,
    with_addresses,
)
from app.reading.text_rows import TextRow, count_rows
from app.reading.unclosed_quotes import UnclosedQuotes, find_unclosed_quote, inner_lines
from app.reading.workbook import Workbook

LEADING = 5
MOST_LISTS = 32  # unknown list names that are accepted in a JSON file
LONGEST = 4096  # characters of a header; rows that are mistaken for headers may be very long


@dataclass(frozen=True, slots=True)
class ReadingAnswer:
    """What the clinic answered about a file that was not recognised, or wrongly. `pairs` are fields by column name."""

    kind: str | None = None
    pairs: Mapping[str, str] = field(default_factory=dict)
    headerless: bool = False
    encoding: str | None = None

    @property
    def mark(self) -> str:
        """A digest that changes with the answer; empty without an answer. The answer cannot be read from it."""
        if self == ReadingAnswer():
            return ""
        more = [self.encoding] if self.encoding else []
        text = json.dumps([self.kind, sorted(self.pairs.items()), self.headerless, *more], ensure_ascii=False)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Grid:
    """`header` is None for a file of an unknown kind. `codes` are warnings about the file's form, `width` counts its
    columns.

    `count` is the row count if known before reading: for documents, which need no survey. `since_1904` marks a workbook
    that counts days from 1904. `lists` are the accepted unknown list names of a JSON file.
    """

    header: Header | TiedKinds | None
    rows: Callable[[], Iterator[TextRow]]
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
class HeaderLocation:
    """Where the header is: its line, the number of text lines above it, and its cells."""

    header: Header | TiedKinds | None
    line: int = 0
    skipped: int = 0
    cells: tuple[str, ...] = ()
    refused: Refused | None = None

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.cells)

    @property
    def score(self) -> tuple[int, int, int]:
        """Sort key for choosing among delimiters: recognised headers first, then known columns, then width."""
        header = self.header
        if isinstance(header, Header):
            return 3, len(header.headers) - len(header.unknown), self.width
        return (2 if header else 1 if self.refused and self.refused.kind else 0), 0, self.width


def delimited_grid(
    profile: FileProfile,
    open_: Callable[[], BinaryIO],
    name: FileName,
    source: Source,
    answer: ReadingAnswer,
    limits: Limits,
) -> Grid:
    """Reads a delimited file as a table. Raises Refused for an unclosed quotation mark and for an unusable header."""
    table, located, is_said = best_split(profile, open_, name, source, answer, limits)
    require_closed_quotes(profile, open_, table.delimiter, located, name, source)
    codes = header_codes(located)
    if table.delimiter != "," and not is_said:
        codes = (*codes, "delimiter_guessed")
    header = decide_header_counting_rows(table.rows, located, name, source, answer)
    marks = UnclosedQuotes(header, table.delimiter) if isinstance(header, Header) else None
    return Grid(
        header,
        lambda: rows_below(table.rows(marks, header=located.line), located.line),
        codes,
        table.delimiter,
        width=located.width,
        open_marks=lambda: table.open_marks,
    )


def best_split(
    profile: FileProfile,
    open_: Callable[[], BinaryIO],
    name: FileName,
    source: Source,
    answer: ReadingAnswer,
    limits: Limits,
) -> tuple[Delimited, HeaderLocation, bool]:
    """Returns the table by the delimiter that recognises most of a header, the header, and whether the file names its
    delimiter."""
    with profile.text(open_) as text:
        delimiters, is_declared = delimiters_to_try(text)
    best: tuple[Delimited, HeaderLocation] | None = None
    for delimiter in delimiters:
        table = Delimited(lambda: profile.text(open_), delimiter, limits)
        located = locate_header(table.rows(), name, source, answer, limits)
        if best is None or located.score > best[1].score:
            best = table, located
    assert best is not None  # noqa: S101 - there is always one delimiter
    return *best, is_declared


def require_closed_quotes(
    profile: FileProfile,
    open_: Callable[[], BinaryIO],
    delimiter: str,
    located: HeaderLocation,
    name: FileName,
    source: Source,
) -> None:
    """Raises Refused `csv_unclosed_quote` if an unclosed quotation mark swallows the header, or rows with the
    header."""
    if located.header is not None:
        for each in chain.from_iterable(map(inner_lines, located.cells)):
            if delimiter in each and looks_like_data(next(csv.reader([each], delimiter=delimiter))):
                raise Refused("csv_unclosed_quote", line=located.line)
        return
    with profile.text(open_) as text:
        lines = [text.readline(LONGEST) for _ in range(LEADING + 1)]
    for at, sign in ((at, sign) for at in range(len(lines)) for sign in DELIMITERS if sign in lines[at]):
        above, line = "".join(lines[:at]), lines[at]
        opened, before = find_unclosed_quote(above + line, sign), find_unclosed_quote(above, sign)
        if opened >= len(above):
            line = line[: opened - len(above)] + line[opened - len(above) + 1 :]
        elif before < 0:
            continue
        if _is_header(next(csv.reader([line], delimiter=sign)), name, source, may_lack_key=opened >= 0):
            mark, ends = max(opened, before), accumulate(map(len, lines))
            raise Refused("csv_unclosed_quote", line=next(n for n, end in enumerate(ends, start=1) if end > mark))


def _is_header(cells: list[str], name: FileName, source: Source, *, may_lack_key: bool) -> bool:
    try:
        return recognise_by_header(cells, name, source) is not None
    except Refused:
        return may_lack_key


def workbook_grid(
    open_: Callable[[], BinaryIO],
    sheet: str | None,
    name: FileName,
    source: Source,
    answer: ReadingAnswer,
    limits: Limits,
) -> Grid:
    """Reads a sheet of a workbook, the first if `sheet` is None. A sheet without cells is an empty table."""
    book = Workbook(open_, limits)
    chosen = sheet if sheet is not None else next(iter(book.sheets), "")
    located = locate_header(book.rows(chosen), name, source, answer, limits)
    if not located.width:
        book.must_be_read(chosen)
        kind = source.kind(answer.kind) if answer.kind and answer.kind != LEAVE_OUT else name.kind(source)
        return Grid(match_columns(kind, ()) if kind else None, lambda: iter(()), ("file_empty_table",))
    header = decide_header_counting_rows(lambda: book.rows(chosen), located, name, source, answer)
    return Grid(
        header,
        lambda: rows_below(_shown_rows(book, chosen, header), located.line),
        header_codes(located),
        width=located.width,
        since_1904=book.since_1904,
    )


def _shown_rows(book: Workbook, sheet: str, header: Header | TiedKinds | None) -> Iterator[TextRow]:
    """Yields the rows of a sheet with struck-out words and formatted numbers as each column shows them."""
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
    profile: FileProfile,
    open_: Callable[[], BinaryIO],
    source: Source,
    limits: Limits,
    only: str | None = None,
    further: Sequence[str] = (),
) -> JsonRows:
    """Returns the objects of a JSON file of any form; of a file with several lists, those of the list `only`.

    `further` are accepted list names that no kind has.
    """
    lists = _lists(source, further)
    unfolds = tuple(kind.recognition.unfold for kind in source.kinds if kind.recognition.unfold)
    headers, relations = all_headers(source), relation_names(source)

    def are_rows(members: Collection[str]) -> bool:
        with suppress(Refused):
            return recognise_by_header(tuple(members), FileName("", "", "", ()), source) is not None
        return True  # all but the key is present

    return JsonRows(lambda: profile.text(open_), lists, headers, limits, unfolds, relations, only, are_rows)


def _lists(source: Source, further: Sequence[str]) -> dict[str, str]:
    """Returns the kind of each list name. A name that no kind has maps to itself."""
    lists = {key: kind.name for kind in reversed(source.kinds) for key in (kind.name, *kind.recognition.json_keys)}
    normalise = source.layout.normalise_list
    alike = {normalise(key): kind for key, kind in lists.items()}
    return lists | {name: alike.get(normalise(name), name) for name in further}


def json_grid(
    profile: FileProfile,
    open_: Callable[[], BinaryIO],
    list_: str | None,
    name: FileName,
    source: Source,
    answer: ReadingAnswer,
    limits: Limits,
    further: tuple[str, ...] = (),
) -> Grid:
    """Reads a JSON file as a table. Needs a whole pass: only the last object may have the last column.

    `list_` is the list to read; `further` are accepted list names that no kind has. Raises SeveralLists if the file has
    lists of several kinds and `list_` is None, Refused `bad_json` for damage.
    """
    table = json_rows(profile, open_, source, limits, list_, further)
    walk = _ColumnWalk(table, source, limits)
    try:
        walk.walk()
    except UnknownLists as unknown:
        if len(names := (*further, *unknown.names)) > MOST_LISTS or not all(map(is_list_name, names)):
            raise Refused("bad_json") from None
        return json_grid(profile, open_, list_, name, source, answer, limits, names)
    except SeveralLists:
        names = json_rows(profile, open_, source, limits, NO_LIST, further).list_names()
        raise SeveralLists(names) if all(map(is_list_name, names)) else Refused("bad_json") from None
    except (Refused, UnicodeDecodeError) as error:
        refused = error if isinstance(error, Refused) else Refused("bad_json")
        is_row = (
            walk.rows or refused.code != "bad_json" or _holds_object(table)
        )  # otherwise the file is not JSON at all
        refused.rows = refused.rows or (walk.rows + 1 if is_row else 0)
        refused.kind = _kind_name(table, tuple(walk.columns), name, source)
        if refused.code != "bad_json" or list_ is not None or not table.can_skip_damage():
            raise refused from None
        walk = _ColumnWalk(table, source, limits)
        walk.walk()
    columns, row_count, related = walk.columns, walk.rows, walk.related
    # An empty relation is null under its own name; a filled relation is an id under `..._id`.
    own = tuple(c for c, is_filled in columns.items() if is_filled or f"{c}_id" not in columns)

    def located_by(headers: Sequence[str]) -> HeaderLocation:
        return locate_header([(1, list(headers), ())] if headers else [], name, source, answer, limits)

    targets = related.targets()
    located = located_by(related.headers(own, targets))
    if targets != (known_targets := related.targets(located.header)):
        targets = known_targets
        located = located_by(related.headers(own, targets))
    headers = related.headers(own, targets)
    relations = frozenset((*table.relations, *(target.header for target in targets.values())))

    def rows() -> Iterator[TextRow]:
        for number, cells, codes in table.items():
            if targets:
                codes += move_ids(cells, targets)
            yield number, [cells.get(header, "") for header in headers], codes

    header = located.header
    list_kind = _lists(source, (table.list_name,)).get(table.list_name) if table.list_name else None
    named = next((k for k in source.kinds if k.name in (list_kind, table.kind_around)), None)
    if header is None and named is not None and not located.refused:
        header = match_columns(named, list(map(storable, headers)), answer.pairs)
    if header is None and row_count:
        try:
            header = decide_header(located, name, source, answer, may_lack_header=False)
        except Refused as refused:
            refused.rows = row_count
            raise
    if header is None and not row_count and (placed := name.kind_by_path(source)):
        header = match_columns(placed, headers, answer.pairs)
    return Grid(
        replace(header, relations=relations) if isinstance(header, Header) else header,
        rows,
        announced=lambda: table.announced,
        is_api=True,
        width=len(headers),
        in_lines=table.in_lines,
        damages=lambda: table.damages,
        lists=further,
    )


class _ColumnWalk:
    """A whole pass over JSON: its columns, whether each column has a filled cell, and the row count."""

    def __init__(self, table: JsonRows, source: Source, limits: Limits) -> None:
        self._table = table
        self.related = BareRelations(source)
        self._most = limits.columns
        self.columns: dict[str, bool] = {}
        self.rows = 0

    def walk(self) -> None:
        """Raises Refused for damage, and `csv_misaligned` for more columns than a table may have."""
        columns = self.columns
        for _, cells, _ in self._table.items():
            self.rows += 1
            for column, cell in cells.items():
                columns[column] = columns.get(column, False) or bool(cell)
                if cell:
                    self.related.add_cell(column, cell)
            if len(columns) > self._most:
                raise Refused("csv_misaligned", rows=self.rows)


def _holds_object(table: JsonRows) -> bool:
    try:
        return table.holds_object()
    except UnicodeDecodeError:
        return False


def _kind_name(table: JsonRows, columns: tuple[str, ...], name: FileName, source: Source) -> str | None:
    try:
        header = recognise_by_header(columns, name, source)
    except Refused:
        header = None
    if isinstance(header, Header):
        return header.kind.name
    named = name.kind(source)
    return named.name if named else None


def locate_header(
    rows: Iterable[TextRow], name: FileName, source: Source, answer: ReadingAnswer, limits: Limits
) -> HeaderLocation:
    """Searches the first lines for a known header. Without one, the first line is returned, with a refusal if it is
    data."""
    sample: list[TextRow] = []
    further: list[list[str]] = []
    try:
        for row in islice(rows, SAMPLED_ROWS):
            if len(sample) > LEADING:
                further.append([beginning(cell, LONGEST) for cell in row[1]])
            elif not is_blank(row[1]):
                sample.append((row[0], [storable(cell[:LONGEST]) for cell in row[1]], row[2]))
            del row  # the next row may be as large
    except Refused:
        pass  # reading the rows meets the damage again
    if not sample:
        return HeaderLocation(None)
    readings: list[RelationHeaders] = []
    for at, (line, cells, codes) in enumerate(sample):
        under = (*(row[1] for row in sample[at + 1 :]), *further)
        readings.append(with_addresses(cells, under, source))
        sample[at] = line, list(readings[at].headers), codes
    if len(sample[0][1]) > limits.columns:
        return HeaderLocation(None, sample[0][0], 0, tuple(sample[0][1]), Refused("csv_misaligned"))
    if answer.headerless and not answer.kind:
        return HeaderLocation(None, 0, 0, tuple(sample[0][1]))
    if answer.kind and answer.headerless:
        numbered = tuple(f"Column {n}" for n in range(1, len(sample[0][1]) + 1))
        return HeaderLocation(
            match_columns(source.kind(answer.kind), numbered, answer.pairs), 0, 0, tuple(sample[0][1])
        )
    if answer.kind and answer.kind != LEAVE_OUT:
        headers = [match_columns(source.kind(answer.kind), cells, answer.pairs) for _, cells, _ in sample]
        at = max(range(len(headers)), key=lambda n: (len(headers[n].headers) - len(headers[n].unknown), -n))
        return HeaderLocation(headers[at], sample[at][0], at, tuple(sample[at][1]))
    keyless: HeaderLocation | None = None
    for skipped, (line, cells, _) in enumerate(sample):
        try:
            header = recognise_relations(readings[skipped], name, source, answer.pairs)
        except Refused as error:
            keyless = keyless or HeaderLocation(None, line, skipped, tuple(cells), error)
            continue
        if header is not None:
            shown = header.headers if isinstance(header, Header) else tuple(cells)
            return HeaderLocation(header, line, skipped, shown)
    if keyless is not None:
        return keyless
    line, cells, _ = sample[0]
    refused: Refused | None = None
    if looks_like_data(cells, at_least=1 if name.kind(source) else 2):
        refused = Refused("header_missing", line=line)
    return HeaderLocation(None, line, 0, tuple(cells), refused)


def decide_header(
    located: HeaderLocation, name: FileName, source: Source, answer: ReadingAnswer, *, may_lack_header: bool = True
) -> Header | TiedKinds | None:
    """Returns the header once the best delimiter is known; None for an unknown kind. Raises the location's refusal."""
    if located.header is not None:
        return located.header
    if located.refused is not None and (may_lack_header or located.refused.code != "header_missing"):
        kind = name.kind(source)
        located.refused.kind = located.refused.kind or (kind.name if kind else None)
        raise located.refused
    if not located.cells:
        return None
    return recognise_by_name(located.cells, name, source, answer.pairs) or possible_kinds(located.cells, source)


def decide_header_counting_rows(
    rows: Callable[[], Iterator[TextRow]],
    located: HeaderLocation,
    name: FileName,
    source: Source,
    answer: ReadingAnswer,
) -> Header | TiedKinds | None:
    """Returns the header like `decide_header`. A refusal gets the row count, the first line included if it is data."""
    try:
        return decide_header(located, name, source, answer)
    except Refused as refused:
        is_data = refused.code == "header_missing"
        refused.rows = count_rows(rows_below(rows(), located.line - is_data))
        raise


def header_codes(located: HeaderLocation) -> tuple[str, ...]:
    """Returns the warnings about a header's location."""
    return ("leading_lines_skipped",) if located.skipped else ()


def rows_below(rows: Iterator[TextRow], line: int) -> Iterator[TextRow]:
    """Yields the rows below a line, without blank rows."""
    for row in rows:
        if row[0] > line and not is_blank(row[1]):
            yield row
        del row  # the next row may be as large


# Relations that a script wrote without an object: `"patient": 1001` means `"patient_id": 1001`.
#
# Cells of ids alone go to the relation's id column. Other words go there too if the kind has no field for them: the
# id then leads nowhere, and the row is reported. A field for a name also keeps ids, since they may be names.

LONGEST_RELATION = 64  # digits of an id
_APART = re.compile(r"[\s,;|]+")
_NAME = ".name"  # suffix of a relation's name: the name of the related thing


@dataclass(frozen=True, slots=True)
class RelationTarget:
    """Where the cells under a relation's name go: `header` is the header of the relation's id."""

    header: str
    takes_ids: bool = True
    takes_words: bool = False
    is_name: bool = False  # the kind has a field for the related thing's name


class BareRelations:
    """The members of a JSON file's objects that are named like a relation, and which of them hold ids."""

    def __init__(self, source: Source) -> None:
        self._relations = relation_names(source)
        self._headers: dict[str, str | None] = {}
        self._ids: set[str] = set()
        self._others: set[str] = set()

    def add_cell(self, name: str, cell: str) -> None:
        """Takes a filled cell."""
        if name not in self._headers:
            header = id_header(name.removesuffix(_NAME), self._relations)
            self._headers[name] = header if header != name.removesuffix(_NAME) else None
        if self._headers[name] is not None:
            (self._ids if ids_in(cell) and not name.endswith(_NAME) else self._others).add(name)

    def targets(self, kind_of: Header | TiedKinds | None = None) -> dict[str, RelationTarget]:
        """Returns where the cells of each relation's name go, as `patient` to `patient_id`.

        A field of the kind with that name keeps its cells. In a field that only repeats the relation, digits are the
        id.
        """
        kind = kind_of.kind if isinstance(kind_of, Header) else None
        own = known_headers(kind) if kind else {}
        links = {placed.name for placed in kind.columns if placed.column.links_to} if kind else set()
        named = (
            {p.name for p in kind.columns if p.column.name_for and base_of(p.column.name_for) == p.name} if kind else ()
        )
        again = repeated_fields(kind) if kind else frozenset()
        normalise = self._relations.layout.normalise
        targets_found: dict[str, RelationTarget] = {}
        for name in sorted(self._ids | self._others):
            header = self._headers[name] or ""
            field, link = own.get(normalise(name)), own.get(normalise(header))
            says_again = field is not None and normalise_header(field) in again
            if field in named and name in self._ids:
                targets_found[name] = RelationTarget(header, is_name=True)
            elif field is None or says_again:
                words = link in links and not str(link).endswith("_ids") and not says_again
                if name in self._ids or words:
                    targets_found[name] = RelationTarget(header, name in self._ids, words)
        return targets_found

    def headers(self, own: Sequence[str], targets: Mapping[str, RelationTarget]) -> tuple[str, ...]:
        """Returns the headers with those of the ids, and without names that only have ids."""
        stay = (name for name in own if name not in targets or name in self._others or targets[name].is_name)
        return tuple(dict.fromkeys((*stay, *(each.header for each in targets.values()))))


def move_ids(cells: dict[str, str], targets: Mapping[str, RelationTarget]) -> tuple[str, ...]:
    """Moves each id to the header of its relation's id. Returns the problem codes of ids that this header has."""
    codes: tuple[str, ...] = ()
    for name, to in targets.items():
        if not (cell := cells.get(name, "")):
            continue
        there = cells.get(to.header, "")
        ids = ids_in(cell) if to.takes_ids else ""
        there, own_codes = own_id_and_codes(there, ids)
        if to.is_name:
            if ids and not there and "," not in ids:
                cells[to.header] = ids
        elif ids:
            codes += own_codes
            cells[to.header] = there or ids
            del cells[name]
        elif to.takes_words and not there:
            cells[to.header] = json_text({"name": cell}) if name.endswith(_NAME) else cell
    return codes


def ids_in(cell: str) -> str:
    """Returns the digits of ids, joined by commas; empty for a cell with anything else."""
    if cell.isdigit() and cell.isascii():
        return cell if len(cell) <= LONGEST_RELATION else ""
    pieces = _APART.split(cell.strip())
    return ",".join(pieces) if all(p.isdigit() and p.isascii() and len(p) <= LONGEST_RELATION for p in pieces) else ""
