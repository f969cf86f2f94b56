"""Compares a trial with totals that the source computed: each client's first and last visit, and balances.

Numbers go to the ledger. Lines of single clients go to encrypted storage.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self, TypedDict
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from app.caspen.stores import Store
from app.caspen.tables import Appointment, BusyTime, Client, ProgressNote
from app.index.insert import pack_id, seconds
from app.mapping.context import Context
from app.mapping.kind import ComputedColumns
from app.mapping.moments import timestamp
from app.mapping.parse import parse_row
from app.migration.exports import current_export, files_of
from app.migration.models import ExportFile, Migration, Part, Trial, Work
from app.reading.parts import PartRow, read_part
from app.storage.writing import ObjectWriter
from app.trial.account_seal import seal_of_numbers
from app.trial.trial_context import TrialContext, cell_context, trial_contexts
from app.worker.clean_up import compared_key
from app.worker.heartbeat import Heartbeat
from app.worker.leases import DONE, Lease
from app.worker.outcome import Done
from app.worker.runtime import Runtime

CLIENTS = "clients"


class ClientPlace(TypedDict):
    """A client and the place of the client's row: the id and the name in the source, the file and the line."""

    id: str
    name: str
    file: str
    line: int


class BalanceLine(ClientPlace):
    """A client who owes or has paid ahead.

    `client` is the id in Caspen, None for a client who is not in the trial. `amounts` are decimals as text, in the
    order of `ComputedColumns.amounts`.
    """

    client: str | None
    amounts: list[str | None]


class VisitLine(ClientPlace):
    """A client whose first or last visit differs from the source.

    `client` is the id in Caspen. `told_...` are the times in the source, `came_...` the times in the trial, in ISO
    format. `exported`: the missing visit is in the export.
    """

    client: str
    told_first: str | None
    told_last: str | None
    came_first: str | None
    came_last: str | None
    exported: bool


@dataclass(frozen=True, slots=True)
class ClientTotals:
    """The totals in a client's row: first, last and next visit, and amounts in the order of `ComputedColumns.amounts`.

    `client_id` is the id in Caspen, `row` the number in the index, `file` and `line` the place in the export.
    """

    source_id: str
    client_id: str
    name: str
    line: int
    first: datetime | None
    last: datetime | None
    next: datetime | None
    amounts: tuple[Decimal | None, ...]
    row: int = 0
    file: str = ""

    def at(self, row: int, part: Part, file: str | None) -> "ClientTotals":
        return replace(self, row=row, file=file or f"part {part.number}")

    def place(self) -> ClientPlace:
        """The client and the place of the row, for a line in encrypted storage."""
        return {"id": self.source_id, "name": self.name, "file": self.file, "line": self.line}


def client_totals_of(
    trial_context: TrialContext, carried: ComputedColumns, row: PartRow, context: Context, columns: Collection[str]
) -> ClientTotals | None:
    """The totals of a client's row; None for a row without totals. Parses only the needed columns."""
    kind = trial_context.source.kind(carried.kind)
    times = (carried.first, carried.last, carried.next)
    amounts = [name for name, _ in carried.amounts]
    cells = {name: row.cells[name] for name in (*times, *amounts) if name in row.cells}
    if not cells:
        return None
    keys = {p.name for p in kind.columns if p.column.is_key} | set(carried.names)
    parsed = parse_row(kind, {**cells, **{k: row.cells[k] for k in keys if k in row.cells}}, context, columns)
    if parsed.row is None or parsed.source_id is None:
        return None
    first, last, following = (_moment(cells.get(name), context) for name in times)
    return ClientTotals(
        parsed.source_id,
        trial_context.ids.derive(CLIENTS, carried.kind, parsed.source_id),
        " ".join(part for part in (getattr(parsed.row, name, None) for name in carried.names) if part),
        row.line,
        first,
        last,
        following,
        tuple(getattr(parsed.row, name) for name in amounts),
    )


def _moment(cell: str | None, context: Context) -> datetime | None:
    """The moment in a cell; None for an invalid cell, which is not compared."""
    try:
        return timestamp(cell, context, _ignore) if cell else None
    except ValueError:
        return None


def _ignore(_code: str) -> None:
    """Parse problems of columns that are not imported are ignored."""


