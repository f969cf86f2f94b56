"""What clients' files hold, on its way: read back from a trial to be proven, and brought along when it goes live."""

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
from app.reading.attachment_storage import attachment_key
from app.storage import CannotOpen
from app.trial.context import attachments_prefix
from app.worker.heartbeat import Heartbeat
from app.worker.runtime import Runtime

PIECE = 256 << 10
COMING = frozenset({State.FINALISING, State.FINALISING_FAILED, State.PAUSED})


def open_in_trial(runtime: Runtime, migration: Migration, sha256: str) -> BinaryIO:
    """A content as it lies with the export. Raises FileNotFoundError, or CannotOpen where somebody changed it."""
    key = attachment_key(attachments_prefix(migration.id, migration.export_number), sha256)
    return runtime.objects.reader(key, runtime.key(migration))


def altered_files(runtime: Runtime, migration: Migration, store: Store, beat: Heartbeat) -> Iterator[FileRecord]:
    """The file records of a trial whose content, read back from storage byte by byte, is not what they say it is."""
    seen: tuple[str, int | None] = ("", None)
    for one in load_file_records(store, migration.workspace_id):
        if one.sha256 != seen[0]:
            opened = partial(open_in_trial, runtime, migration, one.sha256)
            seen = (one.sha256, _size_of(opened, one.sha256, beat))
        if one.size != seen[1]:
            yield one


def altered_live(runtime: Runtime, workspace_id: str) -> Iterator[FileRecord]:
    """The imported files of a live workspace whose content is not there, or is another one."""
    seen: tuple[str, int | None] = ("", None)
    for one in load_file_records(runtime.caspen.live, workspace_id):
        if one.sha256 != seen[0]:
            opened = partial(runtime.files.open, workspace_id, one.sha256)
            seen = (one.sha256, _size_of(opened, one.sha256))
        if one.size != seen[1]:
            yield one


def _size_of(opened: Callable[[], BinaryIO], sha256: str, beat: Heartbeat | None = None) -> int | None:
    """How many bytes a content has; None where they are not there, or are other ones."""
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
    """Seals what a trial's files hold for the live workspace, each content once; goes on where it was interrupted.

    Raises Stop where a content is not what was approved.
    """
    before = ""
    for one in load_file_records(store, migration.workspace_id):
        if one.sha256 != before and not runtime.files.exists(migration.workspace_id, one.sha256):
            beat()
            _bring(runtime, migration, one.sha256, beat)
        before = one.sha256


def _bring(runtime: Runtime, migration: Migration, sha256: str, beat: Heartbeat) -> None:
    try:
        with open_in_trial(runtime, migration, sha256) as content, beat.during():
            runtime.files.add(migration.workspace_id, sha256, content)
    except (CannotOpen, FileNotFoundError, NotThatContent):
        raise Stop(Problem("file_bytes_altered", level=Level.STOPS)) from None


class StillLacking(Exception):
    """A content that was there a moment ago is gone: it is brought again."""


def all_there(runtime: Runtime, workspace_id: str) -> Callable[[Sides], None]:
    """Asks, inside the transaction that makes a trial live, whether every file has its content. Else StillLacking."""

    def ask(sides: Sides) -> None:
        if next(missing_contents(sides, runtime.files, workspace_id), None) is not None:
            raise StillLacking

    return ask


def sweep_workspaces(runtime: Runtime) -> int:
    """Deletes contents of live workspaces of which no file speaks: left by an undo, or by a promotion that failed."""
    with runtime.ledger.read() as session:
        states = session.exec(select(Migration.workspace_id, Migration.state).distinct()).all()
    coming = {workspace_id for workspace_id, state in states if State(state) in COMING}
    quiet = sorted({workspace_id for workspace_id, _ in states} - coming)
    for workspace_id in quiet:
        runtime.files.sweep_unfinished(workspace_id, now() - timedelta(hours=1))
    return sum(sweep_contents(runtime.caspen, runtime.files, workspace_id) for workspace_id in quiet)
