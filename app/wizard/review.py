"""The review: every row of the export, by kind and result. The clinic checks the sum before it approves."""

import csv
import io
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlmodel import Session, col, select

from app.access.access_tables import Person
from app.access.rights import Right
from app.caspen.trial_health import TrialFault
from app.db import now
from app.migration.advance import Cause, advance, locked
from app.migration.balance import Balance, balance_of
from app.migration.models import ChangeRequest, Migration, ProblemLine, Trial
from app.migration.state_words import WORDS
from app.migration.states import LIVE, Event, State
from app.migration.trials import current_trial, start_trial
from app.records.kinds import BY_NAME
from app.web.form_fingerprint import Shown
from app.web.navigation import page_of
from app.web.page_context import Visit, go, in_state, open_move, page, shows, visit_of
from app.web.refused_forms import Refusal, RefusedForm, SentAnswer, describe, describes
from app.web.repeated_forms import goes_on
from app.web.sent_numbers import address_number
from app.wizard.before_trial import checklist_before_trial, errors_before_trial
from app.wizard.completeness import whole
from app.wizard.damage import UNTRUE, find_damage, outdated_of, render_damaged
from app.wizard.migration_overview import checklist_guard, load_overview, situation
from app.wizard.review_samples import build_cards
from app.wizard.trial_view import record_view

router = APIRouter()
LONGEST = 4000
OPEN_TO_REVIEW = (State.REVIEWING, State.CHANGES_REQUESTED)
"""States in which a review can still lead to an approval."""
TRIED = (State.REVIEWING, State.CHANGES_REQUESTED, State.FINALISING_FAILED)


REQUEST = "/m/{migration_id}/review/requests"
WITHDRAW = f"{REQUEST}/{{request_id}}/withdraw"


@shows(WITHDRAW)
def request_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """A request's text, and whether it is open."""
    asked = session.get(ChangeRequest, visit.sent.address["request_id"])
    mine = asked if asked is not None and asked.migration_id == migration.id else None
    is_waiting = mine is not None and is_open(mine)
    return Shown(
        context={"text": mine.text if mine else "", "open": is_waiting},
        labels={"open": "The request", "text": "The request"},
        now=dict.fromkeys(("open", "text"), "open" if is_waiting else "answered or withdrawn"),
    )


@describes(WITHDRAW)
def describe_withdrawal(refusal: Refusal) -> RefusedForm:
    """A withdrawal of a request that support has answered meanwhile: the answer, and nothing to send again."""
    asked = refusal.session.get(ChangeRequest, refusal.visit.sent.address["request_id"])
    if asked is None or asked.migration_id != refusal.migration.id or asked.answered_at is None:
        return describe(refusal)
    line = SentAnswer(
        "The request", asked.text, f"answered: {asked.answer}", why_not="It cannot be withdrawn any more."
    )
    return RefusedForm((line,), title="Support has answered your request", sentence="Nothing was withdrawn.")


@describes(REQUEST)
def describe_request(refusal: Refusal) -> RefusedForm:
    """A request that came after another: what was written, beside the requests that support already has."""
    form = describe(refusal)
    waiting = "; ".join(each.text for each in requests(refusal.session, refusal.visit) if is_open(each))
    now = f"support has: {waiting}" if waiting else "no request waits"
    asked = refusal.shown.inputs["text"].label
    return replace(form, answers=tuple(replace(a, now=now) if a.label == asked else a for a in form.answers))


@router.get("/m/{migration_id}/review")
def show_review(request: Request, about: str = "") -> Response:
    """The review. `about` is the source number of the client on whose page the person found an error."""
    return render_review(request, about_row(about), [])


@router.post("/m/{migration_id}/review/change-plan")
def change_plan(request: Request, then: Annotated[str, Form()] = "") -> Response:
    """Opens the plan again: the names, or with `then` the files or the file of that number.

    This trial stays visible until the next trial is ready.
    """
    del then  # read by `plan_page`
    visit = visit_of(request)
    visit.advance(Event.CHANGE_PLAN)
    return go(plan_page(visit))


@goes_on("/m/{migration_id}/review/change-plan")
def plan_page(visit: Visit) -> str:
    """The page of the plan that the form asks for."""
    then = "".join(visit.sent.fields.get("then", ()))
    pages = {"": "matches", "files": "files"}
    return f"/m/{visit.move.id}/{pages.get(then, f'files/{then}' if address_number(then) is not None else 'matches')}"


