"""Why an export may not be whole: what each sign is, by kind and with its dates, as approval has it ticked by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from sqlmodel import Session, col, func, or_, select

from app.db import now
from app.mapping.kind import Countable, Source
from app.migration import contents
from app.migration.balance import KindLine, balance_of
from app.migration.exports import current_export, files_of
from app.migration.models import ExportFile, Migration, ProblemLine, Trial
from app.migration.plans import plan_of
from app.migration.problem_lines import that_count
from app.migration.unanswered import unanswered_of
from app.problems import Level

DAY = timedelta(days=1)
FRESH = timedelta(days=14)  # an export that is older is told of when it goes live
TOLD_BY_TRIAL = ("content_is_text", "gone_from_export")
TOLD_BY_READING = ("json_pages_missing", "many_orphans", "zip_part_missing")
TO_LOOK_AT = frozenset({"content_is_text", "encoding_guessed", "files_unanswered"})
"""Ticked before an approval, too, and no sign that anything is missing from the export."""
SIGNS_OF_A_CUT = ("csv_unclosed_quote", "file_may_be_cut", "cell_may_be_cut")
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Doubt:
    """One sign, or one thing to look at (`TO_LOOK_AT`).

    `days` are the ranges that it is about, both ends included; `count` rows, files or zips.

    `own` and `there`: what the clinic counted, and how many of those are there at most.
    """

    code: str
    kind: str | None = None
    count: int = 0
    days: tuple[Days, ...] = ()
    own: int = 0
    there: int = 0
    signs: tuple[tuple[str, str], ...] = ()  # a problem code and a kind each
    encodings: tuple[str, ...] = ()  # the one that was used, then those that are as likely
    also: tuple[str, ...] = ()  # further kinds that the same sign is about
    files: tuple[str, ...] = ()  # names of files, where the sign is about files of no known kind

    @property
    def key(self) -> str:
        """What a form and the audit call it: codes and kinds alone."""
        return f"{self.code}:{','.join(self.kinds)}" if self.kind else self.code

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every kind that the sign is about; none where the sign is about the whole export."""
        return (self.kind, *self.also) if self.kind else ()

    @property
    def says_missing(self) -> bool:
        """Whether it is a sign that the export is not whole."""
        return self.code not in TO_LOOK_AT


def doubts(session: Session, migration: Migration, source: Source, trial: Trial | None = None) -> tuple[Doubt, ...]:
    """Every doubt about the current export; with a trial that is made, also the clinic's own numbers against it."""
    export = current_export(session, migration)
    if export is None or export.read_at is None:
        return ()
    files = [f for f in files_of(session, migration.id, export.number) if f.kind and not f.refused]
    left_out = plan_of(migration).leave_out_kinds  # what the clinic does not want may be as it is
    moving = [kind.name for kind in source.kinds if kind.imported and kind.name not in left_out]
    told = reading_told(session, migration)
    tried = trial_told(session, migration, trial) if trial is not None and trial.finished_at is not None else []
    ticked = {kind for use in source.uses if use.name in (migration.uses or ()) for kind in use.kinds}
    lacking = (kind for kind in contents.absent(session, migration, source) if kind in moving and kind in ticked)
    found = [Doubt("kind_absent", kind) for kind in lacking]
    found += joined_kinds(doubt for kind in moving for doubt in partial(kind, files))
    found += [
        Doubt(code, kind, count)
        for code, kind, count in told
        if code in TOLD_BY_READING and (kind is None or kind in moving)
    ]
    found += [Doubt(code, kind, count) for code, kind, count in tried if kind in moving]
    if any(code == "export_dates_differ" for code, _, _ in told):
        found.append(Doubt("export_dates_differ", days=(run_days(files),)))
    visits = source.carried.visits if source.carried else None
    cut = any(doubt.code == "partial_export" and visits in doubt.kinds for doubt in found)
    if visits in moving and not cut:  # dates in the name would explain them
        found += [Doubt(sign) for sign in export.inventory.get("signs", ())]
    found += cut_off(told, moving)
    found += unsure_letters(files, moving)
    if trial is not None and trial.finished_at is not None:
        found += not_identified(trial)
        found += [
            Doubt("count_differs", one.kind, own=one.own, there=one.nearest)
            for one in counted(session, migration, source, trial)
            if one.missing
        ]
    return tuple(found)


def not_identified(trial: Trial) -> list[Doubt]:
    """One doubt for all files of the trial's export that nobody has identified; none where every file has a kind."""
    files = unanswered_of(trial)
    names = tuple(file.name for file in files)
    return [Doubt("files_unanswered", count=sum(file.rows for file in files), files=names)] if files else []


def cut_off(told: Iterable[tuple[str, str | None, int]], moving: Iterable[str]) -> list[Doubt]:
    """One doubt for every sign that the end of a file or of a text is missing, whatever the kinds."""
    kinds = frozenset(moving)
    signs = [(code, kind, count) for code, kind, count in told if code in SIGNS_OF_A_CUT and kind in kinds]
    if not signs:
        return []
    named = tuple((code, kind) for code, kind, _ in signs if kind is not None)
    return [Doubt("file_may_be_cut", count=sum(count for _, _, count in signs), signs=named)]


