"""Clients whose first or last appointment differs from the old software, by name."""

from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.migration.trials import current_trial
from app.trial.source_totals import read_visits
from app.web.page_context import page, visit_of
from app.web.sent_numbers import SentNumber
from app.wizard.trial_view import record_view

router = APIRouter()
PER_PAGE = 100


@router.get("/m/{migration_id}/visits")
def show_visits(request: Request, number: Annotated[SentNumber, Query(ge=1, le=10**7)] = 1) -> Response:
    """A page of these clients. The view is recorded before a name is shown."""
    visit = visit_of(request)
    with visit.read() as session:
        trial = current_trial(session, visit.move)
    totals = (trial.held_against or {}) if trial is not None and trial.finished_at is not None else {}
    if trial is None or not totals:
        return page(request, "wizard/review-none.html")
    record_view(visit, "visits_listed", {"page": number})
    total = totals.get("clients_differ", 0)
    start = (number - 1) * PER_PAGE
    shown = list(islice(read_visits(visit.runtime, visit.move, trial.number), start, start + PER_PAGE))
    context: dict[str, Any] = {
        "lines": [
            {
                **line,
                "told_first": moment(line["told_first"]),
                "told_last": moment(line["told_last"]),
                "came_first": moment(line["came_first"]),
                "came_last": moment(line["came_last"]),
            }
            for line in shown
        ],
        "totals": totals,
        "total": total,
        "shown": {"page": number, "pages": -(-total // PER_PAGE)},
        "kept": bool(visit.move.wrapped_key),
    }
    return page(request, "wizard/visits.html", **context)


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
