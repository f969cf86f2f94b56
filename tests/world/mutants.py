"""Two hundred changes to one small export's move, in the code, in the trial, in the live workspace and in the bytes.

Each is made to a copy of the move, in a process of its own; the product's reports then decide whether it was caught.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlmodel import select

from app.caspen.row_codec import shape
from app.golive.live_check import check_live
from app.migration.advance import GuardRefused, WrongState
from app.migration.models import Migration, ProblemLine
from app.migration.states import State
from app.migration.trials import current_trial
from app.problems import Level
from app.reading.attachment_storage import attachments_prefix
from app.worker.runtime import Runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.harness.waiting import patience
from tests.world import spoiled
from tests.world.altered import (
    Alter,
    alterations,
    byte_flipped,
    exchanged,
    flipped,
    kept_in,
    removed,
    rows_of,
    tables_in,
)
from tests.world.bases import UNPROVEN, Bases
from tests.world.left import contents
from tests.world.move import decide, move, state, time_passes

SEED = 200
WANTED = {"mapping": 66, "reading": 32, "trial": 37, "approved": 18, "live": 32, "bytes": 15}
KINDS = ("patients", "contacts", "patient_cases", "appointments", "treatment_notes", "communications", "patient_files")


@dataclass(frozen=True)
class Mutant:
    """A change: its place, its moment in the move, and the function that makes it."""

    where: str
    name: str
    base: str
    tell: Callable[[Runtime], None]


@dataclass(frozen=True)
class Verdict:
    """`by` says who caught it: the product, or only the generator's expectation; "nobody" if it was not caught."""

    by: str
    said: tuple[str, ...] = ()


def mutants(bases: Bases, scratch: Path) -> list[Mutant]:
    """All two hundred, the same each time."""
    dice = random.Random(SEED)
    every = [*_in_mapping(bases, scratch), *_in_reading(), *_in_stores(bases, scratch), *_in_bytes()]
    chosen = []
    for where, number in WANTED.items():
        there = [mutant for mutant in every if mutant.where == where]
        chosen += there if len(there) <= number else dice.sample(there, number)
    return chosen


def _in_mapping(bases: Bases, scratch: Path) -> Iterator[Mutant]:
    with bases.copy(State.REVIEWING, scratch) as runtime:
        store = runtime.caspen.trial(bases.migration_id, 1)
        found = {table: rows_of(store, table) for table in tables_in(store)}
    kind_of = {table: str(rows[0]["source_kind"]) for table, rows in found.items()}
    for table, kind in kind_of.items():
        for name, values in _columns(table, found[table]):
            if len(set(map(str, values))) > 1:
                yield _code("mapping", f"{table}.{name} is another's", spoiled.column(kind, table, name, "another's"))
            yield _code("mapping", f"{table}.{name} is off", spoiled.column(kind, table, name, "off"))
    for kind in KINDS:
        yield _code("mapping", f"{kind}: every third row becomes nothing", spoiled.records_dropped(kind))
    for n in (0, 1):
        yield _code("mapping", f"a note's section {n} is lost", spoiled.section_lost(n))
        yield _code("mapping", f"an answer of section {n} is dropped", spoiled.answer_lost(n))


def _columns(table: str, rows: list[dict[str, object]]) -> Iterator[tuple[str, list[object]]]:
    beside = {"id", "source", "source_kind", "source_id", "content_hash", "line", "part", "version", "workspace_id"}
    beside |= {"migration_id", "imported_at", "created_at", "edited_at", "edited_by", "deleted_at"}
    absent = dict(zip(shape(table).content, shape(table).absent, strict=True))
    for name in sorted(rows[0].keys() - beside):
        values = [row[name] for row in rows if row[name] not in (None, "[]")]
        if any(value != absent[name] for value in values):  # else nobody maps it
            yield name, values


def _code(where: str, name: str, spoil: spoiled.Spoil) -> Mutant:
    return Mutant(where, name, State.TRIALLING if where == "mapping" else State.FETCHING, lambda _: spoil())


def _in_reading() -> Iterator[Mutant]:
    for kind in KINDS:
        yield _code("reading", f"{kind} are dropped", spoiled.kind_dropped(kind))
        yield _code("reading", f"{kind}: a row is lost while its file is cut", spoiled.parts_thinned(kind))
    for kind, pairs in {
        "patients": (1, 2, 3, 5),
        "contacts": (1, 2, 3),
        "appointments": (1, 2, 3),
        "treatment_notes": (4,),
        "patient_files": (1, 2, 5),
    }.items():
        for one in pairs:
            yield _code(
                "reading", f"{kind}: columns {one} and {one + 1} change places", spoiled.columns_swapped(kind, one)
            )
    for hours in (1, -1, 10):
        yield _code("reading", f"every time is {hours} hours off", spoiled.offsets_shifted(hours))
    yield _code("reading", "a client's file is passed over", spoiled.attachment_unseen)
    yield _code("reading", "the last byte of each client's file is lost", spoiled.attachments_cut)
    yield _code("reading", "the last row of each file is not read", spoiled.last_rows_unread)
    yield _code("reading", "the first row of each file is not read", spoiled.first_rows_unread)


def _in_stores(bases: Bases, scratch: Path) -> Iterator[Mutant]:
    with bases.copy(State.REVIEWING, scratch) as runtime:
        found = list(alterations(runtime.caspen.trial(bases.migration_id, 1)))
    for name, alter in found:
        yield Mutant("trial", f"trial {name}", UNPROVEN, _to_trial(alter))
        yield Mutant("approved", f"after approval, {name}", State.REVIEWING, _after_approval(alter))
        yield Mutant("live", f"live {name}", State.FINALISED, lambda runtime, alter=alter: alter(runtime.caspen.live))  # type: ignore[misc]  # bound here


