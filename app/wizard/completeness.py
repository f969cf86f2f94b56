"""Whether everything came: what speaks against it, in words, and the clinic's own numbers beside ours."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.formatting import number, plural
from app.mapping.kind import Source
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


def doubts_said(session: Session, visit: Visit, trial: Trial | None = None) -> list[WarningText]:
    """What speaks against the export being whole, in the clinic's words."""
    migration = session.get_one(Migration, visit.move.id)
    return [
        to_text(doubt, visit.source, State(migration.state))
        for doubt in completeness_warnings(session, migration, visit.source, trial)
    ]


def not_ticked(session: Session, visit: Visit, trial: Trial, accepted: Collection[str]) -> list[WarningText]:
    """The same, without what was ticked."""
    migration = session.get_one(Migration, visit.move.id)
    found = completeness_warnings(session, migration, visit.source, trial)
    return [to_text(doubt, visit.source) for doubt in unticked(found, accepted)]


def whole(session: Session, visit: Visit, trial: Trial) -> dict[str, Any]:
    """Everything that a page says about it, as numbers: for the clinic's review and for support."""
    migration = session.get_one(Migration, visit.move.id)
    return {
        "doubts": doubts_said(session, visit, trial),
        "counts": counts_said(session, visit, trial),
        "held": held(session, migration, visit.source, trial),
        "balances": (trial.held_against or {}).get("balances", 0),
        "owing": (trial.held_against or {}).get("balances_owing", 0),
        "stale": stale_day(session, migration),
    }


def counts_said(session: Session, visit: Visit, trial: Trial) -> list[dict[str, Any]]:
    """Each number of the clinic's beside the export and what came, and why they differ."""
    migration = session.get_one(Migration, visit.move.id)
    found = compare_counts(session, migration, visit.source, trial)
    return [{"counted": one, "why": why(one, visit.source.label)} for one in found]


def why(one: CountComparison, source: str) -> str:
    """As in "The same number as in your export. 6 of its rows did not come: 2 merged into others, 4 held back"."""
    return " ".join(part for part in (why_own(one, source), why_stayed(one, source)) if part)


def why_own(one: CountComparison, source: str) -> str:
    """What separates the clinic's number from the export, or from what came where more came."""
    if one.own == one.in_export:
        return "The same number." if one.own == one.brought else "The same number as in your export."
    if one.own == one.brought:
        return "The same number as came across."
    apart = abs(one.own - one.compared)
    reasons = reasons_words(one.apart, source)
    if one.own < one.brought:
        known = [reason.code for reason in one.apart] != ["not_explained"]
        return f"{apart:,} more came than you counted{f': {reasons}' if known else ''}."
    if one.own <= one.compared:
        return f"Your export has {one.in_export - one.own:,} more than you counted."
    more = f"You counted {apart:,} more: {reasons}."
    return more if one.different == one.in_export else f"Your export holds {one.different:,} different ones. {more}"


def why_stayed(one: CountComparison, source: str) -> str:
    """Every row of the export that did not come, by reason; "" where every row came."""
    stayed = one.in_export - one.brought
    if not stayed:
        return ""
    rows = "row of your export" if stayed == 1 else "rows of your export"
    return f"{stayed:,} {rows} did not come: {reasons_words(one.excluded, source)}."


def reasons_words(reasons: Iterable[CountReason], source: str) -> str:
    return ", ".join(f"{reason.count:,} {reason_words(reason, source)}" for reason in reasons)


def reason_words(reason: CountReason, source: str) -> str:
    if reason.code in OTHERS:
        return OTHERS[reason.code]
    if reason.code in SHORT:
        return SHORT[reason.code].format(source=source)
    title = Problem(reason.code, details={"source": source}).title if reason.code in catalogue() else reason.code
    return f"told as “{title}”"


# What the export itself has worked out, held against what came, as the review and support say it: numbers alone.


@dataclass(frozen=True, slots=True)
class Held:
    """One comparison. `page` is where the clinic sees the clients of it, "" where there are none to see."""

    fits: bool
    words: str
    small: str
    page: str = ""
    act: str = ""


def held(session: Session, migration: Migration, source: Source, trial: Trial) -> list[Held]:
    """Every comparison that this export allows, what differs first."""
    told: Mapping[str, int] = Counter(trial.held_against or {})
    came = {line.kind for line in balance_of(trial, source).lines if line.brought}
    files = files_of(session, migration.id, migration.export_number)
    found = [*visits(told, source), *notes(told, source, came), *places(told, source), *pages(files, source)]
    return sorted(found, key=lambda one: one.fits)


def visits(told: Mapping[str, int], source: Source) -> list[Held]:
    """The first and the last visit of each client, as the list of clients has them."""
    compared, differ = told["clients_compared"], told["clients_differ"]
    if not compared:
        return []
    agree = f"{number(told['clients_agree'])} of {plural(compared, 'client')} have the first and the last appointment"
    words = f"{agree} that {source.label} says"
    if not differ:
        left = told["clients_left_out"]
        return [Held(True, words, f"{plural(left, 'client')} left out by your date." if left else "")]
    gone, waiting = told["visits_not_exported"], told["visits_kept_back"]
    ends = ((gone, "not in your export."), (waiting, "in it, and did not come."))
    clauses = [f"{plural(n, 'appointment')} {'is' if n == 1 else 'are'} {end}" for n, end in ends if n]
    return [Held(False, words, " ".join(clauses), "visits", "See who")]


def notes(told: Mapping[str, int], source: Source, came: set[str]) -> list[Held]:
    """What visits say of their notes. A note may also stand without a visit, so that only too few are a difference."""
    found = []
    for state in ("final", "draft"):
        says, there = told[f"says_{state}"], told[f"visits_with_{state}"]
        if not says:
            continue
        words = f"{plural(says, 'appointment')} {'has' if says == 1 else 'have'} a {state} note in {source.label}"
        small = f"Notes of {plural(there, 'appointment')} came as {state}."
        if "treatment_notes" not in came:
            small = "No notes came at all. Are they in your export?"
        found.append(Held(there >= says, words, small))
    return found


def places(told: Mapping[str, int], source: Source) -> list[Held]:
    """How many people the classes say that they had. Where fewer came, why, and where each of them is named."""
    says, there = told["places"], told["appointments_in_groups"]
    if not says:
        return []
    words, small = (
        f"{plural(says, 'place')} in group appointments",
        f"{plural(there, 'appointment')} of clients came of",
    )
    if there >= says or source.carried is None:
        return [Held(there >= says, words, f"{small} them.")]
    less = f"{plural(says - there, 'place')} {'has' if says - there == 1 else 'have'} none"
    why = f"{small} them. {less}: the client is not in your export or not listed, or the class did not come."
    return [Held(False, words, why, f"problems?kind={source.carried.visits}", "See which")]


def pages(files: list[ExportFile], source: Source) -> list[Held]:
    """What the files of an interface announce, beside what they hold."""
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
        Held(rows[kind] >= total, words.format(labels[kind], number(total)), f"They hold {number(rows[kind])}.")
        for kind, total in announced.items()
    ]
