"""Hands an export over: stores its bytes, records the export in the ledger, and notifies a worker."""

from collections.abc import Callable, Iterable, Sequence

from sqlmodel import Session

from app.migration.advance import By, QueueNotice
from app.migration.exports import Handed, Stored, store, submit_files, submit_link
from app.migration.models import Migration
from app.worker.runtime import Runtime

Confirm = Callable[[Session], object]
"""Called first in the transaction of the hand-over. Raises where the person's page is out of date."""


def hand_over_files(
    runtime: Runtime,
    migration: Migration,
    files: Iterable[Handed],
    *,
    by: By,
    name: str,
    way: str = "upload",
    confirm: Confirm | None = None,
) -> None:
    """Stores uploaded files (or the sample) and starts the import. Deletes the files again where the ledger raises."""
    stored: list[Stored] = []
    try:
        for file in files:
            stored += store(runtime.objects, runtime.key(migration), migration.id, [file])
    except BaseException:
        _delete(runtime, stored)
        raise
    hand_over_stored(runtime, migration, stored, by=by, name=name, way=way, confirm=confirm)


def hand_over_stored(
    runtime: Runtime,
    migration: Migration,
    stored: Sequence[Stored],
    *,
    by: By,
    name: str,
    way: str = "upload",
    confirm: Confirm | None = None,
) -> None:
    """Starts the import of files that are stored already. Deletes the files where the ledger raises."""
    try:
        notice = _submit(
            runtime, confirm, lambda session: submit_files(session, migration.id, stored, way=way, name=name, by=by)
        )
    except BaseException:
        _delete(runtime, stored)
        raise
    runtime.queue.notify(notice.migration_id)


def _submit(runtime: Runtime, confirm: Confirm | None, submit: Callable[[Session], QueueNotice]) -> QueueNotice:
    """Confirms and hands over in a single transaction."""
    with runtime.ledger.write() as session:
        if confirm is not None:
            confirm(session)
        return submit(session)


def _delete(runtime: Runtime, stored: Iterable[Stored]) -> None:
    for file in stored:
        runtime.objects.delete(file.object_key)


def hand_over_link(
    runtime: Runtime,
    migration: Migration,
    link: str,
    *,
    hint: str,
    by: By,
    name: str = "",
    password: str = "",
    confirm: Confirm | None = None,
) -> None:
    """Stores a share link and its password sealed, and starts the download."""
    key = runtime.link_key(migration)
    given = {"hint": hint, "name": name, "password": password}
    notice = _submit(
        runtime, confirm, lambda session: submit_link(session, migration.id, link, key=key, by=by, **given)
    )
    runtime.queue.notify(notice.migration_id)
