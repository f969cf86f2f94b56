"""The report after the move: records that came, rows that did not, records that people had edited, and the next
steps.

The page also takes the move back, while that is possible, and deletes our copies on the clinic's request.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Form, Request, Response
from sqlmodel import col, select

from app.caspen.kept_by_undo import KeptByUndo, count_kept_by_undo
from app.caspen.live_counts import LiveCounts, count_live
from app.caspen.stores import Stores
from app.caspen.trial_health import TrialFault
from app.caspen.undo import Why, count_there
from app.caspen.workspace_snapshot import load_workspace
from app.fetch.open_links import load_link_access, recheck_link
from app.formatting import plural
from app.golive.live_check import LiveSummary, summarise_live
from app.migration.audited import load_audited
from app.migration.balance import balance_of
from app.migration.checked_links import begin_check
from app.migration.completeness_warnings import export_day
from app.migration.guards import UNDO_DAYS, undoable
from app.migration.models import Export, Migration
from app.migration.states import LIVE, Event, State
from app.migration.trials import current_trial
from app.problems import Problem
from app.web.page_context import Visit, go, in_state, page, visit_of
from app.wizard.damage import UNTRUE, find_damage, render_damaged
from app.wizard.live_words import bridges, differing_words
from app.wizard.receipt import load_receipt
from app.worker.clean_up import purge

router = APIRouter()
log = structlog.get_logger()


@router.get("/m/{migration_id}/report")
def show_report(request: Request) -> Response:
    return render_report(request, [])


def render_report(request: Request, errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        trial = current_trial(session, visit.move)
        export = session.get(Export, (visit.move.id, visit.move.export_number))
        made_on = export_day(session, visit.move)
        audited = load_audited(session, visit.move.id)
    if visit.move.state in LIVE and "state" in audited.differing:
        return render_damaged(request, TrialFault.HISTORY)
    if (
        trial is None
        or export is None
        or not visit.move.report
        or visit.move.state not in (State.FINALISED, State.UNDONE)
    ):
        is_lost = visit.move.state == State.FINALISED and not visit.move.report
        undoing = visit.move.state if visit.move.state in (State.UNDOING, State.UNDOING_FAILED) else ""
        return page(request, "wizard/report-none.html", lost=is_lost, undoing=undoing)
    facts = load_workspace(visit.runtime.caspen, visit.move.workspace_id)
    waiting = [person.name for person in facts.practitioners if person.is_awaited]
    fault = find_damage(visit)
    balance = None if fault in UNTRUE else balance_of(trial, visit.source)
    others, until = other_moves(visit), undo_until(visit)
    with visit.read() as session:
        receipt = load_receipt(session, visit.move)
    now_live = count_live(visit.runtime.caspen, visit.move.workspace_id)
    alone = is_alone(visit)
    mine = now_live if alone else count_live(visit.runtime.caspen, visit.move.workspace_id, visit.move.id)
    glance = summarise_live(visit.runtime, visit.move, trial) if fault is None else LiveSummary()
    differing = what_differs(visit, glance, mine)
    values: dict[str, Any] = {
        "trial": trial,
        "export": export,
        "balance": balance,
        "live": visit.move.report,
        "finalised_at": audited.finalised_at,
        "changed_at": audited.changed_at,
        "export_of": date.fromisoformat(old) if (old := visit.move.report.get("export_of")) else None,
        "made_on": date.fromisoformat(day) if (day := visit.move.report.get("made_on")) else made_on,
        "waiting": waiting,
        "now_live": now_live,
        "live_of_move": mine,
        "bridges": bridges(balance.lines, mine, visit.move.report, missing_of(glance, alone), glance.matched)
        if balance is not None
        else {},
        "differing": differing,
        "other_moves": others,
        "undo_result": load_undo_result(visit.runtime.caspen, visit.move),
        "link_now": load_link_access(export),
        "undo_until": until,
        "undo_refused": refused_undo(visit),
        "kept_by_undo": kept_by_undo(visit) if until else KeptByUndo(),
        "kept": bool(visit.move.wrapped_key),
        "receipt": receipt,
    }
    return page(request, "wizard/report.html", 422 if errors else 200, errors=errors, **values)


def other_moves(visit: Visit) -> int:
    """The number of other live moves in this workspace. The report counts their records, too."""
    with visit.read() as session:
        query = select(Migration).where(
            Migration.workspace_id == visit.move.workspace_id,
            Migration.id != visit.move.id,
            col(Migration.finalised_at).is_not(None),
            Migration.state != State.UNDONE,
        )
        return len(session.exec(query).all())


def is_alone(visit: Visit) -> bool:
    """Whether no other move ever went live in the workspace, so that every imported record belongs to this move."""
    with visit.read() as session:
        query = select(Migration.id).where(
            Migration.workspace_id == visit.move.workspace_id,
            Migration.id != visit.move.id,
            col(Migration.finalised_at).is_not(None),
        )
        return session.exec(query.limit(1)).first() is None


def missing_of(glance: LiveSummary, alone: bool) -> Mapping[str, int] | None:
    """Missing records by kind. None stands for all records that the move no longer holds, since no other move can
    hold them.
    """
    return None if alone else glance.missing or {}


def what_differs(visit: Visit, glance: LiveSummary, mine: LiveCounts) -> list[str]:
    """Differences from the approved records that no person made, in words."""
    words = differing_words(glance.verification) if glance.verification is not None else []
    if not words and mine.hidden and visit.move.state == State.FINALISED:
        words = [f"{plural(mine.hidden, 'record')} {'is' if mine.hidden == 1 else 'are'} marked as deleted"]
    if words:
        log.warning("live_differs", migration=visit.move.id)
    return words


@dataclass(frozen=True, slots=True)
class UndoResult:
    """The result of an undo, in records: removed, kept by reason, and restored.

    `in_use` is counted in the workspace now. `gone_since` were kept for them and are gone now. `left_over` are
    records of earlier undone moves that went with this move.
    """

    removed: int
    restored: int
    edited: int
    deleted: int
    in_use: int
    later: int
    gone_since: int = 0
    left_over: int = 0

    @property
    def total(self) -> int:
        """The move's records that were live."""
        return self.removed + self.edited + self.deleted + self.in_use + self.gone_since + self.later


