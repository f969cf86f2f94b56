"""A trial is held against what the export itself has worked out: when each client came first and last, and who owes.

The numbers go to the ledger; what concerns single clients goes into encrypted storage, a line for each, and is read
from there alone.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app.engine.account_seal import HELD, seal_of_numbers
from app.engine.bench import Bench, benches, context_of
from app.engine.came import Came, came_of, totals
from app.engine.differs import Differs
from app.engine.heartbeat import Heartbeat
from app.engine.index.insert import pack_id
from app.engine.outcome import Done
from app.engine.purge import compared_key
from app.engine.reading.parts import read_part
from app.engine.runtime import Runtime
from app.engine.told import Told, told_of
from app.engine.work import DONE, Lease
from app.mapping.kind import Carried
from app.migration.exports import current_export, files_of
from app.migration.models import ExportFile, Migration, Part, Trial, Work
from app.storage.writing import ObjectWriter

VISITS, BALANCES = "visits", "balances"
LATE = timedelta(days=1)


def compare(runtime: Runtime, migration: Migration, lease: Lease, beat: Heartbeat) -> Done:
    """Streams the clients' rows once, a part at a time, and asks the trial about each part's clients."""
    bench = benches.of(runtime, migration)
    with runtime.ledger.read() as session:
        numbers = said(session, migration, lease.run)
        parts = _parts(session, migration, bench.source.carried)
        until = export_ended(session, migration, bench)
    numbers.update(totals(bench.store, migration.workspace_id))
    carried = bench.source.carried
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
    return bench.source.carried is not None and file.kind == bench.source.carried.kind and file.refused is None


def _parts(session: Session, migration: Migration, carried: Carried | None) -> list[Part]:
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
    carried: Carried,
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


def _rows(bench: Bench, carried: Carried, part: Part, runtime: Runtime, key: bytes) -> Iterator[Told]:
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
