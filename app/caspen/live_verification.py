"""Checks later on whether the live workspace still holds what was approved, record by record against the trial.

Records that people edited or deleted since are only counted, by the gateway's entries. Every other record must equal
its approved state, with the bookkeeping that promotion wrote: a column that claims an edit is no proof of one.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from app.caspen.bookkeeping import BOOKKEEPING, PEOPLE, Writer
from app.caspen.digests import Digest, Digests, content_hash
from app.caspen.edit_entries import DELETED, claimed_act, entries, is_chained, list_acts, states_of, untouched
from app.caspen.readback import SHOWN, Altered
from app.caspen.relied_records import Ids
from app.caspen.row_codec import TableShape, shape
from app.caspen.statements import among, at, batches, canonical_columns, fetch, ids_there, stream
from app.caspen.stores import Sides, Store, Stores
from app.caspen.tables import OBJECTS

_WRITTEN = tuple(line.column for line in BOOKKEEPING if line.writer is not Writer.KEY)


@dataclass(slots=True)
class LiveVerification:
    """Records that equal their approved state, that people changed, and that are altered, missing or of unknown origin.

    `contents`: files whose bytes are missing or differ from the approved bytes. The caller that can open them fills it.
    `untrusted` names changed data that the check itself relies on: `trial`, `edits` or `journal`.
    """

    as_approved: int = 0
    by_people: int = 0
    altered: list[Altered] = field(default_factory=list)
    missing: list[Altered] = field(default_factory=list)
    added: list[Altered] = field(default_factory=list)
    contents: list[Altered] = field(default_factory=list)
    untrusted: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not (self.altered or self.missing or self.added or self.contents or self.untrusted)


@dataclass(frozen=True, slots=True)
class LedgerMoments:
    """The ledger's facts about a live workspace.

    `moments` are the moments, as text, at which migrations went live, by migration; None for a migration from before
    moments were kept. `approved` are the digests of the trial by source kind. `matched` are the live records that stand
    for rows of the export, without a record in the trial.
    """

    moments: Mapping[str, str | None] = field(default_factory=dict)
    approved: Mapping[str, Digest] | None = None
    matched: Ids = field(default_factory=dict)


def verify_live(
    stores: Stores,
    trial: Store,
    workspace_id: str,
    migration_id: str,
    conflicts: Container[str] = (),
    known: LedgerMoments | None = None,
) -> LiveVerification:
    """Compares the live workspace with the promoted trial. `conflicts`: ids that promotion left as people had them.

    The first thousand of each fault are named.
    """
    verification, reviewed = LiveVerification(), Digests()
    with stores.comparing(trial) as sides:
        list_acts(sides.connection, sides.live, workspace_id)
        if not is_chained(sides.connection, sides.live, workspace_id):
            verification.untrusted.append("edits")
        for model in OBJECTS:
            to = shape(str(model.__tablename__))
            _compare(sides, to, workspace_id, known or LedgerMoments(), verification, reviewed)
            _check_acts(sides, to, workspace_id, verification)
            _check_claims(sides, to, workspace_id, verification)
            verification.added += list(_added(sides, to, workspace_id, migration_id, known))
            noted = {record.id for record in verification.missing}
            matched = known.matched.get(to.name, ()) if known is not None else ()
            for record_id in _gone(sides.connection, sides.live, workspace_id, to.name, matched):
                if record_id not in noted:
                    _note(verification.missing, Altered(to.name, record_id, "", "", 0))
    if known is not None and known.approved is not None and not _same(reviewed, known.approved):
        verification.untrusted.append("trial")
    return verification


def missing_records(stores: Stores, trial: Store, workspace_id: str) -> Counter[str]:
    """By source kind, the records of a trial that the live workspace does not hold, not even marked as deleted."""
    missing: Counter[str] = Counter()
    with stores.comparing(trial) as sides:
        for model in OBJECTS:
            name = str(model.__tablename__)
            sql = (
                f'SELECT record."source_kind", count(*) FROM {at(sides.trial, name)} AS record '
                f'WHERE record."workspace_id" = ? AND NOT EXISTS (SELECT 1 FROM {at(sides.live, name)} AS live '
                'WHERE live."workspace_id" = record."workspace_id" AND live."id" = record."id") GROUP BY 1'
            )
            for kind, count in fetch(sides.connection, sql, (workspace_id,)):
                missing[str(kind)] += int(count)
    return missing


def missing_matched(stores: Stores, workspace_id: str, matched: Ids) -> Counter[str]:
    """By table, the records of `matched` that the live workspace does not hold, not even marked as deleted."""
    live = stores.live
    with live.database.connection(reading=True) as connection:
        return +Counter(
            {name: len(_gone(connection, live.schema, workspace_id, name, ids)) for name, ids in matched.items()}
        )


def _gone(connection: Connection, schema: str, workspace_id: str, table: str, ids: Iterable[str]) -> list[str]:
    return sorted(set(ids) - ids_there(connection, schema, workspace_id, table, ids))


def workspaces_with_records(stores: Stores) -> set[str]:
    """The workspaces that have a record in the live store."""
    live, ids = stores.live, set[str]()
    with live.database.connection(reading=True) as connection:
        for model in OBJECTS:
            sql = f'SELECT DISTINCT "workspace_id" FROM {at(live.schema, str(model.__tablename__))}'
            ids.update(str(row[0]) for row in fetch(connection, sql))
    return ids


def strays_of(stores: Stores, workspace_id: str, known: Sequence[str]) -> list[Altered]:
    """Records of a workspace that neither a person nor one of the `known` migrations brought; up to 1,000 per table."""
    live, strays = stores.live, list[Altered]()
    with live.database.connection(reading=True) as connection:
        list_acts(connection, live.schema, workspace_id)
        brought, given = among(connection, 'live."migration_id"', list(known))
        for model in OBJECTS:
            to = shape(str(model.__tablename__))
            sql = (
                'SELECT live."id", live."source_kind", live."source_id", live."line" '
                f'FROM {at(live.schema, to.name)} AS live WHERE live."workspace_id" = ? AND {untouched(to, "live")} '
                f'AND (live."source_kind" IS NULL OR live."migration_id" IS NULL OR NOT ({brought})) LIMIT {SHOWN}'
            )
            strays += [
                Altered(to.name, str(record_id), str(kind or ""), str(source_id or ""), int(line or 0))
                for record_id, kind, source_id, line in fetch(connection, sql, (workspace_id, given))
            ]
    return strays


def _same(left: Mapping[str, Digest], right: Mapping[str, Digest]) -> bool:
    return all(left.get(kind, Digest()) == right.get(kind, Digest()) for kind in left.keys() | right.keys())


def _compare(
    sides: Sides,
    to: TableShape,
    workspace_id: str,
    known: LedgerMoments,
    verification: LiveVerification,
    reviewed: Digests,
) -> None:
    written = [name for name in _WRITTEN if name in to.rest]
    columns = canonical_columns(sides.connection, to, (*to.content, *written), "live.")
    marks = f'{untouched(to, "live")}, live."id" IS NULL'
    identity = (
        'record."content_hash", record."id", record."source_kind", record."source_id", record."part", record."line"'
    )
    sql = (
        f"SELECT {columns}, {marks}, {identity} FROM {at(sides.trial, to.name)} AS record "
        f'LEFT JOIN {at(sides.live, to.name)} AS live ON live."workspace_id" = record."workspace_id" '
        'AND live."id" = record."id" WHERE record."workspace_id" = ?'
    )
    end = len(to.content)
    for row in stream(sides.connection, to, sql, (workspace_id,)):
        bookkeeping = dict(zip(written, row[end:], strict=False))
        free, gone, approved, record_id, kind, source_id, part, line = row[end + len(written) :]
        which = Altered(to.name, str(record_id), str(kind), str(source_id), int(line or 0))
        reviewed.setdefault(str(kind), Digest()).add(str(record_id), _bytes(approved))
        if gone:
            _note(verification.missing, which)
        elif not free:
            verification.by_people += 1
        elif content_hash(to.content, row).hex() == approved and _is_written(
            bookkeeping, approved, (part, line), known
        ):
            verification.as_approved += 1
        else:
            _note(verification.altered, which)


def _bytes(stored: object) -> bytes:
    try:
        return bytes.fromhex(str(stored))
    except ValueError:
        return b""


def _is_written(bookkeeping: Mapping[str, object], approved: object, place: object, known: LedgerMoments) -> bool:
    """Whether bookkeeping is what promotion wrote. Before moments were kept, a record's place was copied as well."""
    if bookkeeping["content_hash"] != approved:
        return False
    if (bookkeeping["part"], bookkeeping["line"]) not in ((None, None), place):
        return False
    if any(bookkeeping[name] != (1 if name == "version" else None) for name in PEOPLE):
        return False
    if not known.moments:
        return True
    migration_id = str(bookkeeping["migration_id"])
    if migration_id not in known.moments:
        return False
    moment = known.moments[migration_id]
    if moment is not None and bookkeeping["imported_at"] != moment:
        return False
    made = bookkeeping.get("created_at", moment)
    return made == moment or None in known.moments.values() or made in known.moments.values()


