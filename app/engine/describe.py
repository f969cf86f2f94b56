"""A description of an export that may leave the clinic: what kinds of columns it has, and not one value of them."""

from collections.abc import Iterator

from app.engine.glimpses import export_files, wanted_of
from app.engine.reading.entries import Entry
from app.engine.reading.glimpse import Glimpse, glimpse
from app.engine.reading.grid import Wanted
from app.engine.reading.shapes import column_shape
from app.engine.reading.veil import has_names, told_names, told_path
from app.engine.runtime import Runtime
from app.mapping.kind import Source
from app.mapping.plan import LEAVE_OUT
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of
from app.sources import source as source_named
from app.words import plural, size

MOST_FILES = 300
HEAD = """A description of an export from {source}

Made to be sent to support. It has the names of columns, counts, and what the cells look like, such as "9 digits" or
"date D/M/YYYY". No cell of the export stands in it. Names of files, folders and columns that could be somebody's are
told by their length alone, as in [a name of 14 letters].
"""


def describe(runtime: Runtime, migration: Migration) -> Iterator[str]:
    """The description, file by file as it is made. Shapes are those of the first rows of each file."""
    source = source_named(migration.source)
    plan = plan_of(migration)
    with runtime.ledger.read() as session:
        read = {file.path: file for file in files_of(session, migration.id, migration.export_number)}
    yield HEAD.format(source=source.label)
    with export_files(runtime, migration) as found:
        files = [entry for entry in found.entries if not entry.attached]
        attached = len(found.entries) - len(files)
        yield f"\n{plural(len(files), 'file')} to read, {plural(attached, 'file')} in folders of clients' own files\n"
        for problem in found.problems:
            yield f"note: {problem.code}\n"
        for number, entry in enumerate(files[:MOST_FILES], start=1):
            yield from _file(number, entry, read.get(entry.path), source, wanted_of(plan, entry.path))
        if len(files) > MOST_FILES:
            yield f"\n{len(files) - MOST_FILES:,} more files are not described.\n"


def _file(number: int, entry: Entry, read: ExportFile | None, source: Source, wanted: Wanted) -> Iterator[str]:
    seen = glimpse(entry, source, Wanted(headerless=wanted.headerless))
    yield f"\nFile {read.number if read else number}: {told_path(entry.path, source)}\n"
    yield f"  size: {size(entry.size)}\n"
    yield from (f"  {line}\n" for line in _read(read, wanted, source))
    yield from (f"  {line}\n" for line in _form(seen))
    if not seen.names:
        return
    if not has_names(seen, source):
        yield "  the first row may be data, so that columns are told by number\n"
    rows = plural(len(seen.rows), "row")
    yield f"  {plural(len(seen.names), 'column')}, looked at in {rows}{'' if seen.is_whole else ' (there are more)'}\n"
    for at, name in enumerate(told_names(seen, source)):
        shape = column_shape(seen.column(at))
        blank = f"{shape.blank * 100 // shape.rows} % blank" if shape.blank and shape.rows else "none blank"
        yield f"    {name}: {'; '.join([*shape.words(), blank])}; {plural(shape.different, 'different value')}\n"


def _read(read: ExportFile | None, wanted: Wanted, source: Source) -> Iterator[str]:
    labels = {kind.name: kind.called for kind in source.kinds}
    if read is None:
        yield "not read yet"
        return
    if read.refused:
        yield f"could not be read: {read.refused}"
    elif read.kind:
        yield f"read as: {labels.get(read.kind, read.kind)}, {plural(read.rows, 'row')}, {read.dialect or 'no'} headers"
    else:
        yield f"not recognised{', ' + plural(int(read.facts['rows_seen']), 'row') if 'rows_seen' in read.facts else ''}"
    if wanted.kind:
        yield f"the clinic says: {'leave it out' if wanted.kind == LEAVE_OUT else labels.get(wanted.kind, wanted.kind)}"
    if read.facts.get("candidates"):
        yield "could be: " + ", ".join(labels.get(str(one), str(one)) for one in read.facts["candidates"])


def _form(seen: Glimpse) -> Iterator[str]:
    delimiters = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
    if seen.form:
        yield f"form: {seen.form}"
    if seen.encoding:
        yield f"letters: {seen.encoding}"
    if seen.delimiter:
        yield f"columns apart by: {delimiters.get(seen.delimiter, 'another sign')}"
    if seen.code:
        yield f"noticed: {seen.code}"
