"""Accounts for every row of an export that was not brought, once, by outcome and reason. Pages read this account.

The numbers of a kind equal its balance. A row with several problems counts under its first problem.
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

EXCLUDED = (Outcome.LEFT_OUT, Outcome.SKIPPED, Outcome.HELD, Outcome.REFUSED)
"""The outcomes of rows that were not brought, in the order of every sum."""
KEEP_BACK = (Level.HELD, Level.SKIPPED, Level.REFUSED)
OLDER_ROW = "id_conflict_newest_used"
"""The only warning that excludes a row: a newer row of the same thing was brought instead."""
COPIES = ("duplicate_row", OLDER_ROW)
"""A further row of a thing that is counted already. Clinics never count it twice."""
ROWS_LEFT_OUT, FILE_LEFT_OUT, UNKNOWN_FILE = "rows_left_out", "file_left_out", "unrecognised_file"


@dataclass(frozen=True, slots=True)
class ExclusionReason:
    """Rows that were not brought, for one reason. `rows` are counted under it, `also` under another reason.

    `kind` is empty for a file whose rows are of no kind. `path` names the file when all its rows share the reason.
    `code` is empty when the ledger has no reason for the rows.
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
    """The account of a finished trial: its balance, and the reason of every row that was not brought."""

    balance: Balance
    reasons: tuple[ExclusionReason, ...]

    def total(self, *outcomes: Outcome) -> int:
        """The number of excluded rows, of all or of some outcomes."""
        return sum(reason.rows for reason in self.reasons if reason.outcome in (outcomes or EXCLUDED))

    def of(self, *outcomes: Outcome) -> tuple[ExclusionReason, ...]:
        return tuple(reason for reason in self.reasons if reason.outcome in outcomes and reason.rows)

    @cached_property
    def by_path(self) -> dict[str, ExclusionReason]:
        """The reasons of files that brought no row, by path."""
        return {reason.path: reason for reason in self.reasons if reason.path}


def load_fates(session: Session, migration: Migration, trial: Trial, source: Source) -> RowFates:
    """Loads the account of a finished trial."""
    balance = balance_of(trial, source)
    files = [file for file in files_of(session, migration.id, migration.export_number) if file.rows or not file.kind]
    by_row = _reasons_of_rows(session, migration, trial, {file.path: file.kind or "" for file in files})
    counted_as = {kind.name: kind.exclusion.excluded_code for kind in source.kinds}
    codes = codes_of_files(session, migration, migration.export_number)
    reasons: list[ExclusionReason] = []
    for line in balance.lines:
        if line.path:
            reasons += _of_file(line, codes, files)
            continue
        mine = [file for file in files if file.kind == line.kind]
        of_kind = [] if not line.left_out else [_reason(line, Outcome.LEFT_OUT, ROWS_LEFT_OUT, line.left_out)]
        of_kind += [_reason(line, Outcome.REFUSED, file.refused, file.rows, file.path) for file in mine if file.refused]
        if line.moves:
            of_kind += [_reason(line, *counted) for counted in by_row[line.kind]]
        else:
            code = counted_as[line.kind]
            of_kind += [_reason(line, Outcome.SKIPPED, code, f.rows, f.path) for f in mine if not f.refused]
        reasons += [*of_kind, *_without_reason(line, of_kind)]
    return RowFates(balance, tuple(reasons))


def outcomes_of_rows(
    session: Session, migration: Migration, trial: Trial, places: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Outcome]:
    """The outcome of the excluded rows among `places`, by file and line."""
    if not places:
        return {}
    first = ranked_lines(migration.id, trial.number).subquery()
    lines = sorted({line for _, line in places})
    rows = session.execute(
        sa.select(first.c.file, first.c.line, first.c.level).where(first.c.place == 1, first.c.line.in_(lines))
    )
    return {(file, line): Outcome(level) for file, line, level in rows if (file, line) in places}


def keeps_row_back() -> sa.ColumnElement[bool]:
    """SQL condition: the problem excludes its row."""
    return sa.or_(col(ProblemLine.level).in_([level.value for level in KEEP_BACK]), col(ProblemLine.code) == OLDER_ROW)


def outcome_of(line: ProblemLine) -> Outcome:
    """The outcome of a row that a problem excludes."""
    return Outcome.SKIPPED if line.code == OLDER_ROW else Outcome(line.level)


def ranked_lines(migration_id: str, trial_number: int) -> sa.Select[Any]:
    """The problems that exclude rows in a trial. `place` is 1 for the first problem of a row."""
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
    """By kind: outcome, code, rows with this first problem, an empty path, and rows with this further problem."""
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
    by_kind: dict[str, list[tuple[Outcome, str, int, str, int]]] = defaultdict(list)
    for (kind, outcome, code), count in sorted(counts.items(), key=lambda item: (-item[1]["rows"], item[0])):
        by_kind[kind].append((outcome, code, count["rows"], "", count["also"]))
    return by_kind


def codes_of_files(session: Session, migration: Migration, number: int) -> dict[str, str]:
    """The first problem that reading export `number` reported of each file as a whole, by path."""
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


def _of_file(line: KindLine, codes: dict[str, str], files: Iterable[ExportFile]) -> list[ExclusionReason]:
    """The reason of a file whose rows are of no kind."""
    refused = next((file.refused for file in files if file.path == line.path and file.refused), None)
    if line.left_out:
        return [_reason(line, Outcome.LEFT_OUT, FILE_LEFT_OUT, line.left_out, line.path)]
    if line.refused:
        return [_reason(line, Outcome.REFUSED, refused or codes.get(line.path), line.refused, line.path)]
    return [_reason(line, Outcome.HELD, codes.get(line.path, UNKNOWN_FILE), line.held, line.path)]


def _reason(
    line: KindLine, outcome: Outcome, code: str | None, rows: int, path: str = "", also: int = 0
) -> ExclusionReason:
    return ExclusionReason(line.kind, line.label, outcome, code or "", rows, path, also)


def _without_reason(line: KindLine, reasons: Iterable[ExclusionReason]) -> list[ExclusionReason]:
    """The rows of a kind for which the ledger has no reason, so that the account adds up."""
    left = {outcome: getattr(line, outcome.value) for outcome in EXCLUDED}
    for reason in reasons:
        left[reason.outcome] -= reason.rows
    return [_reason(line, outcome, "", rows) for outcome, rows in left.items() if rows > 0]
