"""Reads a single file, from its bytes to its parts: profile, recognise, survey, write."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from app.mapping.context import Context, DateOrder, Serials
from app.mapping.kind import Source
from app.mapping.kind_roles import KindRole
from app.mapping.plan import LEAVE_OUT
from app.mapping.storable import REMOVED
from app.problems import Level, Problem
from app.reading.cut import NO_INDEX, Cutter, IndexSink, PartStore
from app.reading.encoding import FileProfile, profile_file, require_text
from app.reading.entries import FileEntry
from app.reading.grid import Grid, ReadingAnswer, delimited_grid, json_grid, workbook_grid
from app.reading.json_lists import SeveralLists
from app.reading.naming import (
    DOCUMENTS,
    JSONS,
    NO_TABLES,
    TABLES,
    FileName,
    is_shortcut,
    is_unfinished,
    split_sheet_path,
)
from app.reading.parts import PartHead
from app.reading.problem_counts import ProblemTally
from app.reading.recognise import DOCUMENT, Header, TiedKinds, known_headers, missing_key
from app.reading.refusal import CUT, Refused
from app.reading.results import FileDone
from app.reading.survey import Survey, survey
from app.reading.text_rows import count_rows


@dataclass(frozen=True)
class ReadingContext:
    """How an export is read. The plan's answers are stored by file path."""

    source: Source
    context: Context
    store: PartStore
    sink: IndexSink
    file_kinds: Mapping[str, str] = field(default_factory=dict)
    column_pairs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    headerless: frozenset[str] = frozenset()
    encodings: Mapping[str, str] = field(default_factory=dict)

    def answer(self, path: str) -> ReadingAnswer:
        """Returns the clinic's answer about a file."""
        pairs = self.column_pairs.get(path, {})
        return ReadingAnswer(self.file_kinds.get(path), pairs, path in self.headerless, self.encodings.get(path))


def read_file(
    number: int, entry: FileEntry, name: FileName, reading: ReadingContext, copies: Mapping[str, str], next_part: int
) -> FileDone:
    """Reads a file and returns its result; a file that cannot be read gets its code in `refused`.

    `copies` are paths of earlier files by checksum, `next_part` is the number of the next part. Raises SeveralLists for
    a JSON file with lists of several kinds if no list is named. Reading a file again drops its earlier index entries
    and writes its parts again.
    """
    answer = reading.answer(entry.path)
    done = FileDone(number, entry.path, entry.size, facts={**_dates_of(name), **_answered(answer)})
    try:
        if entry.refused and answer.kind != LEAVE_OUT:
            raise entry.refused
        if answer.kind == LEAVE_OUT:
            return left_out(done, entry, name, reading)
        profile = profile_file(entry.open, answer.encoding)
        done = replace(done, sha256=_sum_of(entry, profile), size=profile.size)
        if entry.is_hidden and answer.kind is None:
            return replace(done, problems=(Problem("hidden_sheet_ignored", file=entry.path),))
        if profile.encoding:
            done = replace(done, facts={**done.facts, **_stored_as(profile)})
        if (code := _not_a_file(entry.path)) and answer.kind is None:
            return replace(done, problems=(Problem(code, file=entry.path),))
        if done.sha256 in copies and profile.size:
            copy_problem = Problem("duplicate_file_in_bundle", file=entry.path)
            return replace(done, facts={**done.facts, "copy_of": copies[done.sha256]}, problems=(copy_problem,))
        return _table(done, entry, name, profile, reading, next_part)
    except SeveralLists:
        raise
    except Refused as refused:
        named = name.kind(reading.source)
        kind = refused.kind or (named.name if named else None)
        problem = Problem(refused.code, kind, entry.path, refused.line, column=refused.column, details=refused.details)
        problems = (problem, Problem(CUT, kind, entry.path)) if refused.is_cut else (problem,)
        if refused.details and answer.kind is None:  # with an answer, the first row may be data
            done = replace(done, facts={**done.facts, "refused_for": dict(refused.details)})
        return replace(done, kind=kind, rows=refused.rows, refused=refused.code, problems=problems)