@router.post("/m/{migration_id}/review/start-again")
def start_again(request: Request) -> Response:
    """Starts a new trial of the same export with the same names, also after damage. A second press starts no further
    trial.
    """
    if visit_of(request).move.state == State.TRIALLING:
        return go(f"/m/{visit_of(request).move.id}/progress")
    visit = in_state(request, Event.START_TRIAL, *TRIED)
    in_the_way = checklist_before_trial(situation(visit))
    if in_the_way:
        return render_review(request, "", errors_before_trial(in_the_way))
    with visit.confirmed() as confirmed:
        session = confirmed.session
        overview = load_overview(visit, session)
        guard = checklist_guard(visit, overview, session)
        start_trial(session, visit.move.id, visit.by, guard, workspace_version=overview.facts.version)
    return go(f"/m/{visit.move.id}/progress")


@router.post(REQUEST)
def request_change(request: Request, text: Annotated[str, Form()] = "") -> Response:
    """Asks support for a change. Approval waits for the response."""
    visit = open_move(request, Event.REQUEST_CHANGES)
    words = text.strip()
    if not words or len(words) > LONGEST:
        trouble = "Write what should be different." if not words else f"Shorten it to {LONGEST:,} characters."
        return render_review(request, text, [{"field": "text", "words": trouble}])

    request.state.kept = words
    with visit.read() as session:
        same = [each for each in requests(session, visit) if is_open(each) and each.text == words]
    if same:
        return go(f"/m/{visit.move.id}/review#requests")  # pressed twice

    def write_request(session: Session) -> None:
        session.add(
            ChangeRequest(
                id=secrets.token_hex(8),
                migration_id=visit.move.id,
                trial_number=visit.move.trial_number,
                text=words,
                asked_by=visit.person.email,
            )
        )

    visit.advance(Event.REQUEST_CHANGES, prepare=write_request)
    return go(f"/m/{visit.move.id}/review#requests")


@router.post(WITHDRAW)
def withdraw_request(request: Request, request_id: str) -> Response:
    """Withdraws a request. After the last open request, the trial can be approved again."""
    visit = open_move(request, Event.WITHDRAW_CHANGES)
    with visit.write() as session:
        locked(session, visit.move.id)
        asked = session.get(ChangeRequest, request_id)
        if asked is not None and asked.migration_id == visit.move.id and asked.withdrawn_at is not None:
            return go(f"/m/{visit.move.id}/review#requests")  # pressed twice
        migration = visit.confirm(session).migration
        if asked is not None and asked.migration_id == visit.move.id and asked.answered_at is None:
            asked.withdrawn_at = now()
            session.add(asked)
            session.flush()
        if migration.state == State.CHANGES_REQUESTED and not any(is_open(r) for r in requests(session, visit)):
            advance(session, migration.id, Event.WITHDRAW_CHANGES, visit.by, Cause())
    return go(f"/m/{visit.move.id}/review#requests")


