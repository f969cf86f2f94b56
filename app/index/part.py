"""The view of a part of an export for mapping: of each row the verdict, the findings and the targets."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from app.caspen.record_ids import Ids
from app.index.schema import ASIDE, SHARED
from app.index.view import PlanView
from app.mapping.kind_roles import KindRole
from app.mapping.parse import QUARANTINED
from app.mapping.plan import Plan
from app.mapping.rows import NOTHING, Joined, Member, Outcome, Target
from app.problems import Level, Problem, catalogue


class Verdict(NamedTuple):
    """Why a row makes no records. A row matched to an object of the workspace is UNCHANGED, without a code."""

    outcome: Outcome
    code: str | None


class RowView(NamedTuple):
    """A row of a part. `verdict` is None for a row that moves. `findings` are problem codes.

    `is_late`: the mapping of the row gave the verdict before, in the same trial.
    """

    verdict: Verdict | None = None
    findings: tuple[str, ...] = ()
    joined: Joined = NOTHING
    is_late: bool = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The findings as problems. Their level keeps no row back: a group moves without a missing client."""
        if not self.findings:
            return ()
        return tuple(Problem(code, level=level_of_finding(code)) for code in self.findings)


@dataclass(frozen=True, slots=True)
class PartView:
    """The rows of a part by line."""

    rows: Mapping[int, RowView]

    def __getitem__(self, line: int) -> RowView:
        return self.rows[line]

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def level_of_finding(code: str) -> Level | None:
    """The level of a finding: WARNING in place of a level that keeps a row back, else None for the catalogue's level.

    Raises KeyError for a code outside the catalogue.
    """
    return _LOWERED.get(catalogue()[code].level)


_LOWERED = {Level.HELD: Level.WARNING, Level.SKIPPED: Level.WARNING}
TARGET_COLUMNS = "t.kind, t.source_id, t.name, t.starts_at, t.namesake"
PARENT = "parent_not_imported"
NOT_IMPORTED = Verdict(Outcome.SKIPPED, "kind_not_imported")


@dataclass(frozen=True, slots=True)
class IndexKind:
    """A kind of the index: whether it is imported, and the tables in Caspen of its records."""

    name: str
    imported: bool
    tables: tuple[str, ...]
    role: KindRole | None


def index_kinds(db: sqlite3.Connection) -> dict[int, IndexKind]:
    """The kinds of the index by their numbers."""
    return {
        number: IndexKind(name, bool(imported), tuple((tables or "").split()), KindRole(role) if role else None)
        for number, name, imported, tables, role in db.execute("SELECT id, name, imported, tables, role FROM kinds")
    }


def caspen_id(kind: IndexKind, source_id: str, plan: Plan, ids: Ids) -> str:
    """The id in Caspen of a row's record: of the object that the plan matches, else derived from the source id."""
    choice = plan.choice(kind.role, source_id)
    if choice.to == "match" and choice.id:
        return choice.id
    table = kind.tables[0]
    if "activities" in kind.tables and plan.service_kinds.get(source_id) == "activity":
        table = "activities"
    return ids.derive(table, kind.name, source_id)


def read_part(db: sqlite3.Connection, view: PlanView, kind: str, part: int, plan: Plan, ids: Ids) -> PartView:
    """The view of a part's rows under a plan. The number of queries does not depend on the number of rows."""
    kinds = index_kinds(db)
    pieces = db.execute(
        "SELECT first, last FROM pieces JOIN kinds ON kinds.id = pieces.kind WHERE kinds.name = ? AND part = ?",
        (kind, part),
    ).fetchall()
    rows: dict[int, RowView] = {}
    for first, last in pieces:
        rows.update(_rows(db, view, kinds, (first, last), plan, ids))
    return PartView(rows)


def _rows(
    db: sqlite3.Connection,
    view: PlanView,
    kinds: Mapping[int, IndexKind],
    between: tuple[int, int],
    plan: Plan,
    ids: Ids,
) -> Iterator[tuple[int, RowView]]:
    left_out, waiting = view.rows(*between), view.waiting(*between)
    codes_of_waiting = {
        **view.unnamed(*between),
        **view.deserted(*between),
        **dict.fromkeys(view.aside.failed, QUARANTINED),
    }
    late = view.late(*between)
    findings: dict[int, list[str]] = defaultdict(list)
    for row, code in db.execute("SELECT row, code FROM findings WHERE row BETWEEN ? AND ?", between):
        findings[row].append(code)
    extras: dict[int, dict[str, str]] = defaultdict(dict)
    for row, name, value in db.execute("SELECT row, name, value FROM extras WHERE row BETWEEN ? AND ?", between):
        extras[row][name] = value
    for row in view.partly(*between):
        findings[row].append(PARENT)
    for row, code in view.emptied(*between):
        if code not in findings[row]:
            findings[row].append(code)
    for row, name, number in view.fewer(*between):
        if name in extras[row]:
            extras[row] = _less(extras[row], name, number)
    targets = _targets(db, view, kinds, between, plan, ids)
    members = _members(db, view, kinds, between, plan, ids)
    rows = db.execute(
        """SELECT rows.row, line, kind, source_id, outcome, code FROM rows LEFT JOIN verdicts ON verdicts.row = rows.row
        WHERE rows.row BETWEEN ? AND ?""",
        between,
    )
    for row, line, number, source_id, outcome, code in rows:
        verdict = Verdict(Outcome(outcome), code) if outcome else None
        is_late = False
        if not kinds[number].imported:
            yield line, RowView(NOT_IMPORTED)
            continue
        if verdict is None or verdict.outcome is not Outcome.SKIPPED:
            choice = "" if source_id is None else plan.choice(kinds[number].role, str(source_id)).to
            if row in left_out:
                verdict = Verdict(Outcome.LEFT_OUT, None)
            elif choice == "match":
                verdict = Verdict(Outcome.UNCHANGED, None)
            elif row in late and verdict is None:
                verdict, is_late = Verdict(*late[row]), True
            elif row in waiting and verdict is None:
                verdict = Verdict(
                    Outcome.HELD, "existing_client_match" if choice == "wait" else codes_of_waiting.get(row, PARENT)
                )
        many = targets.get(row, {})
        joined = Joined(
            targets={name: some[0] for name, some in many.items()},
            many={name: tuple(some) for name, some in many.items()},
            extra=extras.get(row, {}),
            findings=tuple(findings.get(row, ())),
            members=tuple(members.get(row, ())),
        )
        yield line, RowView(verdict, tuple(findings.get(row, ())), joined, is_late)


