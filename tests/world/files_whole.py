"""E4: every file that was handed over is kept byte for byte; no file is without its row, no row without its file."""

import hashlib

from sqlmodel import select

from app.engine.orphans import places, wanted_objects
from app.migration.models import ExportFile, Migration, Part
from app.storage.encryption import CannotOpen
from tests.world.left import Left
from tests.world.manifest import Attachment

PIECE = 1 << 16


def check(left: Left) -> list[str]:
    wrong = []
    for migration in left.migrations:
        if migration.wrapped_key:
            wrong += _of(migration, left)
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
        if planted != said or _kept(migration, key, left) != said:
            wrong.append(f"{path}: other bytes than were handed over")
    wrong += [f"a part has no object: {key}" for key in parts if not left.runtime.objects.exists(key)]
    kept = [prefix for prefix, _ in places(migration.id, migration.export_number)]
    stored = {key for prefix in kept for key in left.runtime.objects.list(prefix)}
    wrong += [f"an object is nobody's: {key}" for key in sorted(stored - wanted)]
    return wrong


def _kept(migration: Migration, key: str, left: Left) -> Attachment | None:
    digest, size = hashlib.sha256(), 0
    try:
        with left.runtime.objects.reader(key, left.runtime.key(migration)) as kept:
            while piece := kept.read(PIECE):
                digest.update(piece)
                size += len(piece)
    except (OSError, CannotOpen):
        return None
    return Attachment(size, digest.hexdigest())
