"""Hands over a clinic's export: by upload, by share link, or as the sample. A later export replaces it."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from sqlmodel import Session, col, select

from app.db import now
from app.mapping.plan import Plan
from app.mapping.storable import storable
from app.migration.advance import By, Cause, Guard, advance, locked
from app.migration.both_lists import lists_acknowledged
from app.migration.checked_links import forget_checked
from app.migration.models import Export, ExportFile, Migration
from app.migration.states import Event
from app.storage import Objects, open_secret, seal_secret

CHUNK = 1 << 20
LINK = "link"
PASSWORD = "password"  # noqa: S105 - what a sealed text is, not one
ZIP_PASSWORD = "zip password"  # noqa: S105 - as above
ITEM = "item"


@dataclass(frozen=True, slots=True)
class Handed:
    """One file that a clinic hands over: its name (or path in a folder) and its bytes."""

    path: str
    stream: BinaryIO


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in encrypted storage: its key, size and sha256."""

    path: str
    object_key: str
    size: int
    sha256: str


def store(objects: Objects, key: bytes, migration_id: str, files: Iterable[Handed]) -> list[Stored]:
    """Streams files into encrypted storage, 1 MiB at a time. Writes nothing to the ledger."""
    return [_store_file(objects, key, migration_id, file) for file in files]


def _store_file(objects: Objects, key: bytes, migration_id: str, file: Handed) -> Stored:
    object_key = f"{migration_id}/files/{secrets.token_hex(16)}"
    digest, size = hashlib.sha256(), 0
    with objects.writer(object_key, key) as out:
        for chunk in _chunks(file.stream):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return Stored(storable(file.path), object_key, size, digest.hexdigest())


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def whole_sha256(files: Sequence[Stored]) -> str:
    """The sha256 of an export: that of its single file, or that of the lines `sha256  path` sorted by path."""
    if len(files) == 1:
        return files[0].sha256
    lines = "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda f: f.path))
    return hashlib.sha256(lines.encode()).hexdigest()


def submit_files(session: Session, migration_id: str, files: Sequence[Stored], *, way: str, name: str, by: By) -> None:
    """Hands over files that are already in storage. The next export of a migration replaces the export before.

    Raises GuardRefused when the lists of the migration are not acknowledged.
    """
    _submit(session, migration_id, by, {"way": way, "files": len(files)})
    migration = _numbered(session, migration_id)
    session.add(
        Export(
            migration_id=migration_id,
            number=migration.export_number,
            way=way,
            name=name,
            sha256=whole_sha256(files),
            size=sum(file.size for file in files),
            fetched_at=now(),
        )
    )
    record_files(session, migration_id, migration.export_number, files)
    session.flush()


def submit_link(
    session: Session,
    migration_id: str,
    link: str,
    *,
    hint: str,
    key: bytes,
    by: By,
    name: str = "",
    password: str = "",
) -> None:
    """Hands over a share link, stored sealed because it opens the clinic's data. `hint` is safe to show.

    Raises GuardRefused when the lists of the migration are not acknowledged.
    """
    _submit(session, migration_id, by, {"way": "link"})
    migration = _numbered(session, migration_id)
    session.add(
        Export(
            migration_id=migration_id,
            number=migration.export_number,
            way="link",
            sealed_link=seal_secret(link, key, LINK),
            sealed_password=seal_secret(password, key, PASSWORD) if password else None,
            link_hint=hint,
            name=name,
        )
    )
    session.flush()


def _submit(session: Session, migration_id: str, by: By, facts: dict[str, str | int]) -> None:
    guards: dict[str, Guard] = {"lists_acknowledged": lists_acknowledged}
    advance(session, migration_id, Event.SUBMIT_EXPORT, by, Cause(facts=facts), guards)


def replace_export(session: Session, migration_id: str, by: By, reason: str = "") -> None:
    """Returns to `preparing`, for another export. The old export is kept until the new export is read."""
    advance(session, migration_id, Event.REPLACE_EXPORT, by, Cause(reason=reason))


