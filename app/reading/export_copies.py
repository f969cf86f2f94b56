"""Prepares our copy of an export for a limited process."""

import base64

from app.isolated.export_copy import CopiedFile, ExportCopy
from app.migration.exports import fetched_files, zip_password_of
from app.migration.models import Migration
from app.worker.excluded_files import files_excluded_in_reading
from app.worker.runtime import Runtime


def export_copy(runtime: Runtime, migration: Migration) -> ExportCopy:
    """Returns the files as handed over; no files once the migration's key is deleted. Files that crashed a reader
    before are excluded and not opened again."""
    with runtime.ledger.read() as session:
        given = fetched_files(session, migration.id, migration.export_number) if migration.wrapped_key else []
        excluded = files_excluded_in_reading(session, migration)
        password = zip_password_of(session, migration, runtime.link_key(migration)) if migration.wrapped_key else None
    key = runtime.key(migration) if migration.wrapped_key else b""
    return ExportCopy(
        str(runtime.objects.root),
        base64.b64encode(key).decode(),
        tuple(CopiedFile(file.path, file.size, file.object_key) for file in given),
        migration.source,
        password,
        str(runtime.scratch.folder),
        tuple(sorted(excluded)),
        runtime.settings.killer_marker,
    )
