"""Approving: the numbers once more, what will not come, and the clinic's name typed by hand.

An approval names the digest of the trial that was seen; any other trial refuses it.
"""

import unicodedata
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from app.migration.balance import balance_of
from app.migration.guards import open_requests
from app.migration.models import Export
from app.migration.states import Event, State
from app.migration.trials import approve as approve_trial
from app.migration.trials import current_trial
from app.web import go, in_state, page, visit_of

router = APIRouter()


@router.get("/m/{migration_id}/approve")
def look(request: Request) -> Response:
    return draw(request, "", [])


@router.post("/m/{migration_id}/approve")
def approve(request: Request, name: Annotated[str, Form()] = "", digest: Annotated[str, Form()] = "") -> Response:
    seen = visit_of(request).move
    if seen.approved_digest and seen.approved_digest == digest and seen.state in (State.FINALISING, State.FINALISED):
        return go(f"/m/{seen.id}")  # pressed twice: this very trial is approved
    visit = in_state(request, Event.APPROVE, State.REVIEWING)
    if plain(name) != plain(visit.move.clinic):
        words = f"This is not the name of your clinic. Type it as it stands here: {visit.move.clinic}"
        return draw(request, name, [{"field": "name", "words": words}])
    with visit.write() as session:
        ring = approve_trial(session, visit.move.id, digest, visit.by)
    visit.runtime.doorbell.ring(ring.migration_id)
    return go(f"/m/{visit.move.id}/progress")


def plain(text: str) -> str:
    """A name as it is compared: case, accents' form and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def draw(request: Request, typed: str, errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        trial = current_trial(session, visit.move)
        export = session.get(Export, (visit.move.id, visit.move.export_number))
        waiting = open_requests(session, visit.move.id)
    if trial is None or trial.finished_at is None:
        return page(request, "wizard/review-none.html")
    balance = balance_of(trial, visit.source)
    told: dict[str, Any] = {
        "trial": trial,
        "export": export,
        "balance": balance,
        "counts": {line.kind: line.came for line in balance.lines},
        "behind": [line for line in balance.lines if not line.moves and line.read],
        "open_requests": len(waiting),
        "may_approve": visit.move.state == State.REVIEWING and balance.balances and not waiting,
        "typed": typed,
        "errors": errors,
    }
    return page(request, "wizard/approve.html", 422 if errors else 200, **told)
