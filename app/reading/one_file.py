"""One file, from its bytes to its parts: looked through, recognised, proven, cut."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from app.mapping.columns import normalise_header
from app.mapping.context import Context, DateOrder, Serials
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT
from app.mapping.storable import REMOVED
from app.problems import Level, Problem
from app.reading.cut import NO_SINK, Cutter, Sink, Store
from app.reading.encoding import Bytes, look_through, must_be_text
from app.reading.entries import Entry
from app.reading.grid import Grid, Wanted, delimited_grid, json_grid, workbook_grid
from app.reading.json_lists import SeveralLists
from app.reading.naming import DOCUMENTS, JSONS, NO_TABLES, TABLES, Name, is_shortcut, is_unfinished, sheet_of
from app.reading.parts import PartHead
from app.reading.problem_counts import Tally
from app.reading.recognise import DOCUMENT, Header, Tied, known_headers, missing_key
from app.reading.refusal import CUT, Refused
from app.reading.results import FileDone
from app.reading.rows import rows_in
from app.reading.survey import Survey, survey


@dataclass(frozen=True)
class Reading:
    """How an export is to be read. What the plan says of a file is kept by the file's path."""

    source: Source
    context: Context
    store: Store
    sink: Sink
    file_kinds: Mapping[str, str] = field(default_factory=dict)
    column_pairs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    headerless: frozenset[str] = frozenset()
    encodings: Mapping[str, str] = field(default_factory=dict)

    def wanted(self, path: str) -> Wanted:
        """What the clinic answered about a file."""
        pairs = self.column_pairs.get(path, {})
        return Wanted(self.file_kinds.get(path), pairs, path in self.headerless, self.encodings.get(path))


def read_file(
    number: int, entry: Entry, name: Name, reading: Reading, copies: Mapping[str, str], next_part: int
) -> FileDone:
    """Raises SeveralLists for a file of several lists that are not of one kind, of which none is named."""
    wanted = reading.wanted(entry.path)
    done = FileDone(number, entry.path, entry.size, facts={**_dates_of(name), **_answered(wanted)})
    try:
        if entry.refused and wanted.kind != LEAVE_OUT:
            raise entry.refused
        if wanted.kind == LEAVE_OUT:
            return left_out(done, entry, name, reading)
        found = look_through(entry.open, wanted.encoding)
        done = replace(done, sha256=_sum_of(entry, found), size=found.size)
        if entry.is_hidden and wanted.kind is None:
            return replace(done, problems=(Problem("hidden_sheet_ignored", file=entry.path),))
        if found.encoding:
            done = replace(done, facts={**done.facts, **_stored_as(found)})
        if (code := _not_a_file(entry.path)) and wanted.kind is None:
            return replace(done, problems=(Problem(code, file=entry.path),))
        if done.sha256 in copies and found.size:
            told = Problem("duplicate_file_in_bundle", file=entry.path)
            return replace(done, facts={**done.facts, "copy_of": copies[done.sha256]}, problems=(told,))
        return _table(done, entry, name, found, reading, next_part)
    except SeveralLists:
        raise
    except Refused as refused:
        named = name.kind(reading.source)
        kind = refused.kind or (named.name if named else None)
        problem = Problem(refused.code, kind, entry.path, refused.line, column=refused.column, details=refused.details)
        problems = (problem, Problem(CUT, kind, entry.path)) if refused.is_cut else (problem,)
        if refused.details and wanted.kind is None:  # of a file that somebody answered for, the first row may be data
            done = replace(done, facts={**done.facts, "refused_for": dict(refused.details)})
        return replace(done, kind=kind, rows=refused.rows, refused=refused.code, problems=problems)


