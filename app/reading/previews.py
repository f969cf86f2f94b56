"""Previews of a file of an export whose kind is still unknown.

A limited process parses the file: whatever happens there, the page gets an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.isolated.export_copy import ExportCopy
from app.isolated.preview_job import PreviewFrame, PreviewRequest
from app.isolated.reader import ReaderBusy, ReaderFailed, ReaderLimits, reader
from app.mapping.plan import Plan
from app.migration.models import Migration
from app.reading.export_copies import export_copy
from app.reading.file_preview import FilePreview
from app.reading.file_watch import STOPS_READER, path_of
from app.sources import source as source_named
from app.worker.runtime import Runtime

MOST_FAILURES = 3
BUSY, FAILED = "preview_busy", "preview_failed"


@dataclass(frozen=True, slots=True)
class PreviewQuestion:
    """Which file to preview, and how: see `PreviewRequest`. `kinds` are those of the other files, by path."""

    path: str
    headerless: bool = False
    may_lack_header: bool = False
    wants_ids: bool = False
    kinds: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The file's preview, whether its first row is data, and ids of other files by kind."""

    file_preview: FilePreview
    headerless: bool
    ids: Mapping[str, frozenset[str]]


def load_preview(runtime: Runtime, migration: Migration, plan: Plan, asked: PreviewQuestion) -> Preview:
    """Returns the preview of a file. Raises nothing for a bad file: a file that crashes its reader has no rows and the
    code `preview_failed`, a file that waits too long for a reader `preview_busy`. Another file that crashes the reader
    is skipped."""
    copy = export_copy(runtime, migration)
    known = copy.excluded
    for _ in range(MOST_FAILURES):
        previews: list[Preview] = []
        try:
            _fill(previews, runtime, migration, plan, asked, copy)
        except ReaderBusy:
            return Preview(FilePreview(code=BUSY), asked.headerless, {})
        except ReaderFailed as failed:
            if previews:
                return previews[-1]  # another file crashed the search for ids
            if not failed.opening or failed.opening in copy.excluded:
                break
            copy = copy.without(failed.opening)
            continue
        if previews and (previews[-1].file_preview.code != STOPS_READER or asked.path in map(path_of, known)):
            return previews[-1]
        break
    return Preview(FilePreview(code=FAILED), asked.headerless, {})


def _fill(
    previews: list[Preview],
    runtime: Runtime,
    migration: Migration,
    plan: Plan,
    asked: PreviewQuestion,
    copy: ExportCopy,
) -> None:
    """Appends the preview to `previews` as soon as it is ready, and again with its ids."""
    source = source_named(migration.source)
    request = PreviewRequest(
        copy,
        asked.path,
        asked.headerless,
        asked.may_lack_header,
        asked.wants_ids,
        dict(asked.kinds or {}),
        plan.model_dump_json(),
    )
    limits = ReaderLimits.of(runtime.settings)
    for frame in reader().stream("preview", request, PreviewFrame, limits, migration.id):
        if frame.preview is not None:
            previews.append(Preview(frame.preview.file_preview(source), frame.preview.headerless, {}))
        elif previews and frame.ids is not None:
            previews.append(replace(previews[-1], ids=frame.ids))
