"""A description of an export that may leave the clinic: column names, counts and value patterns, no cell values."""

from collections.abc import Iterator

from app.isolated.describe_job import Described, DescribeRequest, ReadFile
from app.isolated.reader import ReaderBusy, ReaderFailed, ReaderLimits, reader
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of
from app.problems import Problem
from app.reading.export_copies import export_copy
from app.sources import source as source_named
from app.worker.runtime import Runtime

MOST_FAILURES = 3  # files that crash their reader; later files are not described
HEAD = """A description of an export from {source}

Made to be sent to support. It has column names, counts, and the patterns of cells, such as "9 digits" or
"date D/M/YYYY". It has no cell of the export. Names of files, folders and columns that could be a person's name are
replaced by their length, as in [a name of 14 letters].
"""


def describe(runtime: Runtime, migration: Migration) -> Iterator[str]:
    """Yields the description file by file. Patterns are those of each file's first rows.

    A file that crashes its reader is named with the code `file_stops_reader`; later files are still described.
    """
    with runtime.ledger.read() as session:
        read = tuple(_read_file(file) for file in files_of(session, migration.id, migration.export_number))
    yield HEAD.format(source=source_named(migration.source).label)
    copy, described = export_copy(runtime, migration), 0
    for _ in range(MOST_FAILURES + 1):
        request = DescribeRequest(copy, read, plan_of(migration).model_dump_json(), described + 1)
        limits = ReaderLimits.of(runtime.settings)
        try:
            for piece in reader().stream("describe", request, Described, limits, migration.id):
                described = piece.files
                yield piece.text
            return
        except ReaderBusy:
            yield f"\n{Problem('preview_busy').title}.\n"
            return
        except ReaderFailed as failed:
            if not failed.opening or failed.opening in copy.excluded:
                break
            copy = copy.without(failed.opening)
    yield f"\n{Problem('preview_failed').title}.\n"


def _read_file(file: ExportFile) -> ReadFile:
    rows = file.facts.get("rows_seen")
    return ReadFile(
        file.path,
        file.number,
        file.kind,
        file.dialect,
        file.rows,
        file.refused,
        None if rows is None else int(rows),
        tuple(str(kind) for kind in file.facts.get("candidates") or ()),
    )