def _table(
    done: FileDone, entry: FileEntry, name: FileName, profile: FileProfile, reading: ReadingContext, next_part: int
) -> FileDone:
    grid, codes = _grid(entry, name, profile, reading)
    if (
        grid is None
        and (left := name.kind_by_path(reading.source)) is not None
        and not (left.imported or left.short_list.is_listed)
    ):
        problem = Problem(left.exclusion.excluded_code, left.name, entry.path)  # for example a letter, by its folder
        return replace(done, kind=left.name, rows=1, problems=(problem,))
    if grid is not None and grid.header is None and "file_empty_table" in grid.codes:
        return replace(done, problems=(Problem("file_empty_table", file=entry.path),))
    if grid is None and (code := _what_else(entry, profile)) is not None:
        return replace(done, problems=(Problem(code, file=entry.path, level=Level.SKIPPED),))
    if grid is None or grid.header is None:
        facts = {**done.facts, **_size_of(grid)}
        return replace(done, facts=facts, problems=(Problem("unrecognised_file", file=entry.path),))
    if isinstance(grid.header, TiedKinds):
        facts = {**done.facts, **_size_of(grid), "candidates": list(grid.header.kinds)}
        return replace(done, facts=facts, problems=(Problem("kind_ambiguous", file=entry.path),))
    header = grid.header
    named = name.kind(reading.source)
    if named is not None and named.name != header.kind.name and entry.path not in reading.file_kinds:
        codes = (*codes, "file_name_mismatch")
    is_text = profile.sniffed != "zip"
    codes += ("partial_export",) if name.is_partial else ()
    done = replace(
        done,
        kind=header.kind.name,
        dialect="api" if grid.is_api else header.dialect,
        encoding=profile.encoding if is_text else "xlsx",
    )
    try:
        noted = tuple(_letters(profile, header.kind.name, entry.path)) if is_text else ()
        done = replace(done, problems=noted)
        is_mojibake = profile.may_be_mojibake
        has_end = profile.has_end or not is_text
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
        return replace(done, facts=_without_first_row(done.facts, header, reading.answer(entry.path)))
    except Refused as refused:
        refused.kind = header.kind.name
        raise


def _sum_of(entry: FileEntry, profile: FileProfile) -> str:
    """Returns the checksum by which copies are recognised: of the file, or of the file and the sheet or list."""
    if entry.list:
        return hashlib.sha256(f"{profile.sha256}#{entry.list}".encode("utf-8", "surrogatepass")).hexdigest()
    if split_sheet_path(entry.path)[1] and entry.sheet:
        return hashlib.sha256(f"{profile.sha256}#{entry.sheet}".encode("utf-8", "surrogatepass")).hexdigest()
    return profile.sha256


def _not_a_file(path: str) -> str | None:
    """Returns the code of an unfinished download or a shortcut; None for any other file."""
    if is_unfinished(path):
        return "unfinished_download"
    return "shortcut_not_file" if is_shortcut(path) else None


def _what_else(entry: FileEntry, profile: FileProfile) -> str | None:
    """Returns the code of a picture or a document; None for any other file."""
    if profile.sniffed == "picture":
        return "file_is_picture"
    if profile.sniffed in ("pdf", "document") or entry.is_written:
        return "file_is_document"
    return None


def _stored_as(profile: FileProfile) -> dict[str, Any]:
    """Returns the facts of the encoding: `encoding`, `otherwise` for bytes that are not UTF-8, `encodings` if
    uncertain."""
    facts: dict[str, Any] = {"encoding": profile.encoding}
    if profile.otherwise:
        facts["otherwise"] = profile.otherwise
    if profile.rivals:
        facts["encodings"] = [profile.otherwise or profile.encoding, *profile.rivals]
    return facts


def _letters(profile: FileProfile, kind: str, path: str) -> Iterator[Problem]:
    """Yields the problems of guessed encodings."""
    if profile.is_guessed:
        yield Problem("encoding_guessed", kind, path)
    if profile.otherwise:
        yield Problem("line_encoding_guessed", kind, path, profile.first_other, count=profile.other_lines)
    if profile.has_nul_padding:
        yield Problem(REMOVED, kind, path)


