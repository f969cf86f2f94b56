"""Handing over the export: a link, an upload or, in development, the sample; and, once it is read, what was found.

What is not in the export is acknowledged kind by kind before names are matched, and the server holds it to that.
"""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from app.basis import Shown, present
from app.door import read_form
from app.engine.downloads import stop_download
from app.engine.link_providers import provider_lines
from app.engine.submit import hand_over_files, hand_over_stored
from app.errors import Stop
from app.links import LinkSettings
from app.links.advice import advices
from app.migration import contents
from app.migration.audit import last_upload_stop
from app.migration.checked_links import checked_of
from app.migration.exports import Handed
from app.migration.models import Export, Migration
from app.migration.plans import plan_of, save_plan
from app.migration.states import Event, State
from app.problems import Problem
from app.rail import READ_LISTS, page_of
from app.refused_forms import Refusal, RefusedForm, SentAnswer, describes
from app.settings import environment
from app.web import Visit, go, in_state, page, shows, visit_of
from app.wizard import pieces
from app.wizard.found import found, stranger
from app.wizard.link_seen import Seen
from app.wizard.lists_first import hands_over, lists_first
from app.wizard.pieces import UPLOAD_LIMIT
from app.wizard.situation import inventory_of, standing
from app.wizard.upload import receive
from app.words import plural

router = APIRouter()
router.include_router(pieces.router)
NOT_READ = frozenset({State.PREPARING, State.FETCHING, State.FETCHING_FAILED, State.READING, State.READING_FAILED})
SIZES = ("small", "mid")
NOT_NEEDED = "We have none, or they need not come"
PATHS = tuple(f"/m/{{migration_id}}/{form}" for form in ("handover/upload", "handover/found", "link"))


@shows("/m/{migration_id}/handover/found")
def absent_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The export, and the kinds that are not in it."""
    absent = contents.absent(session, migration, visit.source)
    labels = [visit.source.kind(name).label for name in absent]
    return Shown(
        context={"export_number": migration.export_number, "absent": list(absent)},
        labels={"absent": "Not in your export"},
        now={**present(migration), "absent": ", ".join(labels) or "nothing"},
    )


@describes("/m/{migration_id}/handover/found")
def describe_ticks(refusal: Refusal) -> RefusedForm:
    """Each kind that was ticked as not needed. Sending the ticks once more only shows the page with them."""
    visit, session, migration = refusal.visit, refusal.session, refusal.migration
    absent, inventory = contents.absent(session, migration, visit.source), inventory_of(session, migration)
    answers = []
    for name in refusal.sent.get("absent", ()):
        kind = next((kind for kind in visit.source.kinds if kind.name == name), None)
        if kind is None:
            continue
        rows = inventory.kinds[name].rows if inventory is not None and name in inventory.kinds else 0
        now = f"in your export, {plural(rows, 'row')}" if rows else "not in your export"
        applies = name in absent
        inputs = (("absent", name),) if applies else ()
        answers.append(
            SentAnswer(kind.label, NOT_NEEDED, now, inputs, "" if applies else "It is not asked about any more.")
        )
    return RefusedForm(tuple(answers), (("act", "show"),), page=f"/m/{migration.id}/handover")


@router.get("/m/{migration_id}/handover")
def look(request: Request) -> Response:
    return draw(request)


@router.post("/m/{migration_id}/handover/upload")
async def by_upload(request: Request) -> Response:
    """Files from the clinic's own computer, straight into encrypted storage."""
    visit = hands_over(request)
    try:
        stored, visit = await receive(request, visit, UPLOAD_LIMIT)
    except Stop as stop:
        words = f"{stop.problem.title} {stop.problem.todo}"
        errors = [{"field": "files", "words": words}]
        return await run_in_threadpool(draw, request, errors=errors, problem=stop.problem)
    if not any(file.size for file in stored):  # an empty file among others is told of when they are read
        for file in stored:
            visit.runtime.objects.delete(file.object_key)
        words = "This file is empty: 0 bytes." if stored else "Choose the files of your export."
        return await run_in_threadpool(draw, request, errors=[{"field": "files", "words": words}])
    name = stored[0].path if len(stored) == 1 else f"{len(stored)} files"
    given: dict[str, Any] = {"by": visit.by, "name": name, "confirm": visit.confirm}
    await run_in_threadpool(hand_over_stored, visit.runtime, visit.move, stored, **given)
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/handover/sample")
def by_sample(request: Request, size: Annotated[str, Form()] = "small") -> Response:
    """Development and test only: an export of invented people."""
    visit = hands_over(request)
    write_sample = visit.source.sample
    if size not in SIZES or write_sample is None:
        raise HTTPException(404)
    path = visit.runtime.scratch.folder / f"sample-{secrets.token_hex(8)}.zip"
    try:
        write_sample(path, size=size, seed=1, dialect="native")
        with path.open("rb") as stream:
            handed = [Handed(f"{visit.source.label} export.zip", stream)]
            given: dict[str, Any] = {"name": "Sample export", "way": "sample", "confirm": visit.confirm}
            hand_over_files(visit.runtime, visit.move, handed, by=visit.by, **given)
    finally:
        path.unlink(missing_ok=True)
    return go(f"/m/{visit.move.id}/progress")


