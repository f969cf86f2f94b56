"""Whether everything came: what speaks against it, in words, and the clinic's own numbers beside ours."""

from collections.abc import Collection
from typing import Any

from sqlmodel import Session

from app.migration.counted import Counted, Reason, counted
from app.migration.doubt_words import Said, said
from app.migration.doubts import doubts, stale_day, unticked
from app.migration.models import Migration, Trial
from app.problems import Problem, catalogue
from app.web import Visit
from app.wizard.held import held

OTHERS = {
    "skipped": "do not move, by rule",
    "left_out": "left out by you",
    "held": "held back",
    "refused": "could not be read",
    "clients_archived": "archived, and came",
    "appointments_cancelled": "cancelled, and came",
    "busy_times": "times off, in the same file",
    "notes_draft": "drafts, and came",
}
SHORT = {
    "merged_patient_redirected": "merged into others",
    "deleted_in_source": "deleted in {source}",
    "missing_id": "without a number of their own",
}


def doubts_said(session: Session, visit: Visit, trial: Trial | None = None) -> list[Said]:
    """What speaks against the export being whole, in the clinic's words."""
    migration = session.get_one(Migration, visit.move.id)
    return [said(doubt, visit.source) for doubt in doubts(session, migration, visit.source, trial)]


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
    """As in "12 merged into others, 3 deleted in the old software"."""
    if one.own == one.came:
        return "The same number."
    told = ", ".join(f"{reason.count:,} {reason_words(reason, source)}" for reason in one.reasons)
    if one.explained:
        return f"{told[:1].upper()}{told[1:]}."
    apart = abs(one.own - one.nearest)
    verb = "is" if apart == 1 else "are"
    where = f"more {verb} not in your export" if one.own > one.nearest else "more came than that"
    rest = f" Beside that: {told}." if told else ""
    return f"{apart:,} {where}.{rest}"


def reason_words(reason: Reason, source: str) -> str:
    if reason.code in OTHERS:
        return OTHERS[reason.code]
    if reason.code in SHORT:
        return SHORT[reason.code].format(source=source)
    title = Problem(reason.code, details={"source": source}).title if reason.code in catalogue() else reason.code
    return f"told as “{title}”"
