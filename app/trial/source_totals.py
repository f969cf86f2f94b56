"""A trial is held against what the export itself has worked out: when each client came first and last, and who owes.

The numbers go to the ledger; what concerns single clients goes into encrypted storage, a line for each, and is read
from there alone.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
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
from app.trial.account_seal import HELD, seal_of_numbers
from app.trial.context import Bench, benches, context_of
from app.worker.clean_up import compared_key
from app.worker.heartbeat import Heartbeat
from app.worker.leases import DONE, Lease
from app.worker.outcome import Done
from app.worker.runtime import Runtime

# What one row of a client says that the source has worked out: its first and last visit, and what is owed.

CLIENTS = "clients"


@dataclass(frozen=True, slots=True)
class Told:
    """One client's row. `amounts` are in the order of `ComputedColumns.amounts`; `row` is its number in the index."""

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

    def at(self, row: int, part: Part, file: str | None) -> "Told":
        return replace(self, row=row, file=file or f"part {part.number}")

    def place(self) -> dict[str, Any]:
        """Who it is and where it stands, for a line in encrypted storage."""
        return {"id": self.source_id, "name": self.name, "file": self.file, "line": self.line}


def told_of(
    bench: Bench, carried: ComputedColumns, row: PartRow, context: Context, columns: Collection[str]
) -> Told | None:
    """None of a row that says nothing of the kind. Only the columns that are needed are read."""
    kind = bench.source.kind(carried.kind)
    times = (carried.first, carried.last, carried.next)
    amounts = [name for name, _ in carried.amounts]
    said = {name: row.cells[name] for name in (*times, *amounts) if name in row.cells}
    if not said:
        return None
    keys = {p.name for p in kind.columns if p.column.is_key} | set(carried.names)
    parsed = parse_row(kind, {**said, **{k: row.cells[k] for k in keys if k in row.cells}}, context, columns)
    if parsed.row is None or parsed.source_id is None:
        return None
    first, last, following = (_moment(said.get(name), context) for name in times)
    return Told(
        parsed.source_id,
        bench.ids.derive(CLIENTS, carried.kind, parsed.source_id),
        " ".join(part for part in (getattr(parsed.row, name, None) for name in carried.names) if part),
        row.line,
        first,
        last,
        following,
        tuple(getattr(parsed.row, name) for name in amounts),
    )


def _moment(cell: str | None, context: Context) -> datetime | None:
    """A moment, or nothing: what cannot be read is not compared."""
    try:
        return timestamp(cell, context, _nothing) if cell else None
    except ValueError:
        return None


def _nothing(_code: str) -> None:
    """Problems of cells that are not imported are told to nobody."""


# What came of the clients' visits and notes, as the trial itself holds it.

AT_ONCE = 500
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Came:
    """One client's visits. Cancelled ones count for `first_of_all` alone; `last` is the last until a moment."""

    workspace_id: str
    client_id: str
    first: datetime | None = None
    first_of_all: datetime | None = None
    last: datetime | None = None
    last_of_all: datetime | None = None

    def is_first(self, told: datetime) -> bool:
        return told in (self.first, self.first_of_all)

    def is_last(self, told: datetime, before: datetime, store: Store) -> bool:
        """Whether that is the last visit, or the last one before the next that the source tells of."""
        if told in (self.last, self.last_of_all):
            return True
        if self.last is None or self.last < told:
            return False
        with store.database.read() as session:
            asked = select(func.max(Appointment.starts_at)).where(
                Appointment.workspace_id == self.workspace_id,
                Appointment.client_id == self.client_id,
                Appointment.status != CANCELLED,
                col(Appointment.starts_at) < before,
            )
            return session.exec(asked).one() == told


def came_of(store: Store, workspace_id: str, clients: Sequence[str], until: datetime) -> dict[str, Came]:
    """By client, those of them that came."""
    found: dict[str, Came] = {}
    with store.database.read() as session:
        for some in _some(clients):
            mine = (Client.workspace_id == workspace_id, col(Client.id).in_(some))
            found |= {one: Came(workspace_id, one) for one in session.exec(select(Client.id).where(*mine))}
            for client, *times in session.connection().execute(_trial_visits(workspace_id, some, until)):
                if client in found:
                    found[client] = Came(workspace_id, client, *times)
    return found


def _some(clients: Sequence[str]) -> Iterator[list[str]]:
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
    """How much of what came a clinic may not have counted itself, and the notes by their state."""
    visit, note = Appointment, ProgressNote
    with store.database.read() as session:

        def count(model: Any, *wanted: Any) -> int:
            asked = select(func.count()).select_from(model).where(model.workspace_id == workspace_id, *wanted)
            return int(session.exec(asked).one())

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
    asked = select(func.count(sa.distinct(col(ProgressNote.appointment_id)))).where(
        ProgressNote.workspace_id == workspace_id, ProgressNote.state == state
    )
    return int(session.exec(asked).one())


