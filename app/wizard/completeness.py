"""Completeness of the export: warnings in words, and the clinic's own numbers next to the export's."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from sqlmodel import Session

from app.formatting import number, plural
from app.mapping.kind import Source
from app.mapping.kind_roles import KindRole
from app.migration.balance import balance_of
from app.migration.completeness_warnings import (
    CountComparison,
    CountReason,
    compare_counts,
    completeness_warnings,
    stale_day,
    unticked,
)
from app.migration.exports import files_of
from app.migration.models import ExportFile, Migration, Trial
from app.migration.states import State
from app.migration.warning_texts import WarningText, to_text
from app.problems import Problem, catalogue
from app.web.page_context import Visit

OTHERS = {
    "skipped": "do not move, by rule",
    "left_out": "left out by you",
    "held": "held back",
    "refused": "could not be read",
    "unaccounted": "not accounted for",
    "copies": "in your export more than once",
    "clients_archived": "archived",
    "busy_times": "times off in the same file",
    "places": "places in classes",
    "not_in_export": "not in your export",
    "not_explained": "not explained",
}
SHORT = {
    "merged_patient_redirected": "merged into others",
    "deleted_in_source": "deleted in {source}",
    "missing_id": "without a number of their own",
}


def load_warnings(session: Session, visit: Visit, trial: Trial | None = None) -> list[WarningText]:
    """The completeness warnings, in the clinic's words."""
    migration = session.get_one(Migration, visit.move.id)
    return [
        to_text(doubt, visit.source, State(migration.state))
        for doubt in completeness_warnings(session, migration, visit.source, trial)
    ]


def not_ticked(session: Session, visit: Visit, trial: Trial, accepted: Collection[str]) -> list[WarningText]:
    """The completeness warnings without a tick."""
    migration = session.get_one(Migration, visit.move.id)
    warnings = completeness_warnings(session, migration, visit.source, trial)
    return [to_text(doubt, visit.source) for doubt in unticked(warnings, accepted)]


class ExplainedCount(TypedDict):
    """A number of the clinic's next to the export's and the trial's, with the reasons for differences in words."""

    counted: CountComparison
    why: str


class Completeness(TypedDict):
    """All completeness facts: warnings, counts, total checks, and numbers of clients with balances.

    `stale` is the day of the export if the export is old.
    """

    doubts: list[WarningText]
    counts: list[ExplainedCount]
    held: "list[TotalCheck]"
    balances: int
    owing: int
    stale: date | None


def whole(session: Session, visit: Visit, trial: Trial) -> Completeness:
    """All completeness facts for the clinic's review and for support. Numbers only."""
    migration = session.get_one(Migration, visit.move.id)
    return {
        "doubts": load_warnings(session, visit, trial),
        "counts": load_count_comparisons(session, visit, trial),
        "held": load_total_checks(session, migration, visit.source, trial),
        "balances": (trial.held_against or {}).get("balances", 0),
        "owing": (trial.held_against or {}).get("balances_owing", 0),
        "stale": stale_day(session, migration),
    }


def load_count_comparisons(session: Session, visit: Visit, trial: Trial) -> list[ExplainedCount]:
    """Each of the clinic's numbers next to the export's and the trial's, with the reasons for differences."""
    migration = session.get_one(Migration, visit.move.id)
    comparisons = compare_counts(session, migration, visit.source, trial)
    return [{"counted": each, "why": why(each, visit.source.label)} for each in comparisons]


def why(comparison: CountComparison, source: str) -> str:
    """As in "The same number as in your export. 6 of its rows did not come: 2 merged into others, 4 held back"."""
    return " ".join(part for part in (why_own(comparison, source), why_stayed(comparison, source)) if part)


def why_own(comparison: CountComparison, source: str) -> str:
    """Why the clinic's number differs from the export's, or from the larger number that came across."""
    if comparison.own == comparison.in_export:
        return "The same number." if comparison.own == comparison.brought else "The same number as in your export."
    if comparison.own == comparison.brought:
        return "The same number as came across."
    apart = abs(comparison.own - comparison.compared)
    reasons = reasons_words(comparison.apart, source)
    if comparison.own < comparison.brought:
        known = [reason.code for reason in comparison.apart] != ["not_explained"]
        return f"{apart:,} more came than you counted{f': {reasons}' if known else ''}."
    if comparison.own <= comparison.compared:
        return f"Your export has {comparison.in_export - comparison.own:,} more than you counted."
    more = f"You counted {apart:,} more: {reasons}."
    return (
        more
        if comparison.different == comparison.in_export
        else f"Your export holds {comparison.different:,} different ones. {more}"
    )