def read_rows(
    done: FileDone,
    header: Header,
    grid: Grid,
    reading: ReadingContext,
    next_part: int,
    codes: tuple[str, ...] = (),
    *,
    may_be_mojibake: bool = False,
    has_end: bool = True,
    is_archived: bool = False,
) -> FileDone:
    """Surveys the rows of a recognised table, then writes them if their kind is imported; otherwise only counts them.

    `codes` are problems of the file so far. Raises Refused if no row has an id.
    """
    kind = header.kind
    if grid.count is None:
        result = survey(header, grid.rows(), may_be_mojibake=may_be_mojibake)
    else:  # each row is a document, and proves nothing about the others
        result = Survey(grid.count, DateOrder.DAY_FIRST, dates_guessed=False, has_rounded=False, is_mojibake=False)
    codes += grid.codes
    codes += ("mojibake_suspected",) if result.is_mojibake else ()
    codes += ("date_order_guessed",) if result.dates_guessed else ()
    codes += ("duplicate_header",) if header.doubled and not grid.is_api else ()
    is_table = done.dialect != DOCUMENT  # a folder whose files are all listed is not an empty table
    codes += ("file_empty_table",) if is_table and not result.rows and "file_empty_table" not in codes else ()
    if result.short_end and not has_end:
        codes += (CUT,)
    problems = [*done.problems, *(Problem(code, kind.name, done.path) for code in codes)]
    facts = {**done.facts, **_facts(header, grid, result.dates.value)}
    if not kind.imported and result.rows:
        problems += [Problem(kind.exclusion.excluded_code, kind.name, done.path, count=result.rows)]
    if not kind.imported and not kind.short_list.is_listed:
        return replace(done, rows=result.rows, facts=facts, problems=tuple(problems))
    archived = (
        kind.recognition.archived_column
        if is_archived and kind.recognition.archived_column not in header.columns
        else ""
    )
    problems += _columns(header, done)
    if archived:
        problems = [problem for problem in problems if problem.code != "archived_state_unknown"]
        problems.append(Problem("archived_by_file_name", kind.name, done.path, count=max(result.rows, 1)))
    tally = ProblemTally(kind.name, done.path, pages=done.dialect == DOCUMENT)
    serials = Serials(result.serials, grid.since_1904)
    head = PartHead(kind.name, done.path, done.number, header.columns, result.dates, serials, result.decimal_commas)
    context = head.within(reading.context)
    sink = reading.sink if kind.imported else NO_INDEX
    sink.drop_file(done.number)
    sink.present(kind.name)
    cutter = Cutter(
        header, context, head, reading.store, sink, tally, next_part, layout=reading.source.layout, archived=archived
    )
    cutter.cut(
        grid.rows(),
        has_rounded=result.has_rounded,
        not_records=result.not_records,
        delimiter=grid.delimiter,
        usual_width=result.usual_width,
    )
    if result.rows and cutter.keyless == result.rows and not header.has_key:
        sink.drop_file(done.number)
        for part in cutter.parts:
            reading.store.objects.delete(part.object_key)
        refused = missing_key(kind, header.headers)
        refused.rows = result.rows
        raise refused
    return replace(
        done, rows=result.rows, parts=tuple(cutter.parts), facts=facts, problems=(*problems, *tally.problems())
    )


def _columns(header: Header, done: FileDone) -> Iterator[Problem]:
    kind = header.kind
    if header.unknown:
        yield Problem("unknown_columns", kind.name, done.path, count=len(header.unknown))
    if header.absent:
        yield Problem("columns_absent", kind.name, done.path, count=len(header.absent))
    if kind.role is KindRole.CLIENT and done.dialect != "api" and "archived_at" in header.absent:
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


def _without_first_row(facts: Mapping[str, Any], header: Header, answer: ReadingAnswer) -> Mapping[str, Any]:
    """Removes from an answered file's facts the headers that are neither known nor paired by name.

    Nothing proves that those are headers: the first row may hold a person's data.
    """
    if not answer.kind or "headers" not in facts:
        return facts
    known = known_headers(header.kind)
    headers = [
        shown if header.kind.layout.normalise(shown) in known or shown in answer.pairs else f"Column {number}"
        for number, shown in enumerate((h.strip() for h in header.headers), start=1)
    ]
    unknown = [name for name, column in zip(headers, header.columns, strict=True) if column.startswith("?")]
    return {**facts, "headers": headers, **({"unknown_columns": unknown} if unknown else {})}