AT_ONCE = 500
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TrialVisits:
    """The first and last visit of a client in a trial.

    Cancelled visits count for `first_of_all` only. `last` is the last visit until a given moment, and `last_of_all`
    is the last visit.
    """

    workspace_id: str
    client_id: str
    first: datetime | None = None
    first_of_all: datetime | None = None
    last: datetime | None = None
    last_of_all: datetime | None = None

    def is_first(self, moment: datetime) -> bool:
        return moment in (self.first, self.first_of_all)

    def is_last(self, moment: datetime, before: datetime, store: Store) -> bool:
        """Whether a moment is the last visit, or the last visit before `before`, the source's next visit."""
        if moment in (self.last, self.last_of_all):
            return True
        if self.last is None or self.last < moment:
            return False
        with store.database.read() as session:
            query = select(func.max(Appointment.starts_at)).where(
                Appointment.workspace_id == self.workspace_id,
                Appointment.client_id == self.client_id,
                Appointment.status != CANCELLED,
                col(Appointment.starts_at) < before,
            )
            return session.exec(query).one() == moment


def load_trial_visits(
    store: Store, workspace_id: str, clients: Sequence[str], until: datetime
) -> dict[str, TrialVisits]:
    """The visits of clients by id in Caspen, for the clients that are in the trial."""
    visits: dict[str, TrialVisits] = {}
    with store.database.read() as session:
        for batch in _batches(clients):
            in_batch = (Client.workspace_id == workspace_id, col(Client.id).in_(batch))
            visits |= {
                client_id: TrialVisits(workspace_id, client_id)
                for client_id in session.exec(select(Client.id).where(*in_batch))
            }
            for client, *times in session.connection().execute(_trial_visits(workspace_id, batch, until)):
                if client in visits:
                    visits[client] = TrialVisits(workspace_id, client, *times)
    return visits


def _batches(clients: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(clients), AT_ONCE):
        yield list(clients[start : start + AT_ONCE])


def _trial_visits(workspace_id: str, clients: list[str], until: datetime) -> Any:
    at = col(Appointment.starts_at)
    kept = col(Appointment.status) != CANCELLED
    return (
        sa.select(
            col(Appointment.client_id),
            func.min(sa.case((kept, at))),
            func.min(at),
            func.max(sa.case((sa.and_(kept, at <= until), at))),
            func.max(sa.case((kept, at))),
        )
        .where(col(Appointment.workspace_id) == workspace_id, col(Appointment.client_id).in_(clients))
        .group_by(col(Appointment.client_id))
    )


def totals(store: Store, workspace_id: str) -> dict[str, int]:
    """Counts of a trial's records that a clinic can compare with the source."""
    visit, note = Appointment, ProgressNote
    with store.database.read() as session:

        def count(model: Any, *conditions: Any) -> int:
            query = select(func.count()).select_from(model).where(model.workspace_id == workspace_id, *conditions)
            return int(session.exec(query).one())

        return {
            "clients": count(Client),
            "clients_archived": count(Client, col(Client.status) == "archived"),
            "appointments": count(visit),
            "appointments_cancelled": count(visit, col(visit.status) == CANCELLED),
            "appointments_in_groups": count(visit, col(visit.group_id).is_not(None)),
            "busy_times": count(BusyTime, col(BusyTime.source_kind) == "appointments"),
            "notes_draft": count(note, col(note.state) == "draft"),
            "notes_final": count(note, col(note.state) == "final"),
            "visits_with_final": _visited(session, workspace_id, "final"),
            "visits_with_draft": _visited(session, workspace_id, "draft"),
        }


def _visited(session: Session, workspace_id: str, state: str) -> int:
    query = select(func.count(sa.distinct(col(ProgressNote.appointment_id)))).where(
        ProgressNote.workspace_id == workspace_id, ProgressNote.state == state
    )
    return int(session.exec(query).one())


MAKE = """CREATE TEMP TABLE differs (row INTEGER PRIMARY KEY, client TEXT, id TEXT, name TEXT, file TEXT, line INTEGER,
    told_first INTEGER, told_last INTEGER, came_first INTEGER, came_last INTEGER, wanted INTEGER, found INTEGER)"""
# A visit refers to its client itself or through a member's own row. Many rows, few clients: the join order matters.
FIND = """UPDATE temp.differs SET found = 1 WHERE row IN (
    SELECT d.row FROM refs CROSS JOIN temp.differs d ON d.row = refs.target CROSS JOIN rows r ON r.row = refs.row
        WHERE r.kind = :visits AND r.starts_at = d.wanted
    UNION SELECT d.row FROM members m CROSS JOIN temp.differs d ON d.row = m.target CROSS JOIN rows r ON r.row = m.row
        WHERE r.kind = :visits AND r.starts_at = d.wanted)"""