def why_stayed(comparison: CountComparison, source: str) -> str:
    """Every row of the export that did not come, by reason. "" if all rows came."""
    stayed = comparison.in_export - comparison.brought
    if not stayed:
        return ""
    rows = "row of your export" if stayed == 1 else "rows of your export"
    return f"{stayed:,} {rows} did not come: {reasons_words(comparison.excluded, source)}."


def reasons_words(reasons: Iterable[CountReason], source: str) -> str:
    return ", ".join(f"{reason.count:,} {reason_words(reason, source)}" for reason in reasons)


def reason_words(reason: CountReason, source: str) -> str:
    if reason.code in OTHERS:
        return OTHERS[reason.code]
    if reason.code in SHORT:
        return SHORT[reason.code].format(source=source)
    title = Problem(reason.code, details={"source": source}).title if reason.code in catalogue() else reason.code
    return f"listed as “{title}”"


# The export's own totals, compared with the trial. Numbers only.


@dataclass(frozen=True, slots=True)
class TotalCheck:
    """A comparison with a total of the export. `page` lists the clients that differ, "" if there is no list."""

    fits: bool
    words: str
    small: str
    page: str = ""
    act: str = ""


def load_total_checks(session: Session, migration: Migration, source: Source, trial: Trial) -> list[TotalCheck]:
    """Every comparison that this export allows, differences first."""
    totals: Mapping[str, int] = Counter(trial.held_against or {})
    arrived = {line.kind for line in balance_of(trial, source).lines if line.brought}
    files = files_of(session, migration.id, migration.export_number)
    checks = [*visits(totals, source), *notes(totals, source, arrived), *places(totals, source), *pages(files, source)]
    return sorted(checks, key=lambda check: check.fits)


def visits(totals: Mapping[str, int], source: Source) -> list[TotalCheck]:
    """The first and last visit of each client, against the list of clients."""
    compared, differ = totals["clients_compared"], totals["clients_differ"]
    if not compared:
        return []
    agree = f"{number(totals['clients_agree'])} of {plural(compared, 'client')} have the first and the last appointment"
    words = f"{agree} that {source.label} says"
    if not differ:
        left = totals["clients_left_out"]
        return [TotalCheck(True, words, f"{plural(left, 'client')} left out by your date." if left else "")]
    gone, waiting = totals["visits_not_exported"], totals["visits_kept_back"]
    ends = ((gone, "not in your export."), (waiting, "in it, and did not come."))
    sentences = [f"{plural(n, 'appointment')} {'is' if n == 1 else 'are'} {end}" for n, end in ends if n]
    return [TotalCheck(False, words, " ".join(sentences), "visits", "See who")]


def notes(totals: Mapping[str, int], source: Source, arrived: set[str]) -> list[TotalCheck]:
    """The notes that visits mention. Notes without a visit are allowed, so only a shortage is a difference."""
    checks = []
    for state in ("final", "draft"):
        expected, present = totals[f"says_{state}"], totals[f"visits_with_{state}"]
        if not expected:
            continue
        words = (
            f"{plural(expected, 'appointment')} {'has' if expected == 1 else 'have'} a {state} note in {source.label}"
        )
        small = f"Notes of {plural(present, 'appointment')} came as {state}."
        if source.name_with(KindRole.NOTE) not in arrived:
            small = "No notes came at all. Are they in your export?"
        checks.append(TotalCheck(present >= expected, words, small))
    return checks


def places(totals: Mapping[str, int], source: Source) -> list[TotalCheck]:
    """The number of people that classes report. A shortage gives the reason and the page that names each class."""
    expected, present = totals["places"], totals["appointments_in_groups"]
    if not expected:
        return []
    words, small = (
        f"{plural(expected, 'place')} in group appointments",
        f"{plural(present, 'appointment')} of clients came of",
    )
    if present >= expected or source.computed is None:
        return [TotalCheck(present >= expected, words, f"{small} them.")]
    less = f"{plural(expected - present, 'place')} {'has' if expected - present == 1 else 'have'} none"
    why = f"{small} them. {less}: the client is not in your export or not listed, or the class did not come."
    return [TotalCheck(False, words, why, f"problems?kind={source.computed.visits}", "See which")]


def pages(files: list[ExportFile], source: Source) -> list[TotalCheck]:
    """The totals that the files of an interface announce, next to their rows."""
    announced: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    for file in files:
        total = file.facts.get("total_entries")
        if file.kind and total is not None and not file.refused:
            announced[file.kind] = max(announced[file.kind], int(total))
            rows[file.kind] += file.rows
    labels = {kind.name: kind.label for kind in source.kinds}
    words = "{}: the files announce {}"
    return [
        TotalCheck(rows[kind] >= total, words.format(labels[kind], number(total)), f"They hold {number(rows[kind])}.")
        for kind, total in announced.items()
    ]
