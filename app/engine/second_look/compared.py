"""Some rows of one raw file held against the records of a trial, cell by cell, and against what was told of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection
from sqlmodel import Session, col, select

from app.caspen.sought import Sought
from app.caspen.stores import Store
from app.engine.reading.entries import Entry
from app.engine.runtime import Runtime
from app.engine.second_look.alike import alike, readable
from app.engine.second_look.attached import sum_of
from app.mapping.plan import CREATE, Plan
from app.mapping.second_look import Cells, Claim, How, Look, Overruled, Seen, bare, said_under
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.problems import Level, Problem

FEW, SHARE = 2, 50  # a column differs when one cell in fifty does, and more than one; fewer are a doubt
HALF = 2  # but where hardly any can be compared, half of them are no doubt
LONG = 200  # signs of a cell that may have been too long for what is stored
_NONE: frozenset[str] = frozenset()
At = tuple[Connection, Store, str]


@dataclass(frozen=True, slots=True)
class Eyes:
    """What is looked at with: `own` says that every row of which nothing is told must have a record.

    `named` gives, of some ids, those that rows of a kind name under one of its headers; None where that cannot be
    known. `attached` gives a client's own file by its path.
    """

    runtime: Runtime
    migration: Migration
    look: Look
    own: bool
    named: Callable[[Overruled, Set[str]], Set[str] | None]
    attached: Callable[[str], Entry | None]


@dataclass
class Found:
    """By header as it is shown: how many cells were compared, and the ids of rows in which one differs.

    `failed` are columns that could not be compared, each with the first failure.
    """

    compared: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, dict[str, None]] = field(default_factory=dict)
    failed: dict[str, Exception] = field(default_factory=dict)

    def add(self, header: str, key: str, verdict: bool | None) -> None:
        self.compared[header] += verdict is not None
        if verdict is False:
            self.wrong.setdefault(header, {})[key] = None

    def problems(self, file: ExportFile) -> Iterator[Problem]:
        for header, keys in self.wrong.items():
            yield _told(file, header, list(keys), self.compared[header])


def hold_against(eyes: Eyes, file: ExportFile, sample: Mapping[str, Cells]) -> Found:
    """Looks at the rows that nothing explains; where the clinic paired columns itself, at the other ones alone."""
    runtime, migration, look = eyes.runtime, eyes.migration, eyes.look
    with runtime.ledger.read() as session:
        told = _codes(session, migration, look.kind, sample.keys())
        plan = Plan.model_validate(session.get_one(Trial, (migration.id, migration.trial_number)).plan)
    paired = frozenset(map(bare, plan.column_pairs.get(file.path, {})))
    known = look.touches.keys() | {claim.code for claim in look.claims}
    rows = {
        key: {name: cell for name, cell in row.items() if name not in paired} if paired else row
        for key, row in sample.items()
        if told.get(key, _NONE) <= known
    }
    seen = [s for s in look.seen if not (paired and s.pick)]
    overruled = _overruled(eyes, rows.keys())
    columns = tuple(sorted({one.column for one in seen}))
    store = runtime.caspen.trial(migration.id, migration.trial_number)
    found, again = Found(), set()
    with store.database.connection(reading=True) as connection:
        at = (connection, store, migration.workspace_id)
        links = {*seen, *(claim.seen for claim in look.claims)}
        targets = {one: _led(at, one, rows.values()) for one in links if one.how is How.LINK}
        ids = {f"{key}{look.behind}": key for key in rows}
        for record_id, record in Sought(*at, look.kind, look.table, columns).of(sorted(ids)):
            key = ids[record_id]
            again.add(key)
            codes = told.get(key, _NONE)
            touched = overruled(key).union(*(look.touches.get(code, _NONE) for code in codes))
            for one in seen:
                if one.column in touched:
                    continue
                try:
                    verdict = _verdict(one, one.cell(rows[key]), record.get(one.column), targets, codes)
                except Exception as fault:
                    found.failed.setdefault(one.shown, fault)
                else:
                    found.add(one.shown, key, verdict)
        for key, row in rows.items():
            for claim in look.claims:
                if claim.code in told.get(key, _NONE):
                    is_so = not (_lies_there(claim, row, eyes, file) or _refuted(claim, row, targets))
                    found.add(claim.seen.shown, key, is_so)
    if eyes.own:
        for key in rows:  # a row that matched something has a record already
            if told.get(key, _NONE) <= look.touches.keys() and plan.choice(look.kind, key) == CREATE:
                found.add(look.key[0], key, key in again)
    return found


def _overruled(eyes: Eyes, keys: Set[str]) -> Callable[[str], frozenset[str]]:
    """By row, the columns on which a row of another kind has the last word."""
    rule = eyes.look.overruled
    if rule is None:
        return lambda key: _NONE
    named = eyes.named(rule, keys)
    return lambda key: rule.columns if named is None or key in named else _NONE


def _led(at: At, seen: Seen, rows: Iterable[Cells]) -> dict[str, object]:
    """By the ids that cells name, what must stand where they are named: of what this very trial brings."""
    named = sorted({cell for row in rows if (cell := seen.cell(row))})
    return {key: record[seen.of] for key, record in Sought(*at, seen.kind, seen.table, (seen.of,)).of(named)}


def _verdict(
    seen: Seen, cell: str, stored: object, targets: Mapping[Seen, Mapping[str, object]], codes: Set[str]
) -> bool | None:
    """Whether the cell is found as it was written; None where it says nothing, or cannot be compared."""
    if not cell or (len(cell) > LONG and "content_over_limit" in codes):
        return None
    if seen.how is How.LINK:
        wanted = targets[seen].get(cell)
        return None if wanted is None else stored == wanted
    return alike(seen.how, cell, stored)


def _refuted(claim: Claim, row: Cells, targets: Mapping[Seen, Mapping[str, object]]) -> bool:
    if claim.refuted is not None:
        return claim.refuted(row)
    cell = claim.seen.cell(row)
    if claim.seen.how is How.LINK:
        return cell in targets[claim.seen]
    return bool(cell) and readable(claim.seen.how, cell)


def _lies_there(claim: Claim, row: Cells, eyes: Eyes, file: ExportFile) -> bool:
    """Whether a file lies where its row says, counted from the list or from the top, as the row says."""
    if claim.seen.how not in (How.FILE, How.SUM):
        return False
    path, folder = claim.seen.cell(row).replace("\\", "/"), file.path.rpartition("/")[0]
    entry = eyes.attached(f"{folder}/{path}") or eyes.attached(path)
    if claim.seen.how is How.FILE or entry is None:
        return entry is not None
    return said_under(row, *claim.seen.headers).lower() in (str(entry.size), sum_of(entry))


def _told(file: ExportFile, header: str, keys: Sequence[str], compared: int) -> Problem:
    sure = len(keys) * HALF >= compared or (len(keys) >= FEW and len(keys) * SHARE >= compared)
    code = "cells_not_found" if sure else "cells_in_doubt"
    return Problem(code, file.kind, file.path, source_id=keys[0], column=header, count=len(keys))


def _codes(session: Session, migration: Migration, kind: str, keys: Set[str]) -> dict[str, frozenset[str]]:
    """What is told of some rows: whatever differs there has been said, or may come of it."""
    runs = (f"export:{migration.export_number}", f"trial:{migration.trial_number}")
    lines = select(ProblemLine.source_id, ProblemLine.code).where(
        ProblemLine.migration_id == migration.id,
        col(ProblemLine.run).in_(runs),
        ProblemLine.kind == kind,
        col(ProblemLine.source_id).is_not(None),
        ProblemLine.level != Level.INFO.value,
    )
    found: dict[str, set[str]] = {}
    for source_id, code in session.exec(lines.distinct()):
        if source_id in keys:
            found.setdefault(str(source_id), set()).add(code)
    return {key: frozenset(codes) for key, codes in found.items()}
