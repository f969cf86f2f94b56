"""Signs that an export is incomplete, by kind and with dates. The clinic ticks each sign before it approves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from sqlmodel import Session, col, func, or_, select

from app.db import now
from app.mapping.kind import CountableKind, Source
from app.migration import used_kinds
from app.migration.balance import KindLine, balance_of
from app.migration.exports import current_export, files_of
from app.migration.fates import COPIES
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.migration.plans import plan_of
from app.migration.problem_lines import that_count
from app.migration.unanswered import unanswered_of
from app.problems import Level

DAY = timedelta(days=1)
FRESH = timedelta(days=14)  # an older export gets a warning when it goes live
TRIAL_CODES = ("content_is_text", "gone_from_export")
READING_CODES = ("json_pages_missing", "many_orphans", "zip_part_missing")
TO_REVIEW = frozenset({"content_is_text", "encoding_guessed", "files_unanswered"})
"""Warnings that are ticked before an approval too, but do not suggest that the export lacks anything."""
SIGNS_OF_A_CUT = ("csv_unclosed_quote", "file_may_be_cut", "cell_may_be_cut")
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class CompletenessWarning:
    """One sign that the export is incomplete, or one point to review (`TO_REVIEW`).

    `days` are the ranges concerned, both ends included; `count` rows, files or zips.

    `own` and `there`: the clinic's own number, and the largest number that the export supports.
    """

    code: str
    kind: str | None = None
    count: int = 0
    days: tuple[Days, ...] = ()
    own: int = 0
    there: int = 0
    signs: tuple[tuple[str, str], ...] = ()  # a problem code and a kind each
    encodings: tuple[str, ...] = ()  # the used encoding, then encodings that are as likely
    also: tuple[str, ...] = ()  # further kinds with the same sign
    files: tuple[str, ...] = ()  # names of files, for files of no known kind

    @property
    def key(self) -> str:
        """The warning's name in forms and in the audit: codes and kinds only."""
        return f"{self.code}:{','.join(self.kinds)}" if self.kind else self.code

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind concerned. Empty when the whole export is concerned."""
        return (self.kind, *self.also) if self.kind else ()

    @property
    def suggests_missing(self) -> bool:
        """Whether the warning suggests that the export is incomplete."""
        return self.code not in TO_REVIEW


def completeness_warnings(
    session: Session, migration: Migration, source: Source, trial: Trial | None = None
) -> tuple[CompletenessWarning, ...]:
    """Every warning about the current export. A finished trial adds the comparison with the clinic's own numbers."""
    export = current_export(session, migration)
    if export is None or export.read_at is None:
        return ()
    files = [f for f in files_of(session, migration.id, export.number) if f.kind and not f.refused]
    left_out = plan_of(migration).leave_out_kinds  # kinds that the clinic leaves out need no warning
    moving = [kind.name for kind in source.kinds if kind.imported and kind.name not in left_out]
    reported = problems_of_reading(session, migration)
    is_tried = trial is not None and trial.finished_at is not None
    tried = problems_of_trial(session, migration, trial) if trial is not None and is_tried else []
    ticked = {kind for use in source.uses if use.name in (migration.uses or ()) for kind in use.kinds}
    lacking = (kind for kind in used_kinds.absent(session, migration, source) if kind in moving and kind in ticked)
    warnings = [CompletenessWarning("kind_absent", kind) for kind in lacking]
    warnings += joined_kinds(warning for kind in moving for warning in partial(kind, files))
    warnings += [
        CompletenessWarning(code, kind, count)
        for code, kind, count in reported
        if code in READING_CODES and (kind is None or kind in moving)
    ]
    warnings += [CompletenessWarning(code, kind, count) for code, kind, count in tried if kind in moving]
    if any(code == "export_dates_differ" for code, _, _ in reported):
        warnings.append(CompletenessWarning("export_dates_differ", days=(run_days(files),)))
    visits = source.computed.visits if source.computed else None
    cut = any(warning.code == "partial_export" and visits in warning.kinds for warning in warnings)
    if visits in moving and not cut:  # dates in the file name would explain the signs
        warnings += [CompletenessWarning(sign) for sign in export.inventory.get("signs", ())]
    warnings += cut_off(reported, moving)
    warnings += unsure_letters(files, moving)
    if trial is not None and trial.finished_at is not None:
        warnings += not_identified(trial)
        warnings += [
            CompletenessWarning("count_differs", comparison.kind, own=comparison.own, there=comparison.nearest)
            for comparison in compare_counts(session, migration, source, trial)
            if comparison.missing
        ]
    return tuple(warnings)