def read_again(session: Session, migration_id: str, plan: Plan, by: By, *, guard: Guard, reason: str = "") -> None:
    """Reads the same files again with `plan`. Nothing is fetched again.

    The new reading is a separate export, with the next number and the same stored files. The old reading is kept until
    the new reading is done, so that the two can be compared.
    """
    before = session.exec(
        select(Export)
        .join(Migration, col(Migration.id) == Export.migration_id)
        .where(Export.migration_id == migration_id, Export.number == Migration.export_number)
    ).first()
    facts = {"fingerprint": plan.fingerprint()}
    advance(session, migration_id, Event.READ_AGAIN, by, Cause(reason, facts), {"export_kept": guard})
    assert before is not None  # noqa: S101 - the guard has seen it
    files = fetched_files(session, migration_id, before.number)
    migration = _numbered(session, migration_id)
    migration.plan = plan.model_dump(mode="json")
    migration.plan_confirmed_at = None
    session.add(migration)
    kept = before.model_dump(exclude={"number", "inventory", "read_at"})
    session.add(Export(**kept, number=migration.export_number))
    for file in files:
        session.add(ExportFile(**file.model_dump(exclude={"export_number"}), export_number=migration.export_number))
    session.flush()


def record_files(session: Session, migration_id: str, number: int, files: Sequence[Stored]) -> None:
    """Writes ledger rows for the fetched files. A second call changes nothing."""
    known = {row.number for row in _numbered_files(session, migration_id, number)}
    for place, file in enumerate(files, start=1):
        if -place not in known:
            session.add(
                ExportFile(
                    migration_id=migration_id,
                    export_number=number,
                    number=-place,
                    path=file.path,
                    object_key=file.object_key,
                    size=file.size,
                    sha256=file.sha256,
                )
            )


def current_export(session: Session, migration: Migration) -> Export | None:
    return session.get(Export, (migration.id, migration.export_number)) if migration.export_number else None


def files_of(session: Session, migration_id: str, number: int) -> list[ExportFile]:
    """The files of an export as they were read, archives unpacked, in order."""
    return [file for file in _numbered_files(session, migration_id, number) if file.number > 0]


def fetched_files(session: Session, migration_id: str, number: int) -> list[ExportFile]:
    """The files of an export as they were handed over, in order."""
    return [file for file in reversed(_numbered_files(session, migration_id, number)) if file.number < 0]


def _numbered_files(session: Session, migration_id: str, number: int) -> list[ExportFile]:
    chosen = (
        select(ExportFile)
        .where(ExportFile.migration_id == migration_id, ExportFile.export_number == number)
        .order_by(col(ExportFile.number))
    )
    return list(session.exec(chosen))


def link_of(export: Export, key: bytes) -> str | None:
    """The share link itself, for the download only."""
    return open_secret(export.sealed_link, key, LINK) if export.sealed_link else None


def password_of(export: Export, key: bytes) -> str:
    """The link's password, for the download only. Empty when the link has none."""
    return open_secret(export.sealed_password, key, PASSWORD) if export.sealed_password else ""


def keep_zip_password(session: Session, migration: Migration, password: str, key: bytes) -> None:
    """Stores the password of the current export's locked zips, sealed. Every later opening of the zips needs it."""
    export = session.get_one(Export, (migration.id, migration.export_number))
    export.sealed_zip_password = seal_secret(password, key, ZIP_PASSWORD)
    session.add(export)


def zip_password_of(session: Session, migration: Migration, key: bytes) -> str | None:
    export = current_export(session, migration)
    sealed = export.sealed_zip_password if export else None
    return open_secret(sealed, key, ZIP_PASSWORD) if sealed else None


def _numbered(session: Session, migration_id: str) -> Migration:
    forget_checked(session, migration_id)
    migration = locked(session, migration_id)
    migration.export_number += 1
    migration.export_confirmed_at = None
    session.add(migration)
    return migration