def _table(done: FileDone, entry: Entry, name: Name, found: Bytes, reading: Reading, next_part: int) -> FileDone:
    grid, codes = _grid(entry, name, found, reading)
    if (
        grid is None
        and (left := name.place(reading.source)) is not None
        and not (left.imported or left.short_list.is_listed)
    ):
        told = Problem(
            left.exclusion.excluded_code, left.name, entry.path
        )  # a letter, say, by the folder that it lies in
        return replace(done, kind=left.name, rows=1, problems=(told,))
    if grid is not None and grid.header is None and "file_empty_table" in grid.codes:
        return replace(done, problems=(Problem("file_empty_table", file=entry.path),))
    if grid is None and (code := _what_else(entry, found)) is not None:
        return replace(done, problems=(Problem(code, file=entry.path, level=Level.SKIPPED),))
    if grid is None or grid.header is None:
        facts = {**done.facts, **_size_of(grid)}
        return replace(done, facts=facts, problems=(Problem("unrecognised_file", file=entry.path),))
    if isinstance(grid.header, Tied):
        facts = {**done.facts, **_size_of(grid), "candidates": list(grid.header.kinds)}
        return replace(done, facts=facts, problems=(Problem("kind_ambiguous", file=entry.path),))
    header = grid.header
    named = name.kind(reading.source)
    if named is not None and named.name != header.kind.name and entry.path not in reading.file_kinds:
        codes = (*codes, "file_name_mismatch")
    is_text = found.sniffed != "zip"
    codes += ("partial_export",) if name.is_partial else ()
    done = replace(
        done,
        kind=header.kind.name,
        dialect="api" if grid.is_api else header.dialect,
        encoding=found.encoding if is_text else "xlsx",
    )
    try:
        noted = tuple(_letters(found, header.kind.name, entry.path)) if is_text else ()
        done = replace(done, problems=noted)
        is_mojibake = found.may_be_mojibake
        has_end = found.has_end or not is_text
        done = read_rows(
            done,
            header,
            grid,
            reading,
            next_part,
            codes,
            may_be_mojibake=is_mojibake,
            has_end=has_end,
            is_archived=name.is_archived,
        )
        return replace(done, facts=_without_first_row(done.facts, header, reading.wanted(entry.path)))
    except Refused as refused:
        refused.kind = header.kind.name
        raise


def _sum_of(entry: Entry, found: Bytes) -> str:
    """By which copies are known: the sum of the file, and for one sheet of several of the file and the sheet."""
    if entry.list:
        return hashlib.sha256(f"{found.sha256}#{entry.list}".encode("utf-8", "surrogatepass")).hexdigest()
    if sheet_of(entry.path)[1] and entry.sheet:
        return hashlib.sha256(f"{found.sha256}#{entry.sheet}".encode("utf-8", "surrogatepass")).hexdigest()
    return found.sha256


def _not_a_file(path: str) -> str | None:
    """The code of a download that did not finish, or of a shortcut; None for a file."""
    if is_unfinished(path):
        return "unfinished_download"
    return "shortcut_not_file" if is_shortcut(path) else None


def _what_else(entry: Entry, found: Bytes) -> str | None:
    """The code of a picture or a document; None for anything else that is no table."""
    if found.sniffed == "picture":
        return "file_is_picture"
    if found.sniffed in ("pdf", "document") or entry.is_written:
        return "file_is_document"
    return None


def _stored_as(found: Bytes) -> dict[str, Any]:
    """How letters are stored: `encoding`, `otherwise` for bytes that are not UTF-8, and `encodings` where unsure."""
    facts: dict[str, Any] = {"encoding": found.encoding}
    if found.otherwise:
        facts["otherwise"] = found.otherwise
    if found.rivals:
        facts["encodings"] = [found.otherwise or found.encoding, *found.rivals]
    return facts


def _letters(found: Bytes, kind: str, path: str) -> Iterator[Problem]:
    """What had to be guessed about how the file's letters are stored."""
    if found.is_guessed:
        yield Problem("encoding_guessed", kind, path)
    if found.otherwise:
        yield Problem("line_encoding_guessed", kind, path, found.first_other, count=found.other_lines)
    if found.has_nul_padding:
        yield Problem(REMOVED, kind, path)