def not_identified(trial: Trial) -> list[CompletenessWarning]:
    """One warning for all files of the trial's export that nobody has identified. Empty when every file has a kind."""
    files = unanswered_of(trial)
    names = tuple(file.name for file in files)
    return (
        [CompletenessWarning("files_unanswered", count=sum(file.rows for file in files), files=names)] if files else []
    )


def cut_off(reported: Iterable[tuple[str, str | None, int]], moving: Iterable[str]) -> list[CompletenessWarning]:
    """One warning for all signs that the end of a file or of a text is missing, of whatever kind."""
    kinds = frozenset(moving)
    signs = [(code, kind, count) for code, kind, count in reported if code in SIGNS_OF_A_CUT and kind in kinds]
    if not signs:
        return []
    named = tuple((code, kind) for code, kind, _ in signs if kind is not None)
    return [CompletenessWarning("file_may_be_cut", count=sum(count for _, _, count in signs), signs=named)]


def unsure_letters(files: Iterable[ExportFile], moving: Iterable[str]) -> list[CompletenessWarning]:
    """A warning for each kind with a file whose encoding is ambiguous."""
    kinds = frozenset(moving)
    warnings: dict[str, CompletenessWarning] = {}
    for file in files:
        if file.kind in kinds and file.kind is not None and file.facts.get("encodings"):
            encodings = tuple(file.facts["encodings"])
            warnings.setdefault(file.kind, CompletenessWarning("encoding_guessed", file.kind, encodings=encodings))
    return list(warnings.values())


def joined_kinds(warnings: Iterable[CompletenessWarning]) -> list[CompletenessWarning]:
    """Joins warnings that differ only in their kind: files that were exported for the same days have one cause."""
    groups: dict[CompletenessWarning, list[str]] = {}
    for warning in warnings:
        groups.setdefault(replace(warning, kind=None), []).extend(warning.kinds)
    return [replace(warning, kind=kinds[0], also=tuple(kinds[1:])) for warning, kinds in groups.items()]


def partial(kind: str, files: Iterable[ExportFile]) -> list[CompletenessWarning]:
    """Warnings about the date ranges of a kind's files, joined where they meet, and about the days between them."""
    ranges = joined(
        (date.fromisoformat(f.facts["from"]), date.fromisoformat(f.facts["to"]))
        for f in files
        if f.kind == kind and "from" in f.facts and "to" in f.facts
    )
    if not ranges:
        return []
    whole = any(f.kind == kind and "from" not in f.facts for f in files)
    gaps = tuple((a[1] + DAY, b[0] - DAY) for a, b in pairwise(ranges))
    warnings = [CompletenessWarning("partial_export", kind, days=((ranges[0][0], ranges[-1][1]),))]
    if whole or not gaps:
        return warnings
    return [*warnings, CompletenessWarning("partial_export_gap", kind, len(gaps), gaps)]


def joined(ranges: Iterable[Days]) -> list[Days]:
    """Ranges in order, joined when they overlap or follow each other without a gap."""
    merged: list[Days] = []
    for since, until in sorted(ranges):
        if merged and since <= merged[-1][1] + DAY:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return merged