class VisitDifferences:
    """Clients whose first or last visit differs from the source's, in a temporary table during the block."""

    def __init__(self, connection: sqlite3.Connection, carried: ComputedColumns) -> None:
        self._db = connection
        self._visits = carried.visits

    def __enter__(self) -> Self:
        self._db.execute("DROP TABLE IF EXISTS temp.differs")
        self._db.execute(MAKE)
        return self

    def __exit__(self, *_: object) -> None:
        self._db.execute("DROP TABLE IF EXISTS temp.differs")

    def add(self, client: ClientTotals, visits: TrialVisits, wanted: datetime | None) -> None:
        """Adds a client. `wanted` is the moment of a visit that the source has and the trial lacks."""
        times = (client.first, client.last, visits.first, visits.last, wanted)
        place = (client.row, client.client_id, client.source_id, client.name, client.file, client.line)
        values = (*place, *(seconds(at) for at in times), 0)
        self._db.execute("INSERT OR REPLACE INTO temp.differs VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", values)

    def settled(self) -> Counter[str]:
        """Notes which missing visits are in the export, in one query. Returns counts; empty without differences."""
        if self._db.execute("SELECT 1 FROM temp.differs LIMIT 1").fetchone() is None:
            return Counter()
        visits = self._db.execute("SELECT id FROM kinds WHERE name = ?", (self._visits,)).fetchone()
        if visits is not None:
            self._db.execute(FIND, {"visits": visits[0]})
        total, exported = self._db.execute("SELECT COUNT(*), SUM(found) FROM temp.differs").fetchone()
        return Counter({"clients_differ": total, "visits_kept_back": exported, "visits_not_exported": total - exported})

    def lines(self) -> Iterator[VisitLine]:
        """A line for each client, ordered by name."""
        columns = "SELECT client, id, name, file, line, told_first, told_last, came_first, came_last, found"
        for client, source_id, name, file, line, *times, is_exported in self._db.execute(
            f"{columns} FROM temp.differs ORDER BY name, row"
        ):
            told_first, told_last, came_first, came_last = map(_text, times)
            yield {
                "client": client,
                "id": source_id,
                "name": name,
                "file": file,
                "line": line,
                "told_first": told_first,
                "told_last": told_last,
                "came_first": came_first,
                "came_last": came_last,
                "exported": bool(is_exported),
            }