def _check_acts(sides: Sides, to: TableShape, workspace_id: str, verification: LiveVerification) -> None:
    """Checks that records that people made exist and that touched records are as people left them."""
    last = {
        entry.id: entry
        for entry in entries(sides.connection, sides.live, workspace_id, to.name)
        if entry.is_sealed(workspace_id)
    }
    for piece in batches(last):
        states = states_of(sides.connection, sides.live, workspace_id, to, piece)
        for record_id in piece:
            if record_id not in states and last[record_id].act != DELETED:
                _note(verification.missing, Altered(to.name, record_id, "", "", 0))
            elif last[record_id].state not in ("", states.get(record_id, last[record_id].state)):
                _note(verification.altered, Altered(to.name, record_id, "", "", 0))


def _check_claims(sides: Sides, to: TableShape, workspace_id: str, verification: LiveVerification) -> None:
    """Notes the live records outside the trial whose columns claim an act that has no entry: an export did not bring
    them again because of that claim."""
    sql = (
        f'SELECT live."id", live."source_kind", live."source_id", live."line" FROM {at(sides.live, to.name)} AS live '
        f'WHERE live."workspace_id" = ? AND {claimed_act(sides.connection)} IS NOT NULL AND {untouched(to, "live")} '
        f"AND NOT EXISTS (SELECT 1 FROM {at(sides.trial, to.name)} AS record "
        f'WHERE record."workspace_id" = live."workspace_id" AND record."id" = live."id") LIMIT {SHOWN}'
    )
    for record_id, kind, source_id, line in fetch(sides.connection, sql, (workspace_id,)):
        which = Altered(to.name, str(record_id), str(kind or ""), str(source_id or ""), int(line or 0))
        _note(verification.altered, which)


