"""An export is handed over to the engine: its bytes go into storage, the ledger learns of it, and a worker is rung."""

from collections.abc import Callable, Iterable, Sequence

from sqlmodel import Session

from app.migration.advance import By, Ring
from app.migration.exports import Handed, Stored, store, submit_files, submit_link
from app.migration.models import Migration
from app.worker.runtime import Runtime

Confirm = Callable[[Session], object]
"""Raises where what a person saw is not so any more; called first in the transaction that hands over."""


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
    """Stores uploaded files (or the sample) and starts the work. Nothing remains stored when the ledger refuses."""
    stored: list[Stored] = []
    try:
        for file in files:
            stored += store(runtime.objects, runtime.key(migration), migration.id, [file])
    except BaseException:
        _forget(runtime, stored)
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
    """Starts the work on files that are in storage already. Nothing remains stored when the ledger refuses."""
    try:
        ring = _submit(
            runtime, confirm, lambda session: submit_files(session, migration.id, stored, way=way, name=name, by=by)
        )
    except BaseException:
        _forget(runtime, stored)
        raise
    runtime.doorbell.ring(ring.migration_id)


def _submit(runtime: Runtime, confirm: Confirm | None, submit: Callable[[Session], Ring]) -> Ring:
    """One transaction: what the person saw is still so, and the export is handed over."""
    with runtime.ledger.write() as session:
        if confirm is not None:
            confirm(session)
        return submit(session)


def _forget(runtime: Runtime, stored: Iterable[Stored]) -> None:
    for kept in stored:
        runtime.objects.delete(kept.object_key)


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
    """Keeps a share link and its password sealed, and starts the download."""
    key = runtime.link_key(migration)
    given = {"hint": hint, "name": name, "password": password}
    ring = _submit(runtime, confirm, lambda session: submit_link(session, migration.id, link, key=key, by=by, **given))
    runtime.doorbell.ring(ring.migration_id)