def _text(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


VISITS, BALANCES = "visits", "balances"
LATE = timedelta(days=1)


def compare(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Compares the totals in the clients' rows with the trial, a part at a time, and writes numbers and lines.

    A second call, after a worker died, replaces the lines.
    """
    trial_context = trial_contexts.of(runtime, migration)
    with runtime.ledger.read() as session:
        numbers = reported_numbers(session, migration, lease.run)
        parts = _parts(session, migration, trial_context.source.computed)
        until = export_ended(session, migration, trial_context)
    numbers.update(totals(trial_context.store, migration.workspace_id))
    carried = trial_context.source.computed
    if carried is not None and parts:
        numbers.update(_compared(runtime, migration, trial_context, carried, parts, until, beat))

    def write(session: Session) -> None:
        trial = session.get_one(Trial, (migration.id, trial_context.trial.number))
        trial.held_against = dict(numbers)
        session.add(trial)

    return Done({"held": seal_of_numbers(numbers)}, write)


def reported_numbers(session: Session, migration: Migration, run: str) -> Counter[str]:
    """The sums over all parts of numbers that rows had when they were mapped."""
    numbers: Counter[str] = Counter()
    done = (Work.migration_id == migration.id, Work.run == run, Work.phase == "parts", Work.state == DONE)
    for result in session.exec(select(Work.result).where(*done)):
        numbers.update(result.get("said", {}))
    return numbers


def export_ended(session: Session, migration: Migration, trial_context: TrialContext) -> tuple[datetime, datetime]:
    """The start and end of the day on which the export was made: the last moments that its totals can include."""
    files = [f for f in files_of(session, migration.id, migration.export_number) if _is_carrier(f, trial_context)]
    export = current_export(session, migration)
    days = [datetime.fromisoformat(f.facts["run"]) for f in files if "run" in f.facts]
    zone = ZoneInfo(trial_context.plan.timezone)
    if days:
        began = max(days).replace(tzinfo=zone)
        return began, began + LATE
    moment = export.received_at if export else trial_context.trial.started_at
    return moment - LATE, moment


def _is_carrier(file: ExportFile, trial_context: TrialContext) -> bool:
    return (
        trial_context.source.computed is not None
        and file.kind == trial_context.source.computed.kind
        and file.refused is None
    )


def _parts(session: Session, migration: Migration, carried: ComputedColumns | None) -> list[Part]:
    query = select(Part).where(
        Part.migration_id == migration.id,
        Part.export_number == migration.export_number,
        Part.kind == (carried.kind if carried else ""),
    )
    parts = list(session.exec(query.order_by(col(Part.number))))
    session.expunge_all()
    return parts


def _compared(
    runtime: Runtime,
    migration: Migration,
    trial_context: TrialContext,
    carried: ComputedColumns,
    parts: list[Part],
    until: tuple[datetime, datetime],
    beat: Heartbeat,
) -> Counter[str]:
    numbers: Counter[str] = Counter()
    prefix = compared_key(migration.id, trial_context.trial.number)
    key = runtime.key(migration)
    with ExitStack() as stack:
        differs = stack.enter_context(VisitDifferences(trial_context.index.connection, carried))
        balances = stack.enter_context(runtime.objects.writer(f"{prefix}/{BALANCES}", key))
        for part in parts:
            beat()
            rows = list(_rows(trial_context, carried, part, runtime, key))
            visits_by_client = load_trial_visits(
                trial_context.store, migration.workspace_id, [client.client_id for client in rows], until[1]
            )
            for client in rows:
                _money(balances, client, numbers, visits_by_client)
                if client.client_id in visits_by_client:
                    _visits(differs, client, visits_by_client[client.client_id], until, trial_context, numbers)
        with beat.during():
            numbers.update(differs.settled())
        with runtime.objects.writer(f"{prefix}/{VISITS}", key) as out:
            for line in differs.lines():
                _put(out, line)
    return numbers


def _rows(
    trial_context: TrialContext, carried: ComputedColumns, part: Part, runtime: Runtime, key: bytes
) -> Iterator[ClientTotals]:
    """The totals of a part's rows that count for their client, without copies and merged or deleted rows."""
    db = trial_context.index.connection
    first = db.execute("SELECT MIN(first) FROM pieces WHERE part = ?", (part.number,)).fetchone()[0]
    head, rows = read_part(runtime.objects, part.object_key, key)
    context = cell_context(trial_context, head)
    for place, row in enumerate(rows):
        client = client_totals_of(trial_context, carried, row, context, head.columns)
        if client is None:
            continue
        counting_row = db.execute(
            "SELECT things.row, v.outcome FROM things LEFT JOIN verdicts v ON v.row = things.row "
            "WHERE things.kind = (SELECT id FROM kinds WHERE name = ?) AND things.id = ?",
            (carried.kind, pack_id(client.source_id)),
        ).fetchone()
        if counting_row is not None and counting_row[0] == first + place and counting_row[1] != "skipped":
            yield client.at(first + place, part, trial_context.paths.get(part.file_number))


def _money(
    out: ObjectWriter, client: ClientTotals, numbers: Counter[str], visits_by_client: dict[str, TrialVisits]
) -> None:
    """Writes a line for a client who owes or has paid ahead."""
    if not any(client.amounts):
        return
    numbers["balances"] += 1
    owes = client.amounts[0]
    numbers["balances_owing"] += owes is not None and owes > 0
    client_id = client.client_id if client.client_id in visits_by_client else None
    amounts = [None if amount is None else str(amount) for amount in client.amounts]
    _put(out, {**client.place(), "client": client_id, "amounts": amounts})


def _visits(
    differs: VisitDifferences,
    client: ClientTotals,
    visits: TrialVisits,
    until: tuple[datetime, datetime],
    trial_context: TrialContext,
    numbers: Counter[str],
) -> None:
    if client.first is None and client.last is None:
        return
    numbers["clients_compared"] += 1
    before = trial_context.plan.leave_out_before
    if before is not None and any(at is not None and at < before for at in (client.first, client.last)):
        numbers["clients_left_out"] += 1
        return
    first_fits = client.first is None or visits.is_first(client.first)
    last_fits = client.last is None or visits.is_last(client.last, client.next or until[0], trial_context.store)
    if first_fits and last_fits:
        numbers["clients_agree"] += 1
        return
    missing_visit = client.first if last_fits else client.last
    differs.add(client, visits, missing_visit)


def _put(out: ObjectWriter, line: BalanceLine | VisitLine) -> None:
    out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def read_visits(runtime: Runtime, migration: Migration, trial: int) -> Iterator[VisitLine]:
    """The clients whose visits differ, streamed. Nothing without a comparison, and after the copies are deleted."""
    return _read(runtime, migration, trial, VISITS)


def read_balances(runtime: Runtime, migration: Migration, trial: int) -> Iterator[BalanceLine]:
    """The clients with a balance, streamed. Nothing without a comparison, and after the copies are deleted."""
    return _read(runtime, migration, trial, BALANCES)


def _read(runtime: Runtime, migration: Migration, trial: int, which: str) -> Iterator[Any]:
    name = f"{compared_key(migration.id, trial)}/{which}"
    if not migration.wrapped_key or not runtime.objects.exists(name):
        return
    with runtime.objects.reader(name, runtime.key(migration)) as kept:
        for line in kept:
            yield json.loads(line)
