"""E4: every file that was handed over, and every client's own, is kept byte for byte; no file is without its row, no
row without its file."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from sqlmodel import select

from app.caspen.file_references import load_file_records
from app.caspen.live_files import SHARDS
from app.migration.models import ExportFile, Migration, Part
from app.migration.states import State
from app.reading.attachment_storage import attachments_prefix
from app.storage.encryption import CannotOpen
from app.trial.file_contents import open_in_trial
from app.worker.clean_up import places, wanted_objects
from tests.world.left import Left
from tests.world.manifest import Attachment

PIECE = 1 << 16


def check(left: Left) -> list[str]:
    wrong = []
    for migration in left.migrations:
        if migration.wrapped_key:
            wrong += [*_of(migration, left), *_brought(migration, left)]
        if migration.state == State.FINALISED:
            wrong += _live(migration, left)
    return wrong


def _of(migration: Migration, left: Left) -> list[str]:
    with left.runtime.ledger.read() as session:
        files = session.exec(
            select(ExportFile).where(
                ExportFile.migration_id == migration.id, ExportFile.export_number == migration.export_number
            )
        ).all()
        parts = session.exec(select(Part.object_key).where(Part.migration_id == migration.id)).all()
        wanted = wanted_objects(session, migration.id)
    handed = {file.path: (file.object_key, Attachment(file.size, file.sha256)) for file in files if file.number < 0}
    wrong = [f"{path}: not kept" for path in left.manifest.files.keys() - handed.keys()]
    for path, (key, said) in handed.items():
        planted = left.manifest.files.get(path)
        if planted != said or _kept(partial(_handed, left, migration, key)) != said:
            wrong.append(f"{path}: other bytes than were handed over")
    wrong += [f"a part has no object: {key}" for key in parts if not left.runtime.objects.exists(key)]
    kept = [prefix for prefix, _ in places(migration.id, migration.export_number)]
    stored = {key for prefix in kept for key in left.runtime.objects.list(prefix)}
    wrong += [f"an object is nobody's: {key}" for key in sorted(stored - wanted)]
    return wrong


def _brought(migration: Migration, left: Left) -> list[str]:
    """The faults of clients' own files stored with the export: they must be the planted files, and no others."""
    planted = {one.sha256: one for one in left.manifest.attachments.values()}
    prefix = attachments_prefix(migration.id, migration.export_number).rstrip("/")
    kept = {key.rpartition("/")[2] for key in left.runtime.objects.list(prefix)}
    wrong = [f"with the export, nobody's: {sha256}" for sha256 in sorted(kept - planted.keys())]
    for sha256, said in planted.items():
        if _kept(partial(open_in_trial, left.runtime, migration, sha256)) != said:
            wrong.append(f"with the export, other bytes or none: {sha256}")
    return wrong


def _live(migration: Migration, left: Left) -> list[str]:
    """Clients' own files as they are live: each row with its bytes, no bytes without a row, no row unplanted."""
    files, workspace = left.runtime.files, migration.workspace_id
    rows = {
        one.source_id: Attachment(one.size, one.sha256)
        for one in load_file_records(left.runtime.caspen.live, workspace)
    }
    wrong = [f"a live file is not there: {key}" for key in sorted(left.manifest.attachments.keys() - rows.keys())]
    wrong += [f"a live file is nobody's: {key}" for key in sorted(rows.keys() - left.manifest.attachments.keys())]
    for key, said in rows.items():
        planted = left.manifest.attachments.get(key)
        if planted != said or _kept(partial(files.open, workspace, said.sha256)) != said:
            wrong.append(f"a live file has other bytes or none: {key}")
    kept = {sha256 for shard in SHARDS for sha256 in files.shard(workspace, shard)}
    wrong += [f"live bytes without a row: {sha256}" for sha256 in sorted(kept - {one.sha256 for one in rows.values()})]
    return wrong


def _handed(left: Left, migration: Migration, key: str) -> BinaryIO:
    return left.runtime.objects.reader(key, left.runtime.key(migration))


def _kept(opened: Callable[[], BinaryIO]) -> Attachment | None:
    digest, size = hashlib.sha256(), 0
    try:
        with opened() as kept:
            while piece := kept.read(PIECE):
                digest.update(piece)
                size += len(piece)
    except (OSError, CannotOpen):
        return None
    return Attachment(size, digest.hexdigest())