def load_undo_result(stores: Stores, move: Migration) -> UndoResult | None:
    """The result of the undo. None without an undo."""
    undone = move.report.get("undone")
    if undone is None:
        return None
    why = Counter(str(kept["why"]) for kept in undone["kept"])
    needed: dict[str, list[str]] = {}
    for kept in undone["kept"]:
        if kept["why"] == Why.IN_USE:
            needed.setdefault(str(kept["table"]), []).append(str(kept["id"]))
    in_use = count_there(stores, move.workspace_id, needed)
    removed, restored, later, left_over = (
        sum(numbers.values())
        for numbers in (
            undone.get("removed", {}),
            undone.get("restored", {}),
            undone.get("later", {}),
            undone.get("left_over", {}),
        )
    )
    gone_since = why[Why.IN_USE] - in_use
    return UndoResult(removed, restored, why[Why.EDITED], why[Why.DELETED], in_use, later, gone_since, left_over)


def undo_until(visit: Visit) -> datetime | None:
    """The end of the period in which the move can be undone. None if it cannot."""
    with visit.read() as session:
        refused = visit.move.state != State.FINALISED or undoable(session, visit.move)
        finalised_at = load_audited(session, visit.move.id).finalised_at
    return None if refused or finalised_at is None else finalised_at + timedelta(days=UNDO_DAYS)


def refused_undo(visit: Visit) -> Problem | None:
    """The problem if a later move must be undone first. None otherwise."""
    with visit.read() as session:
        refused = undoable(session, visit.move) if visit.move.state == State.FINALISED else None
    return refused if refused is not None and refused.code == "undo_later_first" else None


def kept_by_undo(visit: Visit) -> KeptByUndo:
    """How many records an undo would keep for other live moves. Without one, only people's records keep any."""
    if not other_moves(visit):
        return KeptByUndo()
    return count_kept_by_undo(visit.runtime.caspen, visit.move.workspace_id, visit.move.id)


@router.post("/m/{migration_id}/report/undo")
def undo_move(request: Request, undo: Annotated[str, Form()] = "") -> Response:
    """Undoes the move: removes its records, restores the replaced records, and keeps people's later changes."""
    visit = in_state(request, Event.UNDO, State.FINALISED)
    if not undo:
        return render_report(request, [{"field": "undo", "words": "Tick this to take the move back."}])
    visit.advance(Event.UNDO, guards={"undoable": undoable})
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/report/delete")
def delete_now(request: Request, delete: Annotated[str, Form()] = "") -> Response:
    """Deletes our copies at once, before the end of the 30 days."""
    visit = in_state(request, None, State.FINALISED, State.UNDONE)
    if not delete:
        return render_report(request, [{"field": "delete", "words": "Tick this to have our copies deleted now."}])
    with visit.confirmed():
        pass  # purge deletes the trials' stores outside a transaction, and the key in a transaction that confirms again
    purge(visit.runtime, visit.move.id, visit.by.name, visit.by.actor.value, visit.confirm)
    return go(f"/m/{visit.move.id}/report")


@router.post("/m/{migration_id}/report/link")
def check_open_link(request: Request) -> Response:
    """Checks whether the share link still opens. Counts as a check like any other."""
    visit = in_state(request, None, State.FINALISED)
    with visit.confirmed() as confirmed:
        free_at = begin_check(confirmed.session, confirmed.migration, visit.by, {})
    if free_at is None:
        recheck_link(visit.runtime, visit.move)
    return go(f"/m/{visit.move.id}/report")
