"""The job `describe`: describes the form of each file of an export, without any value of the files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from app.formatting import plural, size
from app.isolated.export_copy import ExportCopy
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT, Plan
from app.reading.entries import FileEntry
from app.reading.file_preview import FilePreview, preview_entry
from app.reading.grid import ReadingAnswer
from app.reading.planned_files import answer_for
from app.reading.redaction import has_names, redacted_names, redacted_path
from app.reading.value_patterns import column_pattern
from app.sources import source as source_named

MOST_FILES = 300


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What reading has noted of one file."""

    path: str
    number: int
    kind: str | None
    dialect: str | None
    rows: int
    refused: str | None
    rows_seen: int | None
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DescribeRequest:
    """`plan` is the plan as JSON. Files before the number `first`, counted from 1, are skipped."""

    copy: ExportCopy
    read: tuple[ReadFile, ...]
    plan: str
    first: int


@dataclass(frozen=True, slots=True)
class Described:
    """Lines of the description. `files` is the number of files described so far."""

    files: int
    text: str


def describe_files(request: DescribeRequest, announce: Callable[[str], None]) -> Iterator[Described]:
    """The description in pieces, one for each file, as they are made. `announce` is called with each file's key."""
    source, plan = source_named(request.copy.source), Plan.model_validate_json(request.plan)
    read = {file.path: file for file in request.read}
    with request.copy.opened(announce) as files:
        count, attached = len(files.entries), len(files.attached)
        lists = files.entries.lists_among(read)
        if request.first == 1:
            yield Described(
                0,
                f"\n{plural(count, 'file')} to read, {plural(attached, 'file')} in folders of clients' own files\n"
                + "".join(f"note: {problem.code}\n" for problem in files.problems),
            )
        for number, entry in enumerate(islice(files.entries, MOST_FILES), start=1):
            if number >= request.first:
                parts = lists.get(entry.path, (entry,))
                texts = (
                    _file(number, part, read.get(part.path), source, answer_for(plan, part.path)) for part in parts
                )
                yield Described(number, "".join(chain.from_iterable(texts)))
        if count > MOST_FILES:
            yield Described(count, f"\n{count - MOST_FILES:,} more files are not described.\n")


def _file(number: int, entry: FileEntry, read: ReadFile | None, source: Source, wanted: ReadingAnswer) -> Iterator[str]:
    preview = preview_entry(entry, source, ReadingAnswer(headerless=wanted.headerless))
    yield f"\nFile {read.number if read else number}: {redacted_path(entry.path, source)}\n"
    yield f"  size: {size(entry.size)}\n"
    yield from (f"  {line}\n" for line in _read(read, wanted, source))
    yield from (f"  {line}\n" for line in _form(preview))
    if not preview.names:
        return
    if not has_names(preview, source):
        yield "  the first row may be data, so that columns are told by number\n"
    rows = plural(len(preview.rows), "row")
    more = "" if preview.is_whole else " (there are more)"
    yield f"  {plural(len(preview.names), 'column')}, looked at in {rows}{more}\n"
    for at, name in enumerate(redacted_names(preview, source)):
        shape = column_pattern(preview.column(at))
        blank = f"{shape.blank * 100 // shape.rows} % blank" if shape.blank and shape.rows else "none blank"
        yield f"    {name}: {'; '.join([*shape.words(), blank])}; {plural(shape.different, 'different value')}\n"


def _read(read: ReadFile | None, wanted: ReadingAnswer, source: Source) -> Iterator[str]:
    labels = {kind.name: kind.source_label for kind in source.kinds}
    if read is None:
        yield "not read yet"
        return
    if read.refused:
        yield f"could not be read: {read.refused}"
    elif read.kind:
        yield f"read as: {labels.get(read.kind, read.kind)}, {plural(read.rows, 'row')}, {read.dialect or 'no'} headers"
    else:
        yield f"not recognised{', ' + plural(read.rows_seen, 'row') if read.rows_seen is not None else ''}"
    if wanted.kind:
        yield f"the clinic says: {'leave it out' if wanted.kind == LEAVE_OUT else labels.get(wanted.kind, wanted.kind)}"
    if read.candidates:
        yield "could be: " + ", ".join(labels.get(name, name) for name in read.candidates)


def _form(preview: FilePreview) -> Iterator[str]:
    delimiters = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
    if preview.form:
        yield f"form: {preview.form}"
    if preview.encoding:
        yield f"letters: {preview.encoding}"
    if preview.delimiter:
        yield f"columns apart by: {delimiters.get(preview.delimiter, 'another sign')}"
    if preview.code:
        yield f"noticed: {preview.code}"
