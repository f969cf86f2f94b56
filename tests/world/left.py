"""All leftovers of a move, in every place where there could be some."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import select

from app.caspen.digests import content_hash
from app.caspen.row_codec import shape
from app.caspen.statements import at, canonical_columns, stream
from app.caspen.stores import Store
from app.caspen.tables import OBJECTS
from app.migration.models import Migration
from app.worker.runtime import Runtime
from tests.world.manifest import Manifest

Contents = Mapping[str, Mapping[str, str]]  # by table, then by id: the hash of a record's columns


@dataclass(frozen=True)
class Delivery:
    """One mail as it arrived at a mailbox."""

    recipient: str
    message_id: str
    subject: str


@dataclass
class Left:
    """The world after a move. `reference` has the live tables after an undisturbed run."""

    runtime: Runtime
    manifest: Manifest
    reference: Contents
    deliveries: list[Delivery] = field(default_factory=list)
    logs: tuple[Path, ...] = ()

    @property
    def migrations(self) -> list[Migration]:
        with self.runtime.ledger.read() as session:
            return list(session.exec(select(Migration)))


def contents(runtime: Runtime, store: Store | None = None) -> dict[str, dict[str, str]]:
    """Every imported record of a store, or of the live workspace, hashed anew from its columns."""
    live = store or runtime.caspen.live
    found: dict[str, dict[str, str]] = {}
    with live.database.connection(reading=True) as connection:
        for model in OBJECTS:
            to = shape(str(model.__tablename__))
            place = to.place("id")
            columns = canonical_columns(connection, to, to.content)
            sql = f'SELECT {columns} FROM {at(live.schema, to.name)} WHERE "source_kind" IS NOT NULL'
            rows = stream(connection, to, sql)
            found[to.name] = {str(row[place]): content_hash(to.content, row).hex() for row in rows}
    return found


def delivered(mailbox: Path) -> list[Delivery]:
    """The mails that a mailbox received, in order: one JSON line for each mail."""
    if not mailbox.exists():
        return []
    return [Delivery(**json.loads(line)) for line in mailbox.read_text(encoding="utf-8").splitlines()]