def unsure_letters(files: Iterable[ExportFile], moving: Iterable[str]) -> list[Doubt]:
    """A doubt for each kind of which a file's accented letters may be stored in more than one way."""
    kinds = frozenset(moving)
    found: dict[str, Doubt] = {}
    for file in files:
        if file.kind in kinds and file.kind is not None and file.facts.get("encodings"):
            found.setdefault(file.kind, Doubt("encoding_guessed", file.kind, encodings=tuple(file.facts["encodings"])))
    return list(found.values())


def joined_kinds(found: Iterable[Doubt]) -> list[Doubt]:
    """Doubts that differ in their kind alone are one: files that were exported for the same days have one cause."""
    groups: dict[Doubt, list[str]] = {}
    for doubt in found:
        groups.setdefault(replace(doubt, kind=None), []).extend(doubt.kinds)
    return [replace(doubt, kind=kinds[0], also=tuple(kinds[1:])) for doubt, kinds in groups.items()]


def partial(kind: str, files: Iterable[ExportFile]) -> list[Doubt]:
    """The ranges that a kind was exported for, joined where they meet, and the days between them."""
    ranges = joined(
        (date.fromisoformat(f.facts["from"]), date.fromisoformat(f.facts["to"]))
        for f in files
        if f.kind == kind and "from" in f.facts and "to" in f.facts
    )
    if not ranges:
        return []
    whole = any(f.kind == kind and "from" not in f.facts for f in files)
    gaps = tuple((a[1] + DAY, b[0] - DAY) for a, b in pairwise(ranges))
    found = [Doubt("partial_export", kind, days=((ranges[0][0], ranges[-1][1]),))]
    return found if whole or not gaps else [*found, Doubt("partial_export_gap", kind, len(gaps), gaps)]


def joined(ranges: Iterable[Days]) -> list[Days]:
    """Ranges in order; those that overlap or follow each other day by day are one."""
    found: list[Days] = []
    for since, until in sorted(ranges):
        if found and since <= found[-1][1] + DAY:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def run_days(files: Iterable[ExportFile]) -> Days:
    """The first and the last day on which a file of the export was made."""
    days = sorted(date.fromisoformat(f.facts["run"]) for f in files if "run" in f.facts)
    return days[0], days[-1]


def run_day(files: Iterable[ExportFile]) -> date | None:
    """The last day on which a file of the export was made, where its name tells."""
    dated = [f for f in files if f.kind and not f.refused and "run" in f.facts]
    return run_days(dated)[1] if dated else None


def export_day(session: Session, migration: Migration) -> date | None:
    """The first day on which a file of the current export was made, or None where no file name gives a day.

    Whatever was added in the source on that day or later may be missing from the export.
    """
    files = files_of(session, migration.id, migration.export_number)
    dated = [file for file in files if file.kind and not file.refused and "run" in file.facts]
    return run_days(dated)[0] if dated else None


def stale_day(session: Session, migration: Migration) -> date | None:
    """The day of an export that is more than 14 days old by now, where its files' names tell."""
    day = run_day(files_of(session, migration.id, migration.export_number))
    return day if day is not None and now().date() - day > FRESH else None


def reading_told(session: Session, migration: Migration) -> list[tuple[str, str | None, int]]:
    """What was told of the export as a whole: code, kind and how many."""
    wanted = (*TOLD_BY_READING, *SIGNS_OF_A_CUT, "export_dates_differ")
    return _told(session, migration, f"export:{migration.export_number}", wanted)


def trial_told(session: Session, migration: Migration, trial: Trial) -> list[tuple[str, str | None, int]]:
    """What a trial has found that the clinic has to tick: code, kind and how many rows."""
    return _told(session, migration, f"trial:{trial.number}", TOLD_BY_TRIAL)


def _told(
    session: Session, migration: Migration, run: str, wanted: tuple[str, ...]
) -> list[tuple[str, str | None, int]]:
    found = session.exec(
        select(ProblemLine.code, ProblemLine.kind, func.sum(ProblemLine.count))
        .where(
            ProblemLine.migration_id == migration.id,
            ProblemLine.run == run,
            col(ProblemLine.code).in_(wanted),
        )
        .group_by(col(ProblemLine.code), col(ProblemLine.kind))
        .order_by(col(ProblemLine.code), col(ProblemLine.kind))
    ).all()
    return [(code, kind, int(count)) for code, kind, count in found]


def unticked(found: Iterable[Doubt], accepted: Iterable[str]) -> tuple[Doubt, ...]:
    """The doubts that nobody has ticked."""
    ticked = set(accepted)
    return tuple(doubt for doubt in found if doubt.key not in ticked)


def facts_of(accepted: Iterable[str]) -> Mapping[str, list[str]]:
    """What the audit keeps of the ticks."""
    ticked = sorted(accepted)
    return {"accepted": ticked} if ticked else {}


