"""Whether everything came: what speaks against it, in words, and the clinic's own numbers beside ours."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlmodel import Session

from app.migration.counted import Counted, Reason, counted
from app.migration.doubt_words import Said, said
from app.migration.doubts import doubts, stale_day, unticked
from app.migration.models import Migration, Trial
from app.migration.states import State
from app.problems import Problem, catalogue
from app.web import Visit
from app.wizard.held import held

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


def doubts_said(session: Session, visit: Visit, trial: Trial | None = None) -> list[Said]:
    """What speaks against the export being whole, in the clinic's words."""
    migration = session.get_one(Migration, visit.move.id)
    return [
        said(doubt, visit.source, State(migration.state)) for doubt in doubts(session, migration, visit.source, trial)
    ]


def not_ticked(session: Session, visit: Visit, trial: Trial, accepted: Collection[str]) -> list[Said]:
    """The same, without what was ticked."""
    migration = session.get_one(Migration, visit.move.id)
    found = doubts(session, migration, visit.source, trial)
    return [said(doubt, visit.source) for doubt in unticked(found, accepted)]


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
    found = counted(session, migration, visit.source, trial)
    return [{"counted": one, "why": why(one, visit.source.label)} for one in found]


def why(one: Counted, source: str) -> str:
    """As in "The same number as in your export. 6 of its rows did not come: 2 merged into others, 4 held back"."""
    return " ".join(part for part in (why_own(one, source), why_stayed(one, source)) if part)


def why_own(one: Counted, source: str) -> str:
    """What separates the clinic's number from the export, or from what came where more came."""
    if one.own == one.in_export:
        return "The same number." if one.own == one.came else "The same number as in your export."
    if one.own == one.came:
        return "The same number as came across."
    apart = abs(one.own - one.compared)
    reasons = reasons_words(one.apart, source)
    if one.own < one.came:
        known = [reason.code for reason in one.apart] != ["not_explained"]
        return f"{apart:,} more came than you counted{f': {reasons}' if known else ''}."
    if one.own <= one.compared:
        return f"Your export has {one.in_export - one.own:,} more than you counted."
    more = f"You counted {apart:,} more: {reasons}."
    return more if one.different == one.in_export else f"Your export holds {one.different:,} different ones. {more}"


def why_stayed(one: Counted, source: str) -> str:
    """Every row of the export that did not come, by reason; "" where every row came."""
    stayed = one.in_export - one.came
    if not stayed:
        return ""
    rows = "row of your export" if stayed == 1 else "rows of your export"
    return f"{stayed:,} {rows} did not come: {reasons_words(one.stayed, source)}."


def reasons_words(reasons: Iterable[Reason], source: str) -> str:
    return ", ".join(f"{reason.count:,} {reason_words(reason, source)}" for reason in reasons)


def reason_words(reason: Reason, source: str) -> str:
    if reason.code in OTHERS:
        return OTHERS[reason.code]
    if reason.code in SHORT:
        return SHORT[reason.code].format(source=source)
    title = Problem(reason.code, details={"source": source}).title if reason.code in catalogue() else reason.code
    return f"told as “{title}”"