def run_days(files: Iterable[ExportFile]) -> Days:
    """The first and the last day on which a file of the export was made."""
    days = sorted(date.fromisoformat(f.facts["run"]) for f in files if "run" in f.facts)
    return days[0], days[-1]


def run_day(files: Iterable[ExportFile]) -> date | None:
    """The last day on which a file of the export was made, or None when no file name gives a day."""
    dated = [f for f in files if f.kind and not f.refused and "run" in f.facts]
    return run_days(dated)[1] if dated else None


def export_day(session: Session, migration: Migration) -> date | None:
    """The first day on which a file of the current export was made, or None when no file name gives a day.

    Records that were added in the source on that day or later may be missing from the export.
    """
    files = files_of(session, migration.id, migration.export_number)
    dated = [file for file in files if file.kind and not file.refused and "run" in file.facts]
    return run_days(dated)[0] if dated else None


def stale_day(session: Session, migration: Migration) -> date | None:
    """The day of an export that is more than 14 days old now, or None. File names give the day."""
    day = run_day(files_of(session, migration.id, migration.export_number))
    return day if day is not None and now().date() - day > FRESH else None


def problems_of_reading(session: Session, migration: Migration) -> list[tuple[str, str | None, int]]:
    """Problems that reading reported of the export as a whole: code, kind and count."""
    wanted = (*READING_CODES, *SIGNS_OF_A_CUT, "export_dates_differ")
    return _count_problems(session, migration, f"export:{migration.export_number}", wanted)


def problems_of_trial(session: Session, migration: Migration, trial: Trial) -> list[tuple[str, str | None, int]]:
    """Problems of a trial that the clinic has to tick: code, kind and number of rows."""
    return _count_problems(session, migration, f"trial:{trial.number}", TRIAL_CODES)


def _count_problems(
    session: Session, migration: Migration, run: str, wanted: tuple[str, ...]
) -> list[tuple[str, str | None, int]]:
    counts = session.exec(
        select(ProblemLine.code, ProblemLine.kind, func.sum(ProblemLine.count))
        .where(
            ProblemLine.migration_id == migration.id,
            ProblemLine.run == run,
            col(ProblemLine.code).in_(wanted),
        )
        .group_by(col(ProblemLine.code), col(ProblemLine.kind))
        .order_by(col(ProblemLine.code), col(ProblemLine.kind))
    ).all()
    return [(code, kind, int(count)) for code, kind, count in counts]


def unticked(warnings: Iterable[CompletenessWarning], accepted: Iterable[str]) -> tuple[CompletenessWarning, ...]:
    """The warnings that nobody has ticked."""
    ticked = set(accepted)
    return tuple(warning for warning in warnings if warning.key not in ticked)


def facts_of(accepted: Iterable[str]) -> Mapping[str, list[str]]:
    """The ticks as the audit stores them."""
    ticked = sorted(accepted)
    return {"accepted": ticked} if ticked else {}


COPIED = "copies"


