"""Some rows of one raw file held against the records of a trial, cell by cell, and against what was told of them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlmodel import Session, col

from app.caspen.sought import Sought
from app.caspen.stores import Store
from app.engine.reading.entries import Entry
from app.engine.runtime import Runtime
from app.engine.second_look.alike import alike, in_doubt, readable
from app.engine.second_look.attached import sum_of
from app.engine.second_look.unread import Unread
from app.mapping.plan import CREATE, Plan
from app.mapping.second_look import Cells, Claim, How, Look, Overruled, Seen, bare, said_under
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.problems import Level, Problem

FEW, SHARE = 2, 50  # a column differs when one cell in fifty does, and more than one; fewer are a doubt
HALF = 2  # but where hardly any can be compared, half of them are no doubt
LONG = 200  # signs of a cell that may have been too long for what is stored
_NONE: frozenset[str] = frozenset()
_WITHOUT_ID = frozenset({"missing_id", "bad_id", "not_a_record"})  # codes of rows that have no id that can be used
_PLAIN_ID = re.compile(r"[0-9]{1,64}|(?=[A-Za-z_-]*[0-9])(?![0-9]+[Ee][0-9]+$)[A-Za-z0-9_-]{1,64}")
_STOPPING = frozenset({Level.HELD.value, Level.SKIPPED.value, Level.REFUSED.value})
At = tuple[Connection, Store, str]
Targets = Mapping[Seen, Mapping[str, Mapping[str, object]]]  # by link and the id that a cell names, the record there


@dataclass(frozen=True, slots=True)
class Sampled:
    """A row that is compared: its id as the second look reads it, the id's cell as it stands, and all cells."""

    source_id: str
    id_cell: str
    cells: Cells


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
    """By header as it is shown: how many cells were compared, and the lines and ids of rows in which one differs.

    `doubted` are those in which it may have been read in another way, or cannot be read here. `faults` are columns of
    which a cell could not be read or compared, each with the first failure, if it was one.
    """

    compared: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, dict[int, str]] = field(default_factory=dict)
    doubted: dict[str, dict[int, str]] = field(default_factory=dict)
    faults: dict[str, Exception | None] = field(default_factory=dict)

    def add(self, header: str, line: int, key: str, verdict: bool | None, *, is_doubt: bool = False) -> None:
        self.compared[header] += verdict is not None
        if verdict is False:
            if is_doubt:
                self.doubt(header, line, key)
            else:
                self.wrong.setdefault(header, {})[line] = key

    def doubt(self, header: str, line: int, key: str) -> None:
        self.doubted.setdefault(header, {})[line] = key

    @contextmanager
    def doubting(self, header: str, line: int, key: str) -> Iterator[None]:
        """Puts a cell in doubt where its comparison fails."""
        try:
            yield
        except Exception as fault:
            self.unread(header, line, key, fault)

    def unread(self, header: str, line: int, key: str, fault: Exception | None = None) -> None:
        """A cell that could not be read or compared."""
        self.faults[header] = self.faults.get(header) or fault
        self.doubt(header, line, key)

    @property
    def failed(self) -> Set[str]:
        """The columns of which no cell at all could be compared."""
        return {header for header in self.faults if not self.compared[header]}

    def problems(self, file: ExportFile) -> Iterator[Problem]:
        for header, keys in self.wrong.items():
            yield _told(file, header, list(keys.values()), self.compared[header])
        for header, keys in self.doubted.items():
            if header not in self.failed:
                yield _problem("cells_in_doubt", file, header, list(keys.values()))


def hold_against(eyes: Eyes, file: ExportFile, sample: Mapping[int, Sampled]) -> Found:
    """Looks at the rows that nothing explains; where the clinic paired columns itself, at the other ones alone.

    `sample` has the rows by their lines. A row of which a code is told that leaves it no record is accounted for,
    whatever its cells are taken for here; only an id that plainly is one refutes that the row has none.
    """
    runtime, migration, look = eyes.runtime, eyes.migration, eyes.look
    with runtime.ledger.read() as session:
        told, stopped = _codes(session, migration, file, look.kind, sample)
        plan = Plan.model_validate(session.get_one(Trial, (migration.id, migration.trial_number)).plan)
    paired = frozenset(map(bare, plan.column_pairs.get(file.path, {})))
    known = look.touches.keys() | {claim.code for claim in look.claims}
    rows = {
        line: {name: cell for name, cell in row.cells.items() if name not in paired} if paired else row.cells
        for line, row in sample.items()
        if told.get(line, _NONE) <= known
    }
    keys = {line: sample[line].source_id for line in rows}
    seen = [s for s in look.seen if not (paired and s.pick)]
    overruled = _overruled(eyes, frozenset(keys.values()))
    columns = tuple(sorted({one.column for one in seen} | {one.whose for one in seen if one.whose}))
    as_one = _matched_as_one(plan)
    store = runtime.caspen.trial(migration.id, migration.trial_number)
    found, again = Found(), set()
    with store.database.connection(reading=True) as connection:
        at = (connection, store, migration.workspace_id)
        links = {*seen, *(claim.seen for claim in look.claims)}
        targets = {one: _led(at, one, rows.values()) for one in links if one.how is How.LINK}
        lines = _by_id(keys, look.behind)
        for record_id, record in Sought(*at, look.kind, look.table, columns).of(sorted(lines)):
            for line in lines[record_id]:
                key, codes = keys[line], told.get(line, _NONE)
                again.add(key)
                touched = overruled(key).union(*(look.touches.get(code, _NONE) for code in codes))
                for one in seen:
                    if one.column in touched or (one.whose and record.get(one.whose) in as_one):
                        continue
                    with found.doubting(one.shown, line, key):
                        cell, stored = one.cell(rows[line]), record.get(one.column)
                        if not cell and _is_unread(one, rows[line]):
                            found.unread(one.shown, line, key)
                            continue
                        verdict = _verdict(one, cell, record, targets, codes)
                        is_doubt = verdict is False and in_doubt(one.how, cell, stored)
                        found.add(one.shown, line, key, verdict, is_doubt=is_doubt)
        for line, row in rows.items():
            for claim in look.claims:
                if claim.code in (stopped if claim.code in look.touches else told).get(line, _NONE):
                    with found.doubting(claim.seen.shown, line, keys[line]):
                        is_so = not (_lies_there(claim, row, eyes, file) or _refuted(claim, row, targets))
                        found.add(claim.seen.shown, line, keys[line], is_so)
    for line, one_row in sample.items():
        if told.get(line, _NONE) & _WITHOUT_ID and _PLAIN_ID.fullmatch(one_row.id_cell):
            found.add(look.key[0], line, one_row.source_id, verdict=False)
    if eyes.own:
        for line, key in keys.items():  # a row that matched something has a record already
            is_free = line not in stopped and told.get(line, _NONE) <= look.touches.keys()
            if is_free and plan.choice(look.kind, key) == CREATE:
                found.add(look.key[0], line, key, key in again)
    return found