@router.get("/m/{migration_id}/review/table.csv")
def download_table(request: Request) -> Response:
    """The sum by kind as CSV. Text cells that a spreadsheet would evaluate are escaped."""
    visit = visit_of(request)
    fault = find_damage(visit)
    if fault is not None and fault in UNTRUE:
        return render_damaged(request, fault, 409)
    with visit.read() as session:
        trial = current_trial(session, visit.move)
    balance = balance_of(trial, visit.source) if trial else None
    record_view(visit, "sums_downloaded", {})
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    names = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")
    writer.writerow(["kind", "in your export", *names, "records", "balances", "source digest", "caspen digest"])
    for line in balance.lines if balance else ():
        counts = [getattr(line, name) for name in names]
        digests = [line.source_digest, line.caspen_digest]
        writer.writerow([line.label, line.read, *counts, line.records, "yes" if line.is_balanced else "no", *digests])
    headers = {"Content-Disposition": 'attachment; filename="trial-by-kind.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def requests(session: Session, visit: Visit) -> list[ChangeRequest]:
    own_requests = select(ChangeRequest).where(ChangeRequest.migration_id == visit.move.id)
    return list(session.exec(own_requests.order_by(col(ChangeRequest.asked_at).desc())))


def is_open(asked: ChangeRequest) -> bool:
    return asked.blocking and asked.answered_at is None and asked.withdrawn_at is None


def render_review(request: Request, text: str, errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        asked = requests(session, visit)
    for change_request in asked:
        if is_open(change_request):
            visit.remember(WITHDRAW, request_id=change_request.id)
    fault = find_damage(visit)
    hiding_faults = (
        (TrialFault.HISTORY, TrialFault.ACCOUNT)
        if visit.move.state in TRIED
        else UNTRUE
        if visit.move.state in LIVE
        else ()
    )
    if fault is not None and fault in hiding_faults:
        return render_damaged(request, fault)
    with visit.read() as session:
        trial = current_trial(session, visit.move)
        completeness = whole(session, visit, trial) if trial is not None and trial.finished_at is not None else None
        unverified = unverified_of(session, visit.move, trial) if trial is not None else Unverified()
        names = {person.email: person.name for person in session.exec(select(Person)).all()}
    if trial is None or trial.finished_at is None:
        return page(request, "wizard/review-none.html")
    balance = balance_of(trial, visit.source)
    damaged = fault is not None
    may_review = visit.person.may(Right.REVIEW, visit.move.workspace_id) and not damaged
    values: dict[str, Any] = {
        **(completeness or {}),
        "trial": trial,
        "balance": balance,
        "unverified": unverified,
        "requests": [
            {
                "request": change_request,
                "who": names.get(change_request.asked_by, change_request.asked_by),
                "open": is_open(change_request),
                "answered_by": names.get(change_request.answered_by or "", change_request.answered_by or "support"),
            }
            for change_request in asked
        ],
        "blockers": approval_blockers(balance, asked, fault),
        "damaged": damaged,
        "outdated": outdated_of(visit, fault),
        "closed": None if visit.move.state in OPEN_TO_REVIEW else WORDS[State(visit.move.state)],
        "way_on": f"/m/{visit.move.id}/{page_of(visit.move)}",
        "samples": build_cards(visit, trial) if may_review else [],
        "lists": record_lists(visit) if may_review else {},
        "may_review": may_review,
        "text": text,
        "errors": errors,
    }
    return page(request, "wizard/review.html", 422 if errors else 200, **values)


def approval_blockers(balance: Balance, asked: list[ChangeRequest], fault: TrialFault | None = None) -> list[str]:
    """What blocks the approval of this trial, in words. `fault` is the trial's damage."""
    blockers = []
    if fault is not None:
        is_outdated = fault is TrialFault.OUTDATED
        blockers = [
            "what this trial relied on was changed" if is_outdated else "the records of this trial are no longer whole"
        ]
    if not balance.balances:
        blockers.append(f"{balance.unaccounted:,} rows are not accounted for")
    open_count = sum(is_open(change_request) for change_request in asked)
    if open_count:
        blockers.append("a request is open" if open_count == 1 else f"{open_count} requests are open")
    return blockers


def record_lists(visit: Visit) -> dict[str, str]:
    """The page that lists the records of each kind of row, by kind."""
    pages = {}
    for kind in visit.source.kinds:
        table = next(iter(kind.tables), "")
        if kind.imported and table in BY_NAME:
            pages[kind.name] = f"/m/{visit.move.id}/{'clients' if table == 'clients' else f'records/{table}'}"
    return pages


def about_row(about: str) -> str:
    """The beginning of a request about a client: only the client's number in the source."""
    return f"Number {about}: " if about.isalnum() and len(about) <= 64 else ""


# Files without a second check, and rows that were set aside.

NAMED = 5  # files or rows that are listed by name
NOT_VERIFIED, SET_ASIDE = "not_verified", "row_quarantined"


@dataclass(frozen=True, slots=True)
class Unverified:
    """Files without a second check, and places of rows that were set aside: the first by name, and the number of
    others.
    """

    files: tuple[str, ...] = ()
    file_count: int = 0
    rows: tuple[str, ...] = ()
    row_count: int = 0


def unverified_of(session: Session, migration: Migration, trial: Trial) -> Unverified:
    """Files and lines that verification or mapping set aside in a trial. No cell's value."""
    runs = (f"export:{migration.export_number}", f"trial:{trial.number}")
    lines = session.exec(
        select(ProblemLine.code, ProblemLine.file, ProblemLine.line)
        .where(
            ProblemLine.migration_id == migration.id,
            col(ProblemLine.run).in_(runs),
            col(ProblemLine.code).in_((NOT_VERIFIED, SET_ASIDE)),
        )
        .order_by(col(ProblemLine.file), col(ProblemLine.line))
        .distinct()
    ).all()
    files = dict.fromkeys(path or "your export" for code, path, _ in lines if code == NOT_VERIFIED)
    rows = dict.fromkeys(f"{path}, line {line}" for code, path, line in lines if code == SET_ASIDE)
    return Unverified(_shown(files), len(files), _shown(rows), len(rows))


def _shown(names: Collection[str]) -> tuple[str, ...]:
    """The first names, and the number of others."""
    more = len(names) - NAMED
    return (*islice(names, NAMED), *((f"{more:,} more",) if more > 0 else ()))