def _less(extra: Mapping[str, str], name: str, number: int) -> dict[str, str]:
    """The extras with a count reduced by `number`, and without the count where nothing remains."""
    left = int(extra[name]) - number
    return {key: value for key, value in extra.items() if key != name} | ({name: str(left)} if left > 0 else {})


def _targets(
    db: sqlite3.Connection,
    view: PlanView,
    kinds: Mapping[int, IndexKind],
    between: tuple[int, int],
    plan: Plan,
    ids: Ids,
    among: str = "refs.row BETWEEN ? AND ?",
) -> dict[int, dict[str, list[Target]]]:
    """By row and field, the targets of references, without targets that do not move."""
    known: dict[tuple[int, str | None], Target] = {}
    targets: dict[int, dict[str, list[Target]]] = {}
    query = f"""SELECT refs.row, specs.field, d.key, t.row, {TARGET_COLUMNS}
        FROM refs JOIN specs ON specs.id = refs.spec JOIN rows named ON named.row = refs.target
        LEFT JOIN leads d ON d.row = refs.row AND d.spec = refs.spec AND d.place = refs.place
        JOIN rows t ON t.row = COALESCE(d.target, refs.target)
        LEFT JOIN verdicts v ON v.row = t.row LEFT JOIN {view.table} l ON l.row IN (t.row, d.by)
        WHERE {among} AND v.row IS NULL AND l.row IS NULL AND NOT specs.merge
        AND (d.row IS NOT NULL OR NOT named.flags & {SHARED | ASIDE})
        ORDER BY refs.row, refs.spec, refs.place"""
    for row, name, key, target, kind, *values in db.execute(query, between):
        if not kinds[kind].imported:
            continue
        if (target, key) not in known:
            known[target, key] = _target(kinds[kind], key, values, plan, ids)
        field_targets = targets.setdefault(row, {}).setdefault(name, [])
        if known[target, key] not in field_targets:
            field_targets.append(known[target, key])
    return targets


def _target(kind: IndexKind, key: str | None, values: list[Any], plan: Plan, ids: Ids) -> Target:
    """The target that a row is; of a row with several records, the record of this key. `values`: TARGET_COLUMNS."""
    source_id, name, starts_at, namesake = values
    own = str(source_id) if key is None else key
    starts = None if starts_at is None else datetime.fromtimestamp(starts_at, UTC)
    return Target(caspen_id(kind, own, plan, ids), own, name, starts, namesake)


def _members(
    db: sqlite3.Connection,
    view: PlanView,
    kinds: Mapping[int, IndexKind],
    between: tuple[int, int],
    plan: Plan,
    ids: Ids,
) -> dict[int, list[Member]]:
    """By row, its members, each with the place of the member's own row."""
    query = f"""SELECT m.row, m.by, m.key, a.line,
            (SELECT part FROM pieces WHERE first <= m.by ORDER BY first DESC LIMIT 1), {TARGET_COLUMNS}
        FROM members m JOIN rows t ON t.row = m.target LEFT JOIN rows a ON a.row = m.by
        LEFT JOIN verdicts v ON v.row IN (m.target, m.by) LEFT JOIN {view.table} l ON l.row IN (m.target, m.by)
        WHERE m.row BETWEEN ? AND ? AND NOT m.copy AND v.row IS NULL AND l.row IS NULL ORDER BY m.row, m.rowid"""
    listed = db.execute(query, between).fetchall()
    if not listed:
        return {}
    among = "refs.row IN (SELECT by FROM members WHERE row BETWEEN ? AND ?)"
    targets = _targets(db, view, kinds, between, plan, ids, among)
    members: dict[int, list[Member]] = defaultdict(list)
    for row, by, key, line, part, kind, *values in listed:
        own_targets = {name: some[0] for name, some in targets.get(by, {}).items()}
        place = None if by is None else (part, line)
        members[row].append(Member(key, _target(kinds[kind], None, values, plan, ids), place, own_targets))
    return members
