"""The files behind a clinic's link are downloaded into encrypted storage. An upload is there already."""

from app.engine.heartbeat import Heartbeat
from app.engine.outcome import Done
from app.engine.runtime import Runtime
from app.engine.work import Lease
from app.errors import Stop
from app.migration.models import Export, Migration
from app.problems import Problem


def fetch(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Fetches what has not been fetched yet."""
    with runtime.ledger.read() as session:
        export = session.get_one(Export, (migration.id, migration.export_number))
    if export.way == "link":
        raise Stop(Problem("provider_off"))
    return Done()