def read_rows(
    done: FileDone,
    header: Header,
    grid: Grid,
    reading: Reading,
    next_part: int,
    codes: tuple[str, ...] = (),
    *,
    may_be_mojibake: bool = False,
    has_end: bool = True,
    is_archived: bool = False,
) -> FileDone:
    """The rows of a table that is understood: surveyed first, then cut if its kind moves, else only counted."""
    kind = header.kind
    if grid.count is None:
        seen = survey(header, grid.rows(), may_be_mojibake=may_be_mojibake)
    else:  # each row is a document: nothing of one proves anything of the others
        seen = Survey(grid.count, DateOrder.DAY_FIRST, dates_guessed=False, has_rounded=False, is_mojibake=False)
    codes += grid.codes
    codes += ("mojibake_suspected",) if seen.is_mojibake else ()
    codes += ("date_order_guessed",) if seen.dates_guessed else ()
    codes += ("duplicate_header",) if header.doubled and not grid.is_api else ()
    is_table = done.dialect != DOCUMENT  # a folder whose files are all in a list has no header, and is not empty
    codes += ("file_empty_table",) if is_table and not seen.rows and "file_empty_table" not in codes else ()
    if seen.short_end and not has_end:
        codes += (CUT,)
    told = [*done.problems, *(Problem(code, kind.name, done.path) for code in codes)]
    facts = {**done.facts, **_facts(header, grid, seen.dates.value)}
    if not kind.imported and seen.rows:
        told += [Problem(kind.exclusion.excluded_code, kind.name, done.path, count=seen.rows)]
    if not kind.imported and not kind.short_list.is_listed:
        return replace(done, rows=seen.rows, facts=facts, problems=tuple(told))
    archived = (
        kind.recognition.archived_column
        if is_archived and kind.recognition.archived_column not in header.columns
        else ""
    )
    told += _columns(header, done)
    if archived:
        told = [problem for problem in told if problem.code != "archived_state_unknown"]
        told.append(Problem("archived_by_file_name", kind.name, done.path, count=max(seen.rows, 1)))
    tally = Tally(kind.name, done.path, pages=done.dialect == DOCUMENT)
    serials = Serials(seen.serials, grid.since_1904)
    head = PartHead(kind.name, done.path, done.number, header.columns, seen.dates, serials, seen.decimal_commas)
    context = head.within(reading.context)
    sink = reading.sink if kind.imported else NO_SINK
    sink.drop_file(done.number)
    sink.present(kind.name)
    cutter = Cutter(header, context, head, reading.store, sink, tally, next_part, archived=archived)
    cutter.cut(
        grid.rows(),
        has_rounded=seen.has_rounded,
        not_records=seen.not_records,
        delimiter=grid.delimiter,
        usual_width=seen.usual_width,
    )
    if seen.rows and cutter.keyless == seen.rows and not header.has_key:
        sink.drop_file(done.number)
        for part in cutter.parts:
            reading.store.objects.delete(part.object_key)
        refused = missing_key(kind, header.headers)
        refused.rows = seen.rows
        raise refused
    return replace(done, rows=seen.rows, parts=tuple(cutter.parts), facts=facts, problems=(*told, *tally.problems()))


def _columns(header: Header, done: FileDone) -> Iterator[Problem]:
    kind = header.kind
    if header.unknown:
        yield Problem("unknown_columns", kind.name, done.path, count=len(header.unknown))
    if header.absent:
        yield Problem("columns_absent", kind.name, done.path, count=len(header.absent))
    if kind.name == "patients" and done.dialect != "api" and "archived_at" in header.absent:
        yield Problem("archived_state_unknown", kind.name, done.path)


def _facts(header: Header, grid: Grid, dates: str) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "headers": [h.strip() for h in header.headers],
        "unknown_columns": list(header.unknown),
        "absent_columns": list(header.absent),
        "dates": dates,
        "delimiter": grid.delimiter,
        "total_entries": grid.announced(),
        "in_lines": grid.in_lines or None,
        "lists": list(grid.lists),
        "damages": [[each.start, each.end, each.rows] for each in grid.damages()],
        "open_marks": [list(each) for each in grid.open_marks()],
    }
    return {name: fact for name, fact in facts.items() if fact not in (None, [])}