def _to_trial(alter: Alter) -> Callable[[Runtime], None]:
    return lambda runtime: alter(runtime.caspen.trial(_only(runtime).id, 1))


def _after_approval(alter: Alter) -> Callable[[Runtime], None]:
    def tell(runtime: Runtime) -> None:
        decide(runtime, _only(runtime).id)
        _to_trial(alter)(runtime)

    return tell


def _in_bytes() -> Iterator[Mutant]:
    for name, base, ending in (
        ("the export", State.FETCHING, "/files/"),
        ("the index", State.TRIALLING, "/index"),
        ("part 1", State.TRIALLING, "-000001"),
        ("part 3", State.TRIALLING, "-000003"),
        ("part 6", State.TRIALLING, "-000006"),
        ("part 9", State.TRIALLING, "-000009"),
    ):
        yield Mutant("bytes", f"a bit of {name} is flipped", base, lambda r, e=ending: byte_flipped(r.objects.root, e))  # type: ignore[misc]  # bound here
    for how in (flipped, exchanged, removed):
        change = f"what a client's file holds is {how.__name__}"
        yield Mutant("bytes", f"{change} during a trial", State.TRIALLING, partial(_to_contents, how))
        yield Mutant("bytes", f"{change} after approval", State.REVIEWING, partial(_to_approved, how))
        yield Mutant("bytes", f"{change} when it is live", State.FINALISED, partial(_to_live, how))


Spoils = Callable[[Path, Path], None]


def _to_contents(how: Spoils, runtime: Runtime) -> None:
    at = runtime.objects.root / attachments_prefix(_only(runtime).id, 1)
    how(*kept_in(at)[:2])


def _to_approved(how: Spoils, runtime: Runtime) -> None:
    decide(runtime, _only(runtime).id)
    _to_contents(how, runtime)


def _to_live(how: Spoils, runtime: Runtime) -> None:
    how(*kept_in(runtime.settings.files_folder)[:2])


def judge(bases: Bases, mutant: Mutant, folder: Path) -> Verdict:
    """Makes the change to a copy of the move, lets the work continue, and collects the reports."""
    with bases.copy(mutant.base, folder) as runtime:
        mutant.tell(runtime)
        if mutant.base == State.FINALISED:
            (found,) = check_live(runtime)
            assert found.verification is not None
            at = found.verification
            wrong = (*at.altered, *at.missing, *at.added, *at.contents)
            return Verdict("nobody" if found.holds else "product", tuple(f"{one.table} {one.id}" for one in wrong[:2]))
        return _judged(bases, runtime, mutant)


def _judged(bases: Bases, runtime: Runtime, mutant: Mutant) -> Verdict:
    migration_id = _only(runtime).id
    for _ in range(40):
        drain(runtime, migration_id, patience(60), WorkerTurn("worker"))
        if state(runtime, migration_id) is State.MATCHING and mutant.where != "approved":
            decide(runtime, migration_id)
        elif state(runtime, migration_id) in (State.FETCHING, State.READING, State.TRIALLING, State.FINALISING):
            time_passes(runtime)
        else:
            break
    at = state(runtime, migration_id)
    codes = _codes(runtime, migration_id)
    if at.value.endswith("_failed"):
        return Verdict("product", (at.value, _only(runtime).problem_code))
    if at is State.REVIEWING and not _approves(runtime, migration_id):
        return Verdict("product", codes)
    trial = runtime.caspen.trial(migration_id, 1)
    honest = contents(runtime, trial) == bases.trial and _counts(runtime, migration_id) == bases.manifest.outcomes
    if mutant.where == "bytes" and _held_by_name(runtime, migration_id):
        return Verdict("product", codes)
    return Verdict("nobody" if honest else "expectation", codes)


def _approves(runtime: Runtime, migration_id: str) -> bool:
    try:
        decide(runtime, migration_id)
    except (GuardRefused, WrongState):
        return False
    return True


def _counts(runtime: Runtime, migration_id: str) -> dict[str, dict[str, int]]:
    with runtime.ledger.read() as session:
        trial = current_trial(session, session.get_one(Migration, migration_id))
    assert trial is not None
    outcomes = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")
    kinds: list[dict[str, Any]] = [{**kind} for kind in trial.kinds]
    return {kind["kind"]: {o: kind[o] for o in outcomes if kind[o]} for kind in kinds}


def _codes(runtime: Runtime, migration_id: str) -> tuple[str, ...]:
    with runtime.ledger.read() as session:
        lines = session.exec(select(ProblemLine).where(ProblemLine.migration_id == migration_id)).all()
    return tuple(sorted({f"{line.code} {line.kind} {line.column or ''}".strip() for line in lines
                         if line.level != Level.INFO.value}))  # fmt: skip


def _held_by_name(runtime: Runtime, migration_id: str) -> bool:
    """Rows that could not be read back are held, each named: nothing of them is taken for moved."""
    return any(code.startswith("row_quarantined") for code in _codes(runtime, migration_id))


def _only(runtime: Runtime) -> Migration:
    with runtime.ledger.read() as session:
        return session.exec(select(Migration)).one()


__all__ = ["Mutant", "Verdict", "judge", "move", "mutants"]
