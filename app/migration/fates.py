"""Every row of an export that did not come, once, by what became of it and by its reason: the account that pages ask.

The numbers of a kind are those of its balance. A row with several problems counts under the first of them.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from app.mapping.kind import Source
from app.mapping.rows import Outcome
from app.migration.balance import Balance, KindLine, balance_of
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.problems import Level, catalogue

STAYING = (Outcome.LEFT_OUT, Outcome.SKIPPED, Outcome.HELD, Outcome.REFUSED)
"""The outcomes of a row that did not come, in the order of every sum."""
KEEP_BACK = (Level.HELD, Level.SKIPPED, Level.REFUSED)
OLDER_ROW = "id_conflict_newest_used"
"""The one warning that is the reason of a row that did not come: a newer row of the same thing came instead."""
ROWS_LEFT_OUT, FILE_LEFT_OUT, UNKNOWN_FILE = "rows_left_out", "file_left_out", "unrecognised_file"


@dataclass(frozen=True, slots=True)
class StayReason:
    """Rows that did not come for one reason. `rows` are counted here, `also` under another reason.

    `kind` is empty for a file whose rows are of no kind. `path` names the file where all its rows share the reason.
    `code` is empty where the ledger has no reason for the rows.
    """

    kind: str
    label: str
    outcome: Outcome
    code: str
    rows: int
    path: str = ""
    also: int = 0


@dataclass(frozen=True)
class RowFates:
    """The account of a finished trial: its balance, and the reason of every row that did not come."""

    balance: Balance
    reasons: tuple[StayReason, ...]

    def total(self, *outcomes: Outcome) -> int:
        """The rows that did not come, or those of some outcomes."""
        return sum(one.rows for one in self.reasons if one.outcome in (outcomes or STAYING))

    def of(self, *outcomes: Outcome) -> tuple[StayReason, ...]:
        return tuple(one for one in self.reasons if one.outcome in outcomes and one.rows)

    @cached_property
    def by_path(self) -> dict[str, StayReason]:
        """The files of which no row came, by their path."""
        return {one.path: one for one in self.reasons if one.path}


def load_fates(session: Session, migration: Migration, trial: Trial, source: Source) -> RowFates:
    """The account of a trial that is finished."""
    balance = balance_of(trial, source)
    files = [file for file in files_of(session, migration.id, migration.export_number) if file.rows or not file.kind]
    by_row = _reasons_of_rows(session, migration, trial, {file.path: file.kind or "" for file in files})
    counted_as = {kind.name: kind.staying.counted_as for kind in source.kinds}
    codes = codes_of_files(session, migration, migration.export_number)
    reasons: list[StayReason] = []
    for line in balance.lines:
        if line.path:
            reasons += _of_file(line, codes, files)
            continue
        mine = [file for file in files if file.kind == line.kind]
        found = [] if not line.left_out else [_reason(line, Outcome.LEFT_OUT, ROWS_LEFT_OUT, line.left_out)]
        found += [_reason(line, Outcome.REFUSED, file.refused, file.rows, file.path) for file in mine if file.refused]
        if line.moves:
            found += [_reason(line, *counted) for counted in by_row[line.kind]]
        else:
            code = counted_as[line.kind]
            found += [_reason(line, Outcome.SKIPPED, code, f.rows, f.path) for f in mine if not f.refused]
        reasons += [*found, *_without_reason(line, found)]
    return RowFates(balance, tuple(reasons))


def outcomes_of_rows(
    session: Session, migration: Migration, trial: Trial, places: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Outcome]:
    """By file and line, the outcome of the rows among `places` that did not come by themselves."""
    if not places:
        return {}
    first = ranked_lines(migration.id, trial.number).subquery()
    lines = sorted({line for _, line in places})
    found = session.execute(
        sa.select(first.c.file, first.c.line, first.c.level).where(first.c.place == 1, first.c.line.in_(lines))
    )
    return {(file, line): Outcome(level) for file, line, level in found if (file, line) in places}


def keeps_row_back() -> sa.ColumnElement[bool]:
    """The condition that a problem is the reason of a row that did not come."""
    return sa.or_(col(ProblemLine.level).in_([level.value for level in KEEP_BACK]), col(ProblemLine.code) == OLDER_ROW)


def outcome_of(line: ProblemLine) -> Outcome:
    """The outcome of a row that a problem keeps back."""
    return Outcome.SKIPPED if line.code == OLDER_ROW else Outcome(line.level)


def ranked_lines(migration_id: str, trial_number: int) -> sa.Select[Any]:
    """The problems that kept rows back in a trial. `place` is 1 for the first problem of a row."""
    place = func.row_number().over(
        partition_by=(col(ProblemLine.file), col(ProblemLine.line)), order_by=col(ProblemLine.id)
    )
    level = sa.case((col(ProblemLine.code) == OLDER_ROW, Outcome.SKIPPED.value), else_=col(ProblemLine.level))
    return sa.select(
        *(col(ProblemLine.file), col(ProblemLine.line), col(ProblemLine.code), level.label("level")),
        place.label("place"),
    ).where(
        col(ProblemLine.migration_id) == migration_id,
        col(ProblemLine.run) == f"trial:{trial_number}",
        keeps_row_back(),
        col(ProblemLine.line).is_not(None),
    )


def _reasons_of_rows(
    session: Session, migration: Migration, trial: Trial, kinds: dict[str, str]
) -> dict[str, list[tuple[Outcome, str, int, str, int]]]:
    """By kind: outcome, code, rows of which it is the first problem, no path, and rows of which it is a further one."""
    each = ranked_lines(migration.id, trial.number).subquery()
    is_first = sa.case((each.c.place == 1, 1), else_=0)
    rows = session.execute(
        sa.select(each.c.file, each.c.level, each.c.code, func.sum(is_first), func.sum(1 - is_first)).group_by(
            each.c.file, each.c.level, each.c.code
        )
    )
    counts: dict[tuple[str, Outcome, str], Counter[str]] = defaultdict(Counter)
    for file, level, code, first, further in rows:
        counts[kinds.get(file or "", ""), Outcome(level), code].update(rows=int(first), also=int(further))
    found: dict[str, list[tuple[Outcome, str, int, str, int]]] = defaultdict(list)
    for (kind, outcome, code), count in sorted(counts.items(), key=lambda item: (-item[1]["rows"], item[0])):
        found[kind].append((outcome, code, count["rows"], "", count["also"]))
    return found


def codes_of_files(session: Session, migration: Migration, number: int) -> dict[str, str]:
    """By path, the first problem that reading export `number` reported of a file as a whole."""
    rows = session.exec(
        select(ProblemLine.file, ProblemLine.code)
        .where(
            ProblemLine.migration_id == migration.id,
            ProblemLine.run == f"export:{number}",
            col(ProblemLine.line).is_(None),
            col(ProblemLine.kind).is_(None),
        )
        .order_by(col(ProblemLine.id).desc())
    )
    return {file: code for file, code in rows if file and code in catalogue()}


def _of_file(line: KindLine, codes: dict[str, str], files: Iterable[ExportFile]) -> list[StayReason]:
    """The reason of a file whose rows are of no kind."""
    refused = next((file.refused for file in files if file.path == line.path and file.refused), None)
    if line.left_out:
        return [_reason(line, Outcome.LEFT_OUT, FILE_LEFT_OUT, line.left_out, line.path)]
    if line.refused:
        return [_reason(line, Outcome.REFUSED, refused or codes.get(line.path), line.refused, line.path)]
    return [_reason(line, Outcome.HELD, codes.get(line.path, UNKNOWN_FILE), line.held, line.path)]


def _reason(line: KindLine, outcome: Outcome, code: str | None, rows: int, path: str = "", also: int = 0) -> StayReason:
    return StayReason(line.kind, line.label, outcome, code or "", rows, path, also)


def _without_reason(line: KindLine, found: Iterable[StayReason]) -> list[StayReason]:
    """The rows of a kind for which the ledger has no reason: the account adds up without one."""
    left = {outcome: getattr(line, outcome.value) for outcome in STAYING}
    for one in found:
        left[one.outcome] -= one.rows
    return [_reason(line, outcome, "", rows) for outcome, rows in left.items() if rows > 0]