def _without_first_row(facts: Mapping[str, Any], header: Header, wanted: Wanted) -> Mapping[str, Any]:
    """Of a file that was not recognised by itself only headers that are known, or that somebody paired by name.

    Nobody has proven that the others are headers: its first row may be somebody's data.
    """
    if not wanted.kind or "headers" not in facts:
        return facts
    known = known_headers(header.kind)
    told = [
        shown if normalise_header(shown) in known or shown in wanted.pairs else f"Column {number}"
        for number, shown in enumerate((h.strip() for h in header.headers), start=1)
    ]
    unknown = [name for name, column in zip(told, header.columns, strict=True) if column.startswith("?")]
    return {**facts, "headers": told, **({"unknown_columns": unknown} if unknown else {})}


def _dates_of(name: Name) -> dict[str, Any]:
    days = {"run": name.run, "from": name.since, "to": name.until}
    return {key: day.isoformat() for key, day in days.items() if day}


def _answered(wanted: Wanted) -> dict[str, str]:
    """Which answer of the clinic the file was read with, so that a newer one can be told from it."""
    return {"answered": wanted.mark} if wanted.mark else {}


def _size_of(grid: Grid | None) -> dict[str, Any]:
    """How large a table is that nobody knows: `rows_seen` and `columns`. Nothing of what is in it."""
    return {} if grid is None else {"rows_seen": rows_in(grid.rows()), "columns": grid.width}


def left_out(done: FileDone, entry: Entry, name: Name, reading: Reading) -> FileDone:
    """A file that the clinic leaves out: counted where that can be done, not read."""
    size: dict[str, Any] = {}
    try:
        if entry.refused is None:
            found = look_through(entry.open)
            done = replace(done, sha256=found.sha256, size=found.size)
            plain = replace(reading, file_kinds={}, column_pairs={}, headerless=frozenset())
            size = _size_of(_grid(entry, name, found, plain)[0])
    except Refused as refused:
        size = {"rows_seen": refused.rows} if refused.rows else {}
    except UnicodeDecodeError:
        pass
    told = Problem("file_left_out", file=entry.path)
    return replace(done, facts={**done.facts, **size, "left_out": True}, problems=(told,))


def _grid(entry: Entry, name: Name, found: Bytes, reading: Reading) -> tuple[Grid | None, tuple[str, ...]]:
    """The file as a table; None for what is no table where none is expected."""
    source, limits = reading.source, reading.store.limits
    wanted = reading.wanted(entry.path)
    expected = name.extension in TABLES or (name.extension not in DOCUMENTS and name.kind(source) is not None)
    is_ = found.sniffed
    if name.extension in NO_TABLES and is_ not in ("picture", "pdf", "document"):
        raise Refused("file_type_unsupported")  # a document of Numbers is a zip, like any document of an office program
    if name.extension in NO_TABLES or (expected and is_ not in (None, "zip", "json")):
        raise Refused(_what_else(entry, found) or "file_type_unsupported")
    if is_ == "zip":
        return _workbook(entry, name, reading, wanted, expected=expected)
    if not expected and (is_ not in (None, "json") or found.encoding is None or found.is_blank):
        return None, ()
    must_be_text(found)
    is_called_json = name.extension in JSONS
    damaged: Refused | None = None
    if is_ == "json" or (is_called_json and found.encoding is not None and not found.is_blank):
        try:
            return json_grid(found, entry.open, entry.list, name, source, wanted, limits), ()
        except Refused as refused:
            if refused.code != "bad_json" or (is_ == "json" and name.extension not in ("csv", "tsv")):
                raise  # else it is a table of which the first header begins with a bracket
            damaged = refused
    if not is_called_json or wanted.kind:
        return delimited_grid(found, entry.open, name, source, wanted, limits), ()
    with suppress(Refused):  # a table that is called .json
        grid = delimited_grid(found, entry.open, name, source, wanted, limits)
        if grid.header is not None:
            return grid, ()
    raise damaged or Refused("bad_json")


def _workbook(
    entry: Entry, name: Name, reading: Reading, wanted: Wanted, *, expected: bool
) -> tuple[Grid | None, tuple[str, ...]]:
    try:
        grid = workbook_grid(entry.open, entry.sheet, name, reading.source, wanted, reading.store.limits)
    except Refused as refused:
        if refused.code != "file_type_unsupported":
            raise
        if not expected:
            return None, ()
        raise Refused("file_is_document" if entry.is_written else refused.code) from None
    return grid, () if name.extension == "xlsx" else ("file_name_mismatch",)
