"""Hands an export over: stores its bytes, records the export in the ledger, and notifies a worker."""

from collections.abc import Iterable, Sequence

from app.links.normalise import normalise
from app.links.share_link import ShareLink
from app.migration.advance import By
from app.migration.exports import Handed, Stored, link_of, password_of, store, submit_files, submit_link
from app.migration.models import Export, Migration
from app.worker.runtime import Confirm, Runtime


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
        with runtime.write(confirm) as session:
            submit_files(session, migration.id, stored, way=way, name=name, by=by)
    except BaseException:
        _delete(runtime, stored)
        raise


def _delete(runtime: Runtime, stored: Iterable[Stored]) -> None:
    for file in stored:
        runtime.objects.delete(file.object_key)


def hand_over_link(
    runtime: Runtime,
    migration: Migration,
    link: ShareLink,
    *,
    hint: str,
    by: By,
    name: str = "",
    confirm: Confirm | None = None,
) -> None:
    """Stores a share link and its password sealed, and starts the download."""
    key, address = runtime.link_key(migration), link.address.secret_url
    with runtime.write(confirm) as session:
        submit_link(session, migration.id, address, key=key, by=by, hint=hint, name=name, password=link.password)


def handed_over_link(export: Export, key: bytes) -> ShareLink | None:
    """The link of an export, with its password. None for an upload, and after the link was deleted.

    Raises CannotOpen for another key, and Stop where the stored text is no link.
    """
    text = link_of(export, key)
    return None if text is None else normalise(text, password_of(export, key))
