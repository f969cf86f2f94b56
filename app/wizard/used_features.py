"""What the clinic uses in its old software, ticked before the export, and the clinic's own numbers.

The ticks decide which kinds must be in the export. The numbers are optional. The review compares them with the trial.
"""

import re
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from app.mapping.kind import Source
from app.migration.models import Migration
from app.migration.plans import EDITABLE
from app.migration.states import Event, State
from app.migration.used_kinds import COUNTING, save_counts, save_uses
from app.request_sizes import read_form
from app.web.form_fingerprint import FormField, Shown
from app.web.page_context import Visit, go, in_state, page, shows, visit_of

router = APIRouter()
NOTHING = "nothing_else"
NOTHING_WORDS = "None of these: only the list of clients"
TICKS = "Tick all that you use, or have used"
WHOLE = re.compile("[0-9]{1,3}(?:[ ,.'\u00a0\u2009\u202f][0-9]{3})+|[0-9]+")
MOST_DIGITS = 9
Errors = list[dict[str, str]]


@shows("/m/{migration_id}/uses")
def uses_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """All ticks as a single answer: a missing tick is an answer, too."""
    del session
    names = {use.name: use.words for use in visit.source.uses} | {NOTHING: NOTHING_WORDS}
    ticked = ",".join(sorted(shown_ticks(visit, migration)))
    return Shown(fields={"uses": FormField(TICKS, ticked, names)})


@shows("/m/{migration_id}/uses/counts")
def counts_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The clinic's own numbers, each as a field."""
    del session
    kept = count_words(migration)
    return Shown(
        fields={
            f"count-{count.kind}": FormField(count.words, kept.get(count.kind, ""), written=count_as_shown)
            for count in visit.source.counts
        }
    )


def shown_ticks(visit: Visit, migration: Migration) -> list[str]:
    """The ticks on the page: the saved ticks, or the usual ticks before anything is saved."""
    if migration.uses is None:
        return [use.name for use in visit.source.uses if use.usual]
    return migration.uses or [NOTHING]


def count_words(migration: Migration) -> dict[str, str]:
    return {kind: f"{count:,}" for kind, count in (migration.own_counts or {}).items()}


@router.get("/m/{migration_id}/uses")
def show_uses(request: Request) -> Response:
    visit = visit_of(request)
    return render_uses(request, shown_ticks(visit, visit.move))


@router.post("/m/{migration_id}/uses")
async def submit_uses(request: Request) -> Response:
    form = await read_form(request)
    ticked = [str(value) for value in form.getlist("uses")]
    return await run_in_threadpool(save_ticked, request, ticked)


def save_ticked(request: Request, ticked: list[str]) -> Response:
    visit = in_state(request, Event.CHANGE_PLAN, *EDITABLE)
    known = {use.name for use in visit.source.uses}
    uses = [name for name in ticked if name in known]
    if uses and NOTHING in ticked:
        return render_uses(request, ticked, [{"field": "uses", "words": both_ticked(visit.source, uses)}])
    if not uses and NOTHING not in ticked:
        return render_uses(
            request, ticked, [{"field": "uses", "words": "Tick at least one, or that it is none of these."}]
        )
    with visit.confirmed() as confirmed:
        if "uses" not in confirmed.untouched or confirmed.migration.uses is None:
            save_uses(confirmed.session, visit.move.id, uses, visit.by)
    if visit.move.state == State.MATCHING:  # an export is present, and its page lists the missing kinds
        return go(f"/m/{visit.move.id}/handover")
    return go(f"/m/{visit.move.id}/uses/counts")


def both_ticked(source: Source, uses: list[str]) -> str:
    """The error for contradicting ticks, with the two ways to resolve it."""
    labels = [use.words for use in source.uses if use.name in uses]
    shown = "\u201d, \u201c".join(labels)
    return (
        f"You ticked \u201c{NOTHING_WORDS}\u201d and also \u201c{shown}\u201d. Both cannot be so. "
        f"Untick \u201c{NOTHING_WORDS}\u201d if you use {'this' if len(labels) == 1 else 'these'}, or untick "
        f"{'the other' if len(labels) == 1 else f'the other {len(labels)}'} if you use only the list of clients."
    )


@router.get("/m/{migration_id}/uses/counts")
def show_counts(request: Request) -> Response:
    return render_counts(request, count_words(visit_of(request).move))


@router.post("/m/{migration_id}/uses/counts")
async def submit_counts(request: Request) -> Response:
    form = await read_form(request)
    typed = {name: str(value) for name, value in form.items()}
    return await run_in_threadpool(save_typed_counts, request, typed)


def save_typed_counts(request: Request, form: dict[str, str]) -> Response:
    visit = in_state(request, Event.CHANGE_PLAN, *COUNTING)
    typed = {count.kind: form.get(f"count-{count.kind}", "").strip() for count in visit.source.counts}
    read = {kind: whole_number(words) for kind, words in typed.items() if words}
    errors = [
        {"field": f"count-{kind}", "words": "Type a whole number, for example 12,480, or leave it empty."}
        for kind, number in read.items()
        if number is None
    ]
    if errors:
        return render_counts(request, typed, errors)
    with visit.confirmed() as confirmed:
        counts = {k: n for k, n in read.items() if n is not None and f"count-{k}" not in confirmed.untouched}
        before = confirmed.migration.own_counts or {}
        counts |= {k: n for k, n in before.items() if f"count-{k}" in confirmed.untouched}
        save_counts(confirmed.session, visit.move.id, counts, visit.by)
    return go(f"/m/{visit.move.id}/{after_counts(State(visit.move.state))}")


def after_counts(state: State) -> str:
    """The page that uses the numbers next."""
    if state in (State.REVIEWING, State.CHANGES_REQUESTED):
        return "review#complete"
    return "handover" if state is State.MATCHING else "export"


def whole_number(typed: str) -> int | None:
    """12480 for "12480", "12,480" or "12 480". None for any other text."""
    digits = re.sub("[^0-9]", "", typed)
    return int(digits) if WHOLE.fullmatch(typed) and len(digits) <= MOST_DIGITS else None


def count_as_shown(typed: str) -> str:
    """A typed number in the page's notation ("12 480" becomes "12,480"). Other text is only stripped."""
    number = whole_number(typed.strip())
    return typed.strip() if number is None else f"{number:,}"


def render_uses(request: Request, ticked: list[str], errors: Errors | None = None) -> Response:
    visit = visit_of(request)
    visit.remember("/m/{migration_id}/uses")
    values: dict[str, Any] = {
        "uses": visit.source.uses,
        "nothing": NOTHING,
        "nothing_words": NOTHING_WORDS,
        "legend": TICKS,
        "ticked": ticked,
        "is_answered": visit.move.uses is not None,
        "editable": State(visit.move.state) in EDITABLE,
        "errors": errors or [],
    }
    return page(request, "wizard/used_features.html", 422 if errors else 200, **values)


def render_counts(request: Request, typed: dict[str, str], errors: Errors | None = None) -> Response:
    visit = visit_of(request)
    visit.remember("/m/{migration_id}/uses/counts")
    state = State(visit.move.state)
    values: dict[str, Any] = {
        "counts": visit.source.counts,
        "typed": typed,
        "editable": state in COUNTING,
        "next": after_counts(state),
        "errors": errors or [],
    }
    return page(request, "wizard/used_features-counts.html", 422 if errors else 200, **values)
