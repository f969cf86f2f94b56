"""The report after the move: what came, what did not, what was kept as people had edited it, and what to do next."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response

from app.caspen.facts import workspace_facts
from app.engine.open_links import look_again, standing_of
from app.migration.balance import balance_of
from app.migration.checked_links import begin_check
from app.migration.models import Export
from app.migration.states import State
from app.migration.trials import current_trial
from app.web import go, page, visit_of

router = APIRouter()


@router.get("/m/{migration_id}/report")
def look(request: Request) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        trial = current_trial(session, visit.move)
        export = session.get(Export, (visit.move.id, visit.move.export_number))
    if trial is None or visit.move.state not in (State.FINALISED, State.UNDONE):
        return page(request, "wizard/report-none.html")
    facts = workspace_facts(visit.runtime.caspen, visit.move.workspace_id)
    waiting = [one.name for one in facts.practitioners if one.active and not one.accepted]
    balance = balance_of(trial, visit.source)
    told: dict[str, Any] = {
        "trial": trial,
        "export": export,
        "balance": balance,
        "counts": {line.kind: line.came for line in balance.lines},
        "behind": [line for line in balance.lines if not line.moves and line.read],
        "live": visit.move.report,
        "export_of": date.fromisoformat(old) if (old := visit.move.report.get("export_of")) else None,
        "waiting": waiting,
        "link_now": standing_of(export),
    }
    return page(request, "wizard/report.html", **told)


@router.post("/m/{migration_id}/report/link")
def look_at_link(request: Request) -> Response:
    """Whether the share link still opens, asked now. It counts as a look like any other."""
    visit = visit_of(request)
    if visit.move.state == State.FINALISED:
        with visit.write() as session:
            free_at = begin_check(session, visit.move, visit.by, {})
        if free_at is None:
            look_again(visit.runtime, visit.move)
    return go(f"/m/{visit.move.id}/report")
