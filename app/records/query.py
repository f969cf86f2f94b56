"""Records of a store by page. Large columns load only where they are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session

from app.caspen.stores import Store
from app.caspen.tables import Imported
from app.records.record_kind import RecordKind

PAGE = 50
WORDS = 5


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A page of records. `total` counts all matches, `short` are ids whose heavy columns are loaded."""

    records: tuple[Any, ...]
    total: int
    page: int
    pages: int
    short: frozenset[str] = frozenset()


def find(
    store: Store,
    workspace_id: str,
    kind: RecordKind,
    *,
    client_id: str | None = None,
    search: str = "",
    page: int = 1,
    size: int = PAGE,
    longest: int = 0,
) -> RecordPage:
    """A page of a kind. With `longest`, heavy columns up to that total length are loaded."""
    table = kind.table.metadata.tables[str(kind.table.__tablename__)]
    wanted = [*there(table, store, workspace_id), *_searched(table, kind, search)]
    if client_id is not None:
        wanted.append(table.c.client_id == client_id)
    with store.database.read() as session:
        connection = session.connection()
        total = int(connection.execute(sa.select(sa.func.count()).select_from(table).where(*wanted)).scalar_one())
        pages = max(1, -(-total // size))
        page = min(max(1, page), pages)
        order = kind.order if client_id is not None else kind.listed_by or kind.order
        chosen = sa.select(table.c.id).where(*wanted).order_by(*_ordered(table, order))
        ids = list(connection.execute(chosen.offset((page - 1) * size).limit(size)).scalars())
        short = _short(session, table, kind, workspace_id, ids, longest)
        records = _loaded(
            session, kind, workspace_id, [record_id for record_id in ids if record_id not in short], full=False
        )
        records |= _loaded(session, kind, workspace_id, sorted(short), full=True)
        session.expunge_all()
    return RecordPage(tuple(records[record_id] for record_id in ids), total, page, pages, short)


def get(store: Store, workspace_id: str, kind: RecordKind, record_id: str) -> Any | None:
    """A whole record. None if there is none or people have deleted it."""
    with store.database.read() as session:
        record = session.get(kind.table, (workspace_id, record_id))
        session.expunge_all()
    return None if record is None or record.deleted_at is not None else record


def counts(store: Store, workspace_id: str, client_id: str, kinds: Iterable[RecordKind]) -> dict[str, int]:
    """The number of records of each kind for a client."""
    numbers = {}
    with store.database.read() as session:
        for kind in kinds:
            table = kind.table.metadata.tables[str(kind.table.__tablename__)]
            wanted = (*there(table, store, workspace_id), table.c.client_id == client_id)
            asked = sa.select(sa.func.count()).select_from(table).where(*wanted)
            numbers[kind.name] = int(session.connection().execute(asked).scalar_one())
    return numbers


def there(table: sa.Table, store: Store, workspace_id: str) -> list[sa.ColumnElement[bool]]:
    """Conditions for records of a workspace that people have not deleted. A trial needs no second condition, so an
    index alone answers.
    """
    mine: list[sa.ColumnElement[bool]] = [table.c.workspace_id == workspace_id]
    return [*mine, table.c.deleted_at.is_(None)] if store.is_live else mine


def _searched(table: sa.Table, kind: RecordKind, search: str) -> list[sa.ColumnElement[bool]]:
    """Every word must occur in a searched column, in any case. Wildcards match literally."""
    if not kind.search:
        return []
    conditions = []
    for word in search.split()[:WORDS]:
        like = f"%{word.replace(chr(92), chr(92) * 2).replace('%', chr(92) + '%').replace('_', chr(92) + '_')}%"
        conditions.append(sa.or_(*(table.c[name].ilike(like, escape="\\") for name in kind.search)))
    return conditions


def _ordered(table: sa.Table, order: Sequence[str]) -> list[sa.ColumnElement[Any]]:
    """Each column ascending, or descending where its name begins with `-`: then records without a value come last."""
    return [table.c[name[1:]].desc().nulls_last() if name.startswith("-") else table.c[name] for name in order]


def _short(
    session: Session, table: sa.Table, kind: RecordKind, workspace_id: str, ids: Sequence[str], longest: int
) -> frozenset[str]:
    if not longest or not kind.heavy:
        return frozenset()
    size = sum(
        (sa.func.coalesce(sa.func.length(sa.cast(table.c[name], sa.Text)), 0) for name in kind.heavy), sa.literal(0)
    )
    asked = sa.select(table.c.id).where(table.c.workspace_id == workspace_id, table.c.id.in_(ids), size <= longest)
    return frozenset(session.connection().execute(asked).scalars())


def _loaded(
    session: Session, kind: RecordKind, workspace_id: str, ids: Sequence[str], *, full: bool
) -> dict[str, Imported]:
    if not ids:
        return {}
    model: Any = kind.table
    asked = sa.select(model).where(model.workspace_id == workspace_id, model.id.in_(ids))
    if not full:
        asked = asked.options(*(defer(getattr(model, name)) for name in kind.heavy))
    return {record.id: record for record in session.scalars(asked)}
