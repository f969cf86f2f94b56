"""The beginning of one file of an export, looked at before anybody knows what the file holds.

The file is parsed in a limited process: whatever it does there, the page gets an answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.isolated import ReaderBusy, ReaderFailed, ReaderLimits, reader
from app.isolated.export_copy import ExportCopy
from app.isolated.preview_job import PreviewFrame, PreviewRequest
from app.mapping.plan import Plan
from app.migration.models import Migration
from app.reading.export_copies import export_copy
from app.reading.file_preview import Glimpse
from app.reading.file_watch import STOPS_READER, path_of
from app.sources import source as source_named
from app.worker.runtime import Runtime

MOST_FAILURES = 3
BUSY, FAILED = "preview_busy", "preview_failed"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which file, by its path, and how: see `PreviewRequest`. `kinds` are those of the other files, by path."""

    path: str
    headerless: bool = False
    may_lack_header: bool = False
    wants_ids: bool = False
    kinds: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The file's beginning, whether its first row is data, and by kind the ids that other files begin with."""

    glimpse: Glimpse
    headerless: bool
    ids: Mapping[str, frozenset[str]]


def preview_of(runtime: Runtime, migration: Migration, plan: Plan, asked: Asked) -> Preview:
    """Never raises for what a file does: a file that ends its reader has no rows and the code `preview_failed`, a
    file that waits for a free reader too long `preview_busy`. Another file that ends the reader is passed over."""
    copy = export_copy(runtime, migration)
    known = copy.aside
    for _ in range(MOST_FAILURES):
        found: list[Preview] = []
        try:
            _fill(found, runtime, migration, plan, asked, copy)
        except ReaderBusy:
            return Preview(Glimpse(code=BUSY), asked.headerless, {})
        except ReaderFailed as failed:
            if found:
                return found[-1]  # another file ended the search for ids
            if not failed.opening or failed.opening in copy.aside:
                break
            copy = copy.without(failed.opening)
            continue
        if found and (found[-1].glimpse.code != STOPS_READER or asked.path in map(path_of, known)):
            return found[-1]
        break
    return Preview(Glimpse(code=FAILED), asked.headerless, {})


def _fill(
    found: list[Preview], runtime: Runtime, migration: Migration, plan: Plan, asked: Asked, copy: ExportCopy
) -> None:
    """Adds the preview to `found` as soon as it is there, and once more when its ids are."""
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
            found.append(Preview(frame.preview.glimpse(source), frame.preview.headerless, {}))
        elif found and frame.ids is not None:
            found.append(replace(found[-1], ids=frame.ids))