def _dates_of(name: FileName) -> dict[str, Any]:
    days = {"run": name.run, "from": name.since, "to": name.until}
    return {key: day.isoformat() for key, day in days.items() if day}


def _answered(answer: ReadingAnswer) -> dict[str, str]:
    """Returns the mark of the answer that the file was read with, by which a newer answer is recognised."""
    return {"answered": answer.mark} if answer.mark else {}


def _size_of(grid: Grid | None) -> dict[str, Any]:
    """Returns the size of an unrecognised table, `rows_seen` and `columns`, without its content."""
    return {} if grid is None else {"rows_seen": count_rows(grid.rows()), "columns": grid.width}


def left_out(done: FileDone, entry: FileEntry, name: FileName, reading: ReadingContext) -> FileDone:
    """Returns the result of a file that the clinic leaves out: its rows are counted if possible, but not read."""
    size: dict[str, Any] = {}
    try:
        if entry.refused is None:
            profile = profile_file(entry.open)
            done = replace(done, sha256=profile.sha256, size=profile.size)
            plain = replace(reading, file_kinds={}, column_pairs={}, headerless=frozenset())
            size = _size_of(_grid(entry, name, profile, plain)[0])
    except Refused as refused:
        size = {"rows_seen": refused.rows} if refused.rows else {}
    except UnicodeDecodeError:
        pass
    problem = Problem("file_left_out", file=entry.path)
    return replace(done, facts={**done.facts, **size, "left_out": True}, problems=(problem,))


def _grid(
    entry: FileEntry, name: FileName, profile: FileProfile, reading: ReadingContext
) -> tuple[Grid | None, tuple[str, ...]]:
    """Returns the file as a table, with codes; None for a file that is not a table and is not expected to be."""
    source, limits = reading.source, reading.store.limits
    answer = reading.answer(entry.path)
    expected = name.extension in TABLES or (name.extension not in DOCUMENTS and name.kind(source) is not None)
    is_ = profile.sniffed
    if name.extension in NO_TABLES and is_ not in ("picture", "pdf", "document"):
        raise Refused("file_type_unsupported")  # a Numbers document is a zip, as any office document is
    if name.extension in NO_TABLES or (expected and is_ not in (None, "zip", "json")):
        raise Refused(_what_else(entry, profile) or "file_type_unsupported")
    if is_ == "zip":
        return _workbook(entry, name, reading, answer, expected=expected)
    if not expected and (is_ not in (None, "json") or profile.encoding is None or profile.is_blank):
        return None, ()
    require_text(profile)
    is_called_json = name.extension in JSONS
    damaged: Refused | None = None
    if is_ == "json" or (is_called_json and profile.encoding is not None and not profile.is_blank):
        try:
            return json_grid(profile, entry.open, entry.list, name, source, answer, limits), ()
        except Refused as refused:
            if refused.code != "bad_json" or (is_ == "json" and name.extension not in ("csv", "tsv")):
                raise  # otherwise it is a table whose first header begins with a bracket
            damaged = refused
    if not is_called_json or answer.kind:
        return delimited_grid(profile, entry.open, name, source, answer, limits), ()
    with suppress(Refused):  # a table named .json
        grid = delimited_grid(profile, entry.open, name, source, answer, limits)
        if grid.header is not None:
            return grid, ()
    raise damaged or Refused("bad_json")


def _workbook(
    entry: FileEntry, name: FileName, reading: ReadingContext, answer: ReadingAnswer, *, expected: bool
) -> tuple[Grid | None, tuple[str, ...]]:
    try:
        grid = workbook_grid(entry.open, entry.sheet, name, reading.source, answer, reading.store.limits)
    except Refused as refused:
        if refused.code != "file_type_unsupported":
            raise
        if not expected:
            return None, ()
        raise Refused("file_is_document" if entry.is_written else refused.code) from None
    return grid, () if name.extension == "xlsx" else ("file_name_mismatch",)