@router.post("/m/{migration_id}/handover/replace")
def replace(request: Request) -> Response:
    """Another export instead. The one that is here is kept until the new one is read."""
    visit = visit_of(request)
    if State.FETCHING in (visit.move.state, visit.move.paused_from) or visit.move.state == State.FETCHING_FAILED:
        stop_download(visit.runtime, visit.move, visit.by, visit.confirm)
    else:
        visit.advance(Event.REPLACE_EXPORT)
    return go(f"/m/{visit.move.id}/handover")


@router.post("/m/{migration_id}/handover/found")
async def acknowledge(request: Request) -> Response:
    """The clinic has seen what is there and, by name, what is not. `act=show` only shows the page with the ticks."""
    form = await read_form(request)
    ticked = {str(value) for value in form.getlist("absent")}
    if form.get("act") == "show":
        return await run_in_threadpool(draw, request, ticked=ticked)
    return await run_in_threadpool(keep_acknowledged, request, ticked)


def keep_acknowledged(request: Request, ticked: set[str]) -> Response:
    visit = in_state(request, Event.START_TRIAL, State.MATCHING)
    told = look_into(visit)
    missing = [kind for kind in told["absent"] if kind["name"] not in ticked]
    if missing:
        errors = [
            {"field": f"absent-{kind['name']}", "words": f"Tick this when {kind['label'].lower()} need not come."}
            for kind in missing
        ]
        return draw(request, errors=errors, ticked=ticked)
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        plan = plan_of(migration)
        acknowledged = tuple(sorted(kind["name"] for kind in told["absent"]))
        save_plan(session, migration.id, plan.model_copy(update={"acknowledged_absent": acknowledged}), visit.by)
        migration.found_acknowledged = migration.export_number
        session.add(migration)
    return go(f"/m/{visit.move.id}/matches")


def look_into(visit: Visit) -> dict[str, Any]:
    with visit.read() as session:
        export = session.get(Export, (visit.move.id, visit.move.export_number))
        return found(session, visit.move, export, visit.source) if export else {}


def draw(
    request: Request,
    *,
    typed: str = "",
    seen: Seen | None = None,
    problem: Problem | None = None,
    errors: list[dict[str, str]] | None = None,
    ticked: set[str] | None = None,
    status: int = 0,
) -> Response:
    """Before an export is here: the ways to hand it over. Once it is read: what was found in it."""
    visit = visit_of(request)
    visit.remember(*PATHS)
    status = status or (422 if errors else 200)
    shared: dict[str, Any] = {"errors": errors or [], "typed": typed, "problem": problem}
    if visit.move.export_number and visit.move.state not in NOT_READ:
        told = look_into(visit)
        if told.get("kinds"):
            marked = ticked if ticked is not None else set(plan_of(visit.move).acknowledged_absent)
            warning = stranger(standing(visit)) if told["may_go_on"] else None
            more: dict[str, Any] = {"ticked": marked, "stranger": warning, "not_needed": NOT_NEEDED}
            return page(request, "wizard/found.html", status, **shared, **told, **more)
    if visit.move.state != State.PREPARING and page_of(visit.move) != "handover":
        return go(f"/m/{visit.move.id}")  # nothing can be handed over now
    return page(
        request, "wizard/handover.html", status, **shared, **helped(visit), seen=seen, upload_limit=UPLOAD_LIMIT
    )


def helped(visit: Visit) -> dict[str, Any]:
    """Each provider's help, when it was last borne out by real links, what comes first, what waits and was stopped."""
    settings = LinkSettings.from_environment(environment())
    with visit.read() as session:
        lines = provider_lines(session, settings)
        checked = checked_of(session, visit.move.id)
        arrived = pieces.arrived(session, visit.move)
        upload_stopped = last_upload_stop(session, visit.move.id)
        before = session.get(Export, (visit.move.id, visit.move.export_number))
    stopped = before is not None and before.way == "link" and before.fetched_at is None
    return {
        "first": lists_first(visit),
        "read_lists": READ_LISTS,
        "stopped": Problem("download_cancelled") if stopped else None,
        "arrived": arrived,
        "upload_stopped": upload_stopped,
        "advices": advices(),
        "any_host": settings.allow_any_https_host,
        "verified": {line.name: line.verified_at for line in lines},
        "waiting": checked.hint if checked and checked.sealed_link else None,
    }
