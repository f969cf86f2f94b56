"""The inventory: every place of the product that reads bytes from outside, in which process, and how it is reached.

Tests go through this list. No place that parses is in a process that serves pages.
"""

from dataclasses import dataclass
from enum import StrEnum


class Process(StrEnum):
    """The process that reads the bytes."""

    LIMITED_READER = "limited reader"  # a process of its own for each job, started by a page or a periodic task
    WORKER_CHILD = "worker child"  # the limited child of a worker, replaced when it dies
    PAGE_COPIES = "page, copied only"  # a page copies the bytes and parses none of them


@dataclass(frozen=True, slots=True)
class ParsingPlace:
    """One place of the inventory.

    * `module`: where the code begins; `reads`: what is parsed; `reached_by`: routes or phases.
    * `job`: the job of a limited reader; `reads_export`: files of an export are opened.
    """

    name: str
    process: Process
    module: str
    reads: str
    reached_by: tuple[str, ...]
    job: str = ""
    reads_export: bool = True


PLACES: tuple[ParsingPlace, ...] = (
    ParsingPlace(
        "a file's preview",
        Process.LIMITED_READER,
        "app.reading.previews",
        "archives, tables, JSON and workbooks: the beginning of one file, the ids of others",
        ("/m/{migration_id}/files/{number}",),
        "preview",
    ),
    ParsingPlace(
        "support's preview of a file",
        Process.LIMITED_READER,
        "app.reading.previews",
        "the same, shown without a cell",
        ("/support/{migration_id}/files/{number}",),
        "preview",
    ),
    ParsingPlace(
        "the description of an export",
        Process.LIMITED_READER,
        "app.reading.descriptions",
        "archives, and the beginning of every table",
        ("/m/{migration_id}/files/description.txt",),
        "describe",
    ),
    ParsingPlace(
        "a row of the export",
        Process.LIMITED_READER,
        "app.records.source_row",
        "one row of a part, its cells as they were",
        ("/m/{migration_id}/rows/{file_number}/{line}",),
        "row",
    ),
    ParsingPlace(
        "a record beside its row",
        Process.LIMITED_READER,
        "app.records.origin",
        "one row of a part, its cells as they were",
        ("/m/{migration_id}/clients/{client_id}", "/m/{migration_id}/records/{kind}/{record_id}"),
        "row",
    ),
    ParsingPlace(
        "the samples of a review",
        Process.LIMITED_READER,
        "app.wizard.review_samples",
        "rows of clients who were merged",
        ("/m/{migration_id}/review",),
        "row",
    ),
    ParsingPlace(
        "the link doctor",
        Process.LIMITED_READER,
        "app.fetch.link_inspections",
        "pages, listings and first bytes of a provider",
        ("/m/{migration_id}/link", "/m/{migration_id}/link/again"),
        "link",
        reads_export=False,
    ),
    ParsingPlace(
        "links that may still be open",
        Process.LIMITED_READER,
        "app.fetch.open_links",
        "pages, listings and first bytes of a provider, once a day",
        (),
        "link",
        reads_export=False,
    ),
    ParsingPlace(
        "a download",
        Process.WORKER_CHILD,
        "app.fetch.fetch_export",
        "pages and listings of a provider",
        ("fetch",),
        reads_export=False,
    ),
    ParsingPlace("a table", Process.WORKER_CHILD, "app.reading.file_reading", "csv, JSON, workbooks", ("read",)),
    ParsingPlace(
        "a file of an archive",
        Process.WORKER_CHILD,
        "app.reading.entries",
        "the directory of a zip, and what is packed in it",
        ("read",),
    ),
    ParsingPlace("a document of a note", Process.WORKER_CHILD, "app.reading.documents", "HTML and text", ("read",)),
    ParsingPlace(
        "a client's own file",
        Process.WORKER_CHILD,
        "app.reading.attachment_storage",
        "the first bytes of pictures, PDFs and others; none is decoded",
        ("read",),
    ),
    ParsingPlace(
        "the second check",
        Process.WORKER_CHILD,
        "app.trial.verification",
        "tables and clients' files, by other code",
        ("reconcile",),
    ),
    ParsingPlace(
        "an upload",
        Process.PAGE_COPIES,
        "app.wizard.uploads",
        "the frame of a form; the files in it are stored unopened",
        ("/m/{migration_id}/handover/upload", "/m/{migration_id}/upload/{upload_id}/piece"),
    ),
    ParsingPlace(
        "a file of a client, opened",
        Process.PAGE_COPIES,
        "app.web.client_downloads",
        "nothing: pictures and PDFs are sent as they are",
        ("/m/{migration_id}/clients/{client_id}/files/{file_id}",),
    ),
)


def places_of(process: Process) -> tuple[ParsingPlace, ...]:
    """The places in a process."""
    return tuple(place for place in PLACES if place.process is process)