# The clients of whom the export says another first or last visit than what came; and whether that visit is in it.
#
# They lie in a temporary table beside the index, so that they may be many.

MAKE = """CREATE TEMP TABLE differs (row INTEGER PRIMARY KEY, client TEXT, id TEXT, name TEXT, file TEXT, line INTEGER,
    told_first INTEGER, told_last INTEGER, came_first INTEGER, came_last INTEGER, wanted INTEGER, found INTEGER)"""
# A visit names its client itself, or through a row that tells more of it. Many rows, few clients: the order matters.
FIND = """UPDATE temp.differs SET found = 1 WHERE row IN (
    SELECT d.row FROM refs CROSS JOIN temp.differs d ON d.row = refs.target CROSS JOIN rows r ON r.row = refs.row
        WHERE r.kind = :visits AND r.starts_at = d.wanted
    UNION SELECT d.row FROM members m CROSS JOIN temp.differs d ON d.row = m.target CROSS JOIN rows r ON r.row = m.row
        WHERE r.kind = :visits AND r.starts_at = d.wanted)"""


class Differs:
    """A temporary table of the index's connection, for as long as the block."""

    def __init__(self, connection: sqlite3.Connection, carried: ComputedColumns) -> None:
        self._db = connection
        self._visits = carried.visits

    def __enter__(self) -> Self:
        self._db.execute("DROP TABLE IF EXISTS temp.differs")
        self._db.execute(MAKE)
        return self

    def __exit__(self, *_: object) -> None:
        self._db.execute("DROP TABLE IF EXISTS temp.differs")

    def add(self, told: Told, came: Came, wanted: datetime | None) -> None:
        """`wanted` is the visit that the source tells of and that did not come."""
        times = (told.first, told.last, came.first, came.last, wanted)
        place = (told.row, told.client_id, told.source_id, told.name, told.file, told.line)
        values = (*place, *(seconds(at) for at in times), 0)
        self._db.execute("INSERT OR REPLACE INTO temp.differs VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", values)

    def settled(self) -> Counter[str]:
        """Looks all of them up in the index at once, and counts."""
        if self._db.execute("SELECT 1 FROM temp.differs LIMIT 1").fetchone() is None:
            return Counter()
        visits = self._db.execute("SELECT id FROM kinds WHERE name = ?", (self._visits,)).fetchone()
        if visits is not None:
            self._db.execute(FIND, {"visits": visits[0]})
        total, found = self._db.execute("SELECT COUNT(*), SUM(found) FROM temp.differs").fetchone()
        return Counter({"clients_differ": total, "visits_kept_back": found, "visits_not_exported": total - found})

    def lines(self) -> Iterator[dict[str, Any]]:
        """One line for each client, by name."""
        asked = "SELECT client, id, name, file, line, told_first, told_last, came_first, came_last, found"
        for client, source_id, name, file, line, *times, found in self._db.execute(
            f"{asked} FROM temp.differs ORDER BY name, row"
        ):
            told = dict(zip(("told_first", "told_last", "came_first", "came_last"), map(_text, times), strict=True))
            yield {
                "client": client,
                "id": source_id,
                "name": name,
                "file": file,
                "line": line,
                **told,
                "exported": bool(found),
            }