# The clinic's own numbers, held against its export and what came of it, and what explains each difference.

COPIES = ("duplicate_row", "id_conflict_newest_used")
"""A further row of a thing that is counted already: no clinic counts it twice."""
COPIED = "copies"


@dataclass(frozen=True, slots=True)
class Reason:
    """Rows that explain a difference. `code` is a problem, an outcome, or a name of a trial's totals."""

    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Counted:
    """The clinic's own number of one kind, the rows of the export, and the rows that came.

    `stayed`: every row between the export and what came, by reason; the counts add up to `in_export - came`.
    `besides`: rows that came and that the question lets the clinic leave out of its number.
    `places`: appointments of classes beyond the rows, because the source may count each client of a class.
    """

    kind: str
    label: str
    own: int
    in_export: int
    came: int
    stayed: tuple[Reason, ...]
    besides: tuple[Reason, ...]
    places: int = 0

    @property
    def different(self) -> int:
        """Rows of the export without further rows of the same thing."""
        return self.in_export - sum(reason.count for reason in self.stayed if reason.code == COPIED)

    @property
    def compared(self) -> int:
        """The number that the clinic's is compared with: what the export holds, or what came where that is more."""
        if self.own in (self.in_export, self.came):
            return self.own
        return self.came if self.own < self.came else self.different

    @property
    def missing(self) -> int:
        """How many of those that the clinic counted the export lacks."""
        return max(self.own - self.compared - self.places, 0)

    @property
    def nearest(self) -> int:
        """The most that the clinic could have counted where the export is whole: the doubt says how far apart they are.

        More in the export than the clinic counted is no sign that anything is missing.
        """
        return self.own - self.missing

    @property
    def apart(self) -> tuple[Reason, ...]:
        """Why the clinic's number is not `compared`. The counts add up to the difference."""
        gap = self.own - self.compared
        if gap > 0:
            parts = [("places", gap - self.missing), ("not_in_export", self.missing)]
        elif self.own < self.came:
            parts, left = [], -gap
            for reason in self.besides:
                parts.append((reason.code, min(reason.count, left)))
                left -= parts[-1][1]
            parts.append(("not_explained", left))
        else:
            parts = [("stayed", -gap)]
        return tuple(Reason(code, count) for code, count in parts if count)


def counted(session: Session, migration: Migration, source: Source, trial: Trial) -> list[Counted]:
    """Every kind that the clinic counted, in the order of the source's own list."""
    own = migration.own_counts or {}
    lines = {line.kind: line for line in balance_of(trial, source).lines}
    totals = trial.held_against or {}
    return [
        count_of(question, source.kind(kind).label, own[kind], lines.get(kind), totals, codes)
        for question in source.counts
        for kind in [question.kind]
        if kind in own
        for codes in [stay_codes(session, migration, kind)]
    ]


def count_of(
    question: Countable,
    label: str,
    own: int,
    line: KindLine | None,
    totals: Mapping[str, int],
    codes: Mapping[str, int],
) -> Counted:
    """One kind's comparison. `totals` are the trial's, `codes` the problems of rows that do not move by rule."""
    if line is None:
        return Counted(question.kind, label, own, 0, 0, (), ())
    besides = tuple(Reason(name, n) for name in question.may_lack if (n := totals.get(name, 0)))
    places = max(totals.get(question.places, 0) - line.came, 0) if question.places else 0
    return Counted(question.kind, label, own, line.read, line.came, reasons_of(line, codes), besides, places)


def reasons_of(line: KindLine, codes: Mapping[str, int]) -> tuple[Reason, ...]:
    """Every row that did not come, once, by reason. A row with two problems counts under the first of them."""
    copies = sum(codes.get(code, 0) for code in COPIES)
    wanted = [*((code, n) for code, n in codes.items() if code not in COPIES), (COPIED, copies)]
    left = line.skipped
    skipped: list[tuple[str, int]] = []
    for code, n in sorted(wanted, key=lambda pair: pair[0] != COPIED):  # copies first: the rest is of different things
        skipped.append((code, min(n, left)))
        left -= skipped[-1][1]
    outcomes = [("left_out", line.left_out), ("held", line.held), ("refused", line.refused)]
    rest = [("skipped", left), *outcomes, ("unaccounted", line.unaccounted)]
    return tuple(Reason(code, n) for code, n in [*skipped, *rest] if n)


def stay_codes(session: Session, migration: Migration, kind: str) -> dict[str, int]:
    """Rows of a kind that do not move by rule, by problem, most first."""
    total = func.sum(ProblemLine.count)
    of_level = col(ProblemLine.level) == Level.SKIPPED.value
    found = session.exec(
        select(ProblemLine.code, total)
        .where(*that_count(migration), ProblemLine.kind == kind, or_(of_level, col(ProblemLine.code).in_(COPIES)))
        .group_by(col(ProblemLine.code))
        .order_by(total.desc(), col(ProblemLine.code))
    ).all()
    return {code: int(count) for code, count in found}