@dataclass(frozen=True, slots=True)
class CountReason:
    """Rows that explain a difference. `code` is a problem, an outcome, or a name of a trial's totals."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class CountComparison:
    """The clinic's own number of one kind, the rows of the export, and the rows that were brought.

    `excluded`: every row that was not brought, by reason; the counts add up to `in_export - brought`.
    `besides`: brought rows that the question lets the clinic leave out of its number.
    `places`: appointments of classes beyond the rows, because the source may count each client of a class.
    """

    kind: str
    label: str
    own: int
    in_export: int
    brought: int
    excluded: tuple[CountReason, ...]
    besides: tuple[CountReason, ...]
    places: int = 0

    @property
    def different(self) -> int:
        """Rows of the export without further rows of the same thing."""
        return self.in_export - sum(reason.count for reason in self.excluded if reason.code == COPIED)

    @property
    def compared(self) -> int:
        """The number to compare the clinic's number with: the rows of the export, or the brought rows when they are
        more."""
        if self.own in (self.in_export, self.brought):
            return self.own
        return self.brought if self.own < self.brought else self.different

    @property
    def missing(self) -> int:
        """How many of the things that the clinic counted the export lacks."""
        return max(self.own - self.compared - self.places, 0)

    @property
    def nearest(self) -> int:
        """The largest number that the clinic could have counted if the export is complete. The warning shows the gap.

        More rows in the export than the clinic counted do not suggest that anything is missing.
        """
        return self.own - self.missing

    @property
    def apart(self) -> tuple[CountReason, ...]:
        """The reasons why the clinic's number differs from `compared`. The counts add up to the difference."""
        gap = self.own - self.compared
        if gap > 0:
            parts = [("places", gap - self.missing), ("not_in_export", self.missing)]
        elif self.own < self.brought:
            parts, left = [], -gap
            for reason in self.besides:
                parts.append((reason.code, min(reason.count, left)))
                left -= parts[-1][1]
            parts.append(("not_explained", left))
        else:
            parts = [("stayed", -gap)]
        return tuple(CountReason(code, count) for code, count in parts if count)


def compare_counts(session: Session, migration: Migration, source: Source, trial: Trial) -> list[CountComparison]:
    """Compares every kind that the clinic counted, in the order of the source's own list."""
    own = migration.own_counts or {}
    lines = {line.kind: line for line in balance_of(trial, source).lines}
    totals = trial.held_against or {}
    return [
        compare_count(question, source.kind(kind).label, own[kind], lines.get(kind), totals, codes)
        for question in source.counts
        for kind in [question.kind]
        if kind in own
        for codes in [excluded_codes(session, migration, kind)]
    ]


def compare_count(
    question: CountableKind,
    label: str,
    own: int,
    line: KindLine | None,
    totals: Mapping[str, int],
    codes: Mapping[str, int],
) -> CountComparison:
    """Compares one kind. `totals` are the trial's, `codes` the problems of rows that do not move by rule."""
    if line is None:
        return CountComparison(question.kind, label, own, 0, 0, (), ())
    besides = tuple(CountReason(name, n) for name in question.may_lack if (n := totals.get(name, 0)))
    places = max(totals.get(question.places, 0) - line.brought, 0) if question.places else 0
    return CountComparison(question.kind, label, own, line.read, line.brought, reasons_of(line, codes), besides, places)


def reasons_of(line: KindLine, codes: Mapping[str, int]) -> tuple[CountReason, ...]:
    """Every row that was not brought, once, by reason. A row with two problems counts under its first problem."""
    copies = sum(codes.get(code, 0) for code in COPIES)
    wanted = [*((code, n) for code, n in codes.items() if code not in COPIES), (COPIED, copies)]
    left = line.skipped
    skipped: list[tuple[str, int]] = []
    for code, n in sorted(wanted, key=lambda pair: pair[0] != COPIED):  # copies first: the rest are different things
        skipped.append((code, min(n, left)))
        left -= skipped[-1][1]
    outcomes = [("left_out", line.left_out), ("held", line.held), ("refused", line.refused)]
    rest = [("skipped", left), *outcomes, ("unaccounted", line.unaccounted)]
    return tuple(CountReason(code, n) for code, n in [*skipped, *rest] if n)


def excluded_codes(session: Session, migration: Migration, kind: str) -> dict[str, int]:
    """Rows of a kind that do not move by rule, by problem, the largest number first."""
    total = func.sum(ProblemLine.count)
    of_level = col(ProblemLine.level) == Level.SKIPPED.value
    counts = session.exec(
        select(ProblemLine.code, total)
        .where(*that_count(migration), ProblemLine.kind == kind, or_(of_level, col(ProblemLine.code).in_(COPIES)))
        .group_by(col(ProblemLine.code))
        .order_by(total.desc(), col(ProblemLine.code))
    ).all()
    return {code: int(count) for code, count in counts}