def _added(
    sides: Sides, to: TableShape, workspace_id: str, migration_id: str, known: LedgerMoments | None
) -> Iterator[Altered]:
    """Untouched live records outside the trial that name this migration, an unknown migration or no migration.

    A matched record may name this migration: an earlier migration that was undone gave it.
    """
    connection: Connection = sides.connection
    of_this = "coalesce(live.\"migration_id\", '') = ?"
    mine, given = of_this, migration_id
    matched = known.matched.get(to.name, frozenset()) if known is not None else frozenset()
    is_matched, ids = among(connection, 'live."id"', sorted(matched))
    if known is not None:
        earlier, given = among(connection, 'live."migration_id"', sorted(known.moments.keys() - {migration_id}))
        mine = f'live."source_kind" IS NULL OR live."migration_id" IS NULL OR NOT ({earlier})'
    sql = (
        f'SELECT live."id", live."source_kind", live."source_id", live."line" FROM {at(sides.live, to.name)} AS live '
        f'WHERE live."workspace_id" = ? AND ({mine}) AND {untouched(to, "live")} AND NOT EXISTS '
        f'(SELECT 1 FROM {at(sides.trial, to.name)} AS record WHERE record."workspace_id" = live."workspace_id" '
        f'AND record."id" = live."id") AND NOT ({of_this} AND {is_matched}) LIMIT {SHOWN}'
    )
    for record_id, kind, source_id, line in fetch(connection, sql, (workspace_id, given, migration_id, ids)):
        yield Altered(to.name, str(record_id), str(kind or ""), str(source_id or ""), int(line or 0))


def _note(where: list[Altered], which: Altered) -> None:
    if len(where) < SHOWN:
        where.append(which)