def _by_id(keys: Mapping[int, str], behind: str) -> dict[str, list[int]]:
    """By the ids of records, the lines of the rows that they are of."""
    found: dict[str, list[int]] = {}
    for line, key in keys.items():
        found.setdefault(f"{key}{behind}", []).append(line)
    return found


def _overruled(eyes: Eyes, keys: Set[str]) -> Callable[[str], frozenset[str]]:
    """By row, the columns on which a row of another kind has the last word."""
    rule = eyes.look.overruled
    if rule is None:
        return lambda key: _NONE
    named = eyes.named(rule, keys)
    return lambda key: rule.columns if named is None or key in named else _NONE


def _led(at: At, seen: Seen, rows: Iterable[Cells]) -> dict[str, Mapping[str, object]]:
    """By the ids that cells name, the records to which they lead: of those that this very trial brings."""
    named = sorted({cell for row in rows if (cell := _sought(seen, row))})
    columns = tuple(dict.fromkeys(column for column in (seen.of, seen.whose) if column))
    return dict(Sought(*at, seen.kind, seen.table, columns).of(named))


def _sought(seen: Seen, row: Cells) -> str:
    """What a database can be asked for; empty for a cell that is no id."""
    try:
        cell = seen.cell(row)
    except Exception:  # the comparison of this cell fails as well, and says so
        return ""
    return cell if cell.isprintable() else ""


def _is_unread(seen: Seen, row: Cells) -> bool:
    """Whether a cell from which the column is filled is one that cannot be read here."""
    return any(isinstance(row.get(bare(header)), Unread) for header in seen.headers)


def _matched_as_one(plan: Plan) -> frozenset[str]:
    """The workspace's clients for each of whom the export has several: what is one's there is the other's here."""
    chosen = Counter(choice.id for choice in plan.clients.values() if choice.to == "match" and choice.id)
    return frozenset(client for client, number in chosen.items() if number > 1)


def _verdict(seen: Seen, cell: str, record: Mapping[str, object], targets: Targets, codes: Set[str]) -> bool | None:
    """Whether the cell is found as it was written; None where it says nothing, or cannot be compared.

    A link to another client's record is one that must not be found.
    """
    if not cell or (len(cell) > LONG and "content_over_limit" in codes):
        return None
    stored = record.get(seen.column)
    if seen.how is not How.LINK:
        return alike(seen.how, cell, stored)
    there = targets[seen].get(cell)
    if there is None:
        return None
    if seen.whose and there[seen.whose] != record.get(seen.whose):
        return stored is None if seen.of == "id" else None
    return stored == there[seen.of]


def _refuted(claim: Claim, row: Cells, targets: Targets) -> bool:
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
    return _problem("cells_not_found" if sure else "cells_in_doubt", file, header, keys)


def _problem(code: str, file: ExportFile, header: str, keys: Sequence[str]) -> Problem:
    return Problem(code, file.kind, file.path, source_id=keys[0], column=header, count=len(keys))


def _codes(
    session: Session, migration: Migration, file: ExportFile, kind: str, sample: Mapping[int, Sampled]
) -> tuple[dict[int, frozenset[str]], dict[int, frozenset[str]]]:
    """What is told of some rows, by their lines: whatever differs there has been said, or may come of it. And of it,
    what keeps a row from coming.

    A code is of the row on whose line it is told, whatever id that row has; and of each row that has the id under which
    it is told, for rows of one id are told of together.
    """
    runs = (f"export:{migration.export_number}", f"trial:{migration.trial_number}")
    told = (ProblemLine.file, ProblemLine.line, ProblemLine.source_id, ProblemLine.code, ProblemLine.level)
    lines = sa.select(*map(col, told)).where(
        col(ProblemLine.migration_id) == migration.id,
        col(ProblemLine.run).in_(runs),
        col(ProblemLine.kind) == kind,
        col(ProblemLine.source_id).is_not(None) | col(ProblemLine.line).is_not(None),
        col(ProblemLine.level) != Level.INFO.value,
    )
    found: dict[int, frozenset[str]] = {}
    stopped: dict[int, frozenset[str]] = {}
    by_id = _by_id({line: row.source_id for line, row in sample.items()}, "")
    for path, line, source_id, code, level in session.execute(lines):
        own = (line,) if line in sample and path == file.path else ()
        for each in (*own, *by_id.get(source_id or "", ())):
            found[each] = found.get(each, _NONE) | {code}
            if level in _STOPPING:
                stopped[each] = stopped.get(each, _NONE) | {code}
    return found, stopped
