"""The contents of clients' files: verified in a trial, and copied to the live workspace when the trial goes live."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import BinaryIO

from sqlmodel import select

from app.caspen.file_references import FileRecord, load_file_records, missing_contents, sweep_contents
from app.caspen.live_files import NotThatContent
from app.caspen.stores import Sides, Store
from app.db import now
from app.errors import Stop
from app.migration.models import Migration
from app.migration.states import State
from app.problems import Level, Problem
from app.reading.attachment_storage import attachment_key, attachments_prefix
from app.storage import CannotOpen
from app.worker.heartbeat import Heartbeat
from app.worker.runtime import Runtime

PIECE = 256 << 10
COMING = frozenset({State.FINALISING, State.FINALISING_FAILED, State.PAUSED})


def open_in_trial(runtime: Runtime, migration: Migration, sha256: str) -> BinaryIO:
    """Opens a content of the export by checksum. Raises FileNotFoundError, or CannotOpen for a changed content."""
    key = attachment_key(attachments_prefix(migration.id, migration.export_number), sha256)
    return runtime.objects.reader(key, runtime.key(migration))


def altered_files(runtime: Runtime, migration: Migration, store: Store, beat: Heartbeat) -> Iterator[FileRecord]:
    """The file records of a trial whose content is missing or has another checksum or size. Reads all contents."""
    checked: tuple[str, int | None] = ("", None)
    for record in load_file_records(store, migration.workspace_id):
        if record.sha256 != checked[0]:
            opened = partial(open_in_trial, runtime, migration, record.sha256)
            checked = (record.sha256, _size_of(opened, record.sha256, beat))
        if record.size != checked[1]:
            yield record


def altered_live(runtime: Runtime, workspace_id: str) -> Iterator[FileRecord]:
    """The imported file records of a live workspace whose content has another checksum or size, or is missing."""
    checked: tuple[str, int | None] = ("", None)
    for record in load_file_records(runtime.caspen.live, workspace_id):
        if record.sha256 != checked[0]:
            opened = partial(runtime.files.open, workspace_id, record.sha256)
            checked = (record.sha256, _size_of(opened, record.sha256))
        if record.size != checked[1]:
            yield record


def _size_of(opened: Callable[[], BinaryIO], sha256: str, beat: Heartbeat | None = None) -> int | None:
    """The size of a content in bytes; None for a missing content or another checksum."""
    digest, size = hashlib.sha256(), 0
    try:
        with opened() as content:
            while piece := content.read(PIECE):
                if beat is not None:
                    beat()
                digest.update(piece)
                size += len(piece)
    except (CannotOpen, FileNotFoundError):
        return None
    return size if digest.hexdigest() == sha256 else None


def bring_contents(runtime: Runtime, migration: Migration, store: Store, beat: Heartbeat) -> None:
    """Copies the contents of a trial's files to the live workspace, each once, sealed with the workspace's key.

    A second call copies only what is missing. Raises Stop for a content that differs from the approved content.
    """
    before = ""
    for record in load_file_records(store, migration.workspace_id):
        if record.sha256 != before and not runtime.files.exists(migration.workspace_id, record.sha256):
            beat()
            _bring(runtime, migration, record.sha256, beat)
        before = record.sha256


def _bring(runtime: Runtime, migration: Migration, sha256: str, beat: Heartbeat) -> None:
    try:
        with open_in_trial(runtime, migration, sha256) as content, beat.during():
            runtime.files.add(migration.workspace_id, sha256, content)
    except (CannotOpen, FileNotFoundError, NotThatContent):
        raise Stop(Problem("file_bytes_altered", level=Level.STOPS)) from None


class ContentsMissing(Exception):
    """A content that was copied is gone. The caller copies it again."""


def require_all_contents(runtime: Runtime, workspace_id: str) -> Callable[[Sides], None]:
    """A check for the transaction that makes a trial live: raises ContentsMissing for a file without its content."""

    def check(sides: Sides) -> None:
        if next(missing_contents(sides, runtime.files, workspace_id), None) is not None:
            raise ContentsMissing

    return check


def sweep_workspaces(runtime: Runtime) -> int:
    """Deletes contents of live workspaces without a file record, such as those of an undone move. Returns their number.

    Workspaces with a trial that is going live are left out. A second call deletes nothing.
    """
    with runtime.ledger.read() as session:
        states = session.exec(select(Migration.workspace_id, Migration.state).distinct()).all()
    coming = {workspace_id for workspace_id, state in states if State(state) in COMING}
    quiet = sorted({workspace_id for workspace_id, _ in states} - coming)
    for workspace_id in quiet:
        runtime.files.sweep_unfinished(workspace_id, now() - timedelta(hours=1))
    return sum(sweep_contents(runtime.caspen, runtime.files, workspace_id) for workspace_id in quiet)