def _text(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()


VISITS, BALANCES = "visits", "balances"
LATE = timedelta(days=1)


def compare(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Streams the clients' rows once, a part at a time, and asks the trial about each part's clients."""
    bench = benches.of(runtime, migration)
    with runtime.ledger.read() as session:
        numbers = said(session, migration, lease.run)
        parts = _parts(session, migration, bench.source.computed)
        until = export_ended(session, migration, bench)
    numbers.update(totals(bench.store, migration.workspace_id))
    carried = bench.source.computed
    if carried is not None and parts:
        numbers.update(_compared(runtime, migration, bench, carried, parts, until, beat))

    def write(session: Session) -> None:
        trial = session.get_one(Trial, (migration.id, bench.trial.number))
        trial.held_against = dict(numbers)
        session.add(trial)

    return Done({HELD: seal_of_numbers(numbers)}, write)


def said(session: Session, migration: Migration, run: str) -> Counter[str]:
    """What rows said of others while they were mapped, added up over all parts."""
    found: Counter[str] = Counter()
    done = (Work.migration_id == migration.id, Work.run == run, Work.phase == "parts", Work.state == DONE)
    for result in session.exec(select(Work.result).where(*done)):
        found.update(result.get("said", {}))
    return found


def export_ended(session: Session, migration: Migration, bench: Bench) -> tuple[datetime, datetime]:
    """The last moments that an export can know: the begin and the end of the day on which it was made."""
    files = [f for f in files_of(session, migration.id, migration.export_number) if _is_carrier(f, bench)]
    export = current_export(session, migration)
    days = [datetime.fromisoformat(f.facts["run"]) for f in files if "run" in f.facts]
    zone = ZoneInfo(bench.plan.timezone)
    if days:
        began = max(days).replace(tzinfo=zone)
        return began, began + LATE
    moment = export.received_at if export else bench.trial.started_at
    return moment - LATE, moment


def _is_carrier(file: ExportFile, bench: Bench) -> bool:
    return bench.source.computed is not None and file.kind == bench.source.computed.kind and file.refused is None


def _parts(session: Session, migration: Migration, carried: ComputedColumns | None) -> list[Part]:
    found = select(Part).where(
        Part.migration_id == migration.id,
        Part.export_number == migration.export_number,
        Part.kind == (carried.kind if carried else ""),
    )
    parts = list(session.exec(found.order_by(col(Part.number))))
    session.expunge_all()
    return parts


def _compared(
    runtime: Runtime,
    migration: Migration,
    bench: Bench,
    carried: ComputedColumns,
    parts: list[Part],
    until: tuple[datetime, datetime],
    beat: Heartbeat,
) -> Counter[str]:
    numbers: Counter[str] = Counter()
    prefix = compared_key(migration.id, bench.trial.number)
    key = runtime.key(migration)
    with ExitStack() as stack:
        differs = stack.enter_context(Differs(bench.index.connection, carried))
        balances = stack.enter_context(runtime.objects.writer(f"{prefix}/{BALANCES}", key))
        for part in parts:
            beat()
            rows = list(_rows(bench, carried, part, runtime, key))
            came = came_of(bench.store, migration.workspace_id, [told.client_id for told in rows], until[1])
            for told in rows:
                _money(balances, told, numbers, came)
                if told.client_id in came:
                    _visits(differs, told, came[told.client_id], until, bench, numbers)
        with beat.during():
            numbers.update(differs.settled())
        with runtime.objects.writer(f"{prefix}/{VISITS}", key) as visits:
            for line in differs.lines():
                _put(visits, line)
    return numbers


def _rows(bench: Bench, carried: ComputedColumns, part: Part, runtime: Runtime, key: bytes) -> Iterator[Told]:
    """The rows of a part that stand for a client. Copies, merged and deleted ones are left aside."""
    db = bench.index.connection
    first = db.execute("SELECT MIN(first) FROM pieces WHERE part = ?", (part.number,)).fetchone()[0]
    head, rows = read_part(runtime.objects, part.object_key, key)
    context = context_of(bench, head)
    for place, row in enumerate(rows):
        told = told_of(bench, carried, row, context, head.columns)
        if told is None:
            continue
        standing = db.execute(
            "SELECT things.row, v.outcome FROM things LEFT JOIN verdicts v ON v.row = things.row "
            "WHERE things.kind = (SELECT id FROM kinds WHERE name = ?) AND things.id = ?",
            (carried.kind, pack_id(told.source_id)),
        ).fetchone()
        if standing is not None and standing[0] == first + place and standing[1] != "skipped":
            yield told.at(first + place, part, bench.paths.get(part.file_number))


def _money(out: ObjectWriter, told: Told, numbers: Counter[str], came: dict[str, Came]) -> None:
    """A line for whoever owes something, or has paid ahead."""
    if not any(told.amounts):
        return
    numbers["balances"] += 1
    owes = told.amounts[0]
    numbers["balances_owing"] += owes is not None and owes > 0
    client = told.client_id if told.client_id in came else None
    amounts = [None if amount is None else str(amount) for amount in told.amounts]
    _put(out, {**told.place(), "client": client, "amounts": amounts})


def _visits(
    differs: Differs, told: Told, came: Came, until: tuple[datetime, datetime], bench: Bench, numbers: Counter[str]
) -> None:
    if told.first is None and told.last is None:
        return
    numbers["clients_compared"] += 1
    before = bench.plan.leave_out_before
    if before is not None and any(at is not None and at < before for at in (told.first, told.last)):
        numbers["clients_left_out"] += 1
        return
    first_fits = told.first is None or came.is_first(told.first)
    last_fits = told.last is None or came.is_last(told.last, told.next or until[0], bench.store)
    if first_fits and last_fits:
        numbers["clients_agree"] += 1
        return
    wanted = told.first if last_fits else told.last
    differs.add(told, came, wanted)


def _put(out: ObjectWriter, line: dict[str, Any]) -> None:
    out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def lines_of(runtime: Runtime, migration: Migration, trial: int, which: str) -> Iterable[dict[str, Any]]:
    """What was kept of single clients, streamed; nothing where a trial was not compared, or its copies are deleted."""
    name = f"{compared_key(migration.id, trial)}/{which}"
    if not migration.wrapped_key or not runtime.objects.exists(name):
        return
    with runtime.objects.reader(name, runtime.key(migration)) as kept:
        for line in kept:
            yield json.loads(line)
