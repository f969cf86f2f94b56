"""Approval: the final numbers, the rows that will not move, and the clinic's name typed by hand.

An approval names the digest of the reviewed trial. Any other trial refuses the approval. Every warning about the
export has a tick box of its own.
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, select
from starlette.concurrency import run_in_threadpool

from app.access.access_tables import Person
from app.caspen.becoming_live import BecomingLive, count_becoming_live
from app.caspen.trial_health import TrialFault
from app.formatting import names, number, plural
from app.mapping.rows import Outcome
from app.migration.audited import load_audited
from app.migration.completeness_warnings import export_day, stale_day
from app.migration.fates import ExclusionReason, RowFates, load_fates
from app.migration.guards import open_requests, warnings_ticked
from app.migration.models import Export, Migration, Trial
from app.migration.state_words import WORDS
from app.migration.states import Event, State
from app.migration.trials import approve as approve_trial
from app.migration.trials import current_trial, trials
from app.request_sizes import read_form
from app.trial.trial_damage import whole_trial
from app.web.form_fingerprint import MOMENT, TICK, FormField, Shown, columns_shown
from app.web.navigation import page_of
from app.web.page_context import Visit, go, in_state, page, shows, visit_of
from app.web.refused_forms import Inputs, Refusal, RefusedForm, SentAnswer, describe, describes
from app.web.repeated_forms import answered_before
from app.wizard.completeness import load_warnings, not_ticked
from app.wizard.damage import find_damage, render_damaged
from app.wizard.live_words import records_named

router = APIRouter()
TRIED = (State.REVIEWING, State.CHANGES_REQUESTED)
OTHER_TRIAL = "It was for another trial."
DOUBT = "What you tick before you approve"
NOT_ASKED = "It is not asked about any more."
MOST_NAMED = 8  # kinds and files that a line lists by name
VISIBLE = ("clients", "appointments", "progress_notes")
"""The records that a team sees first. The page gives their numbers before an approval."""


@shows("/m/{migration_id}/approve")
def trial_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The review state, the trial's digest, every warning about the export, and the open requests."""
    trial = current_trial(session, migration)
    is_made = trial is not None and trial.finished_at is not None
    warnings = load_warnings(session, visit, trial) if is_made else []
    doubts = [[each.key, each.title] for each in warnings]
    waiting = [each.id for each in open_requests(session, migration.id)]
    moment = columns_shown(MOMENT, migration)
    return Shown(
        context={
            **moment.context,
            "trial": trial_facts(trial) if trial is not None else [],
            "doubts": doubts,
            "requests": waiting,
        },
        labels={"trial": "The trial", "doubts": "What you tick", "requests": "Requests that wait"},
        now={
            **moment.now,
            "trial": f"trial {migration.trial_number}",
            "doubts": ". ".join(title for _, title in doubts) or "nothing",
            "requests": str(len(waiting)),
        },
        inputs={
            "name": FormField("Type the name of your clinic to approve", ""),
            **{f"accept-{each.key}": FormField(each.title, each.tick) for each in warnings},
        },
    )


@describes("/m/{migration_id}/approve")
def describe_approval(refusal: Refusal) -> RefusedForm:
    """Refused approval. An approval of an older trial leads to the review of the current trial."""
    session, migration = refusal.session, refusal.migration
    form = describe(refusal)
    form = replace(form, answers=(*ticks(refusal), *form.answers), more=without_ticks(form.more))
    shown = next(
        (each for each in trials(session, migration.id) if refusal.basis.has("trial", trial_facts(each))), None
    )
    current = current_trial(session, migration)
    if current is None or (shown is not None and shown.number == current.number):
        return form
    answers = tuple(replace(each, inputs=(), why_not=OTHER_TRIAL) for each in form.answers)
    number, made = current.number, "made" if current.finished_at is not None else "started"
    title, sentence = f"Trial {number} is the current one now", f"Trial {number} was {made} after you opened the page"
    if shown is None:
        title, sentence = f"Trial {number} has changed", f"Trial {number} has changed since you opened the page"
    else:
        sentence = f"{sentence} of trial {shown.number}"
    is_open = made == "made" and migration.state in (State.REVIEWING, State.CHANGES_REQUESTED)
    return RefusedForm(
        answers,
        page=f"/m/{migration.id}/review" if is_open else "",
        title=title,
        sentence=f"{sentence}, so your approval was not used.",
        way_on=f"Review trial {number}" if is_open else "",
    )


def ticks(refusal: Refusal) -> list[SentAnswer]:
    """Each ticked warning in the words of the open page, and whether the warning still applies."""
    session, sent = refusal.session, refusal.sent
    trial = current_trial(session, refusal.migration)
    is_made = trial is not None and trial.finished_at is not None
    there = {warning.key for warning in load_warnings(session, refusal.visit, trial)} if is_made else set()
    answers = []
    for key in sent.get("accept", ()):
        title, tick = ("".join(sent.get(f"{part}-{key}", ())) for part in ("title", "tick"))
        if not refusal.basis.showed(f"accept-{key}", title, tick):
            title, tick = DOUBT, TICK["1"]
        now, why = ("still so", "") if key in there else ("not so any more", NOT_ASKED)
        answers.append(SentAnswer(title, tick, now, () if why else (("accept", key),), why))
    return answers


def without_ticks(inputs: Inputs) -> Inputs:
    return tuple((name, value) for name, value in inputs if name != "accept")


def trial_facts(trial: Trial) -> list[object]:
    """A trial's facts in the form's fingerprint."""
    return [trial.number, trial.digest, trial.balanced]


@router.get("/m/{migration_id}/approve")
def show_approval(request: Request) -> Response:
    return render_approval(request, "", [])


@router.post("/m/{migration_id}/approve")
async def approve(request: Request) -> Response:
    form = await read_form(request)
    texts = {name: str(form.get(name, "")) for name in ("name", "digest")}
    return await run_in_threadpool(
        save_approval, request, **texts, accepted={str(key) for key in form.getlist("accept")}
    )


def save_approval(request: Request, name: str, digest: str, accepted: set[str]) -> Response:
    move = visit_of(request).move
    if move.approved_digest and move.approved_digest == digest and move.state in (State.FINALISING, State.FINALISED):
        return go(
            answered_before(visit_of(request)) or f"/m/{move.id}"
        )  # pressed twice: this trial is approved already
    visit = in_state(request, Event.APPROVE, State.REVIEWING)
    fault = find_damage(visit, thorough=True)
    if fault is not None:
        return render_damaged(request, fault, 409)
    errors = missing_ticks(visit, digest, accepted)
    if to_comparable(name) != to_comparable(visit.move.clinic):
        words = f"This is not the name of your clinic. Type it as shown here: {visit.move.clinic}"
        errors.append({"field": "name", "words": words})
    if errors:
        return render_approval(request, name, errors, accepted)
    with visit.confirmed() as confirmed:
        guard = warnings_ticked(visit.source, accepted)
        approve_trial(confirmed.session, visit.move.id, digest, visit.by, guard, accepted, whole_trial(fault))
    return go(f"/m/{visit.move.id}/progress")


def missing_ticks(visit: Visit, digest: str, accepted: set[str]) -> list[dict[str, str]]:
    """Errors for warnings without a tick. Empty for another trial or an unbalanced trial, which the write refuses."""
    with visit.read() as session:
        trial = current_trial(session, visit.move)
        if trial is None or trial.digest != digest or not trial.balanced:
            return []
        missing = not_ticked(session, visit, trial, accepted)
    words = "Tick this, or hand over another export"
    errors = ((f"accept-{warning.key}", f"{words}: {warning.title}.") for warning in missing)
    return [{"field": field, "words": f"{words}.", "summary": summary} for field, summary in errors]


def to_comparable(text: str) -> str:
    """A name for comparison: case, composed accents and spaces are normalised."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def visible_words(records: Mapping[str, BecomingLive]) -> list[str]:
    """Sentences about the records that approval shows to the team: new records and records that are live already."""
    new = {table: count.new for table, count in records.items()}
    live = {table: count.live_already for table, count in records.items()}
    changed = sum(count.changed for count in records.values())
    if not any(live.values()):
        return [f"{records_named(new)} become visible to your team, all at once."]
    known = f"{records_named(live)} are live already"
    if changed:
        change = "changes" if changed == 1 else "change"
        known += f", and {plural(changed, 'record')} of them {change} to what your export says now"
    if not any(new.values()):
        return [f"No client, appointment or progress note is new: {known}."]
    return [f"{records_named(new)} are new and become visible to your team, all at once.", f"{known}."]


@dataclass(frozen=True, slots=True)
class StayingLine:
    """Rows that will not move: words and their number."""

    words: str
    rows: int


def staying_lines(fates: RowFates) -> list[StayingLine]:
    """The rows that will not move, by reason. Their sum equals the rows that the trial did not bring."""
    lines = []
    moving = {line.kind for line in fates.balance.lines if line.moves}
    by_rule = fates.of(Outcome.SKIPPED)
    for label, rows in _by_label(each for each in by_rule if each.kind not in moving).items():
        lines.append(StayingLine(f"{number(rows)} {label.lower()}", rows))
    some = (
        (fates.of(Outcome.LEFT_OUT), "row", "that you left out"),
        ([each for each in by_rule if each.kind in moving], "single row", "that do not move, by rule"),
        (fates.of(Outcome.HELD), "row", "held back"),
        (fates.of(Outcome.REFUSED), "row", "that could not be read"),
    )
    for reasons, noun, words in some:
        rows = sum(each.rows for each in reasons)
        if rows:
            lines.append(StayingLine(f"{plural(rows, noun)} {words}: {_kinds_named(reasons)}", rows))
    return lines


def _by_label(reasons: Iterable[ExclusionReason]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for each in reasons:
        counts[each.label] += each.rows
    return counts


def _kinds_named(reasons: Sequence[ExclusionReason]) -> str:
    """As in "3 of appointments, 2 of clients and 4 of other kinds and files", largest first."""
    counts = _by_label(reasons).most_common()
    lower = {each.label for each in reasons if each.kind}
    shown = [f"{number(rows)} of {label.lower() if label in lower else label}" for label, rows in counts[:MOST_NAMED]]
    if rest := sum(rows for _, rows in counts[MOST_NAMED:]):
        shown.append(f"{number(rest)} of other kinds and files")
    return names(shown)


def render_closed(request: Request, visit: Visit) -> Response:
    """Renders the page without a trial to approve: the state of the move, the approver, and the link to the next
    page.

    The audit trail names the approver and the time.
    """
    with visit.read() as session:
        audited = load_audited(session, visit.move.id)
        if "state" in audited.differing:
            return render_damaged(request, TrialFault.HISTORY)
        approval = audited.approval
        by = session.exec(select(Person).where(Person.email == approval.by)).first() if approval else None
    facts: dict[str, Any] = {
        "words": WORDS[State(visit.move.state)],
        "href": f"/m/{visit.move.id}/{page_of(visit.move)}",
        "approval": approval,
        "approver": by.name if by else approval.by if approval else "",
        "differs": bool(audited.differing),
    }
    return page(request, "wizard/approve-closed.html", **facts)


def render_approval(
    request: Request, typed: str, errors: list[dict[str, str]], accepted: Collection[str] = frozenset()
) -> Response:
    visit = visit_of(request)
    fault = find_damage(visit) if visit.move.state in TRIED else None
    if fault is not None:
        return render_damaged(request, fault)
    visit.remember("/m/{migration_id}/approve")
    with visit.read() as session:
        trial = current_trial(session, visit.move)
        export = session.get(Export, (visit.move.id, visit.move.export_number))
        waiting = open_requests(session, visit.move.id)
        made = trial is not None and trial.finished_at is not None
        warnings = load_warnings(session, visit, trial) if made else []
        stale, made_on = stale_day(session, visit.move), export_day(session, visit.move)
    if trial is None or trial.finished_at is None:
        return page(request, "wizard/review-none.html")
    if visit.move.state not in TRIED:
        return render_closed(request, visit)
    with visit.read() as session:
        fates = load_fates(session, visit.move, trial, visit.source)
    balance = fates.balance
    store = visit.runtime.caspen.trial(visit.move.id, trial.number)
    values: dict[str, Any] = {
        "trial": trial,
        "export": export,
        "balance": balance,
        "visible": visible_words(count_becoming_live(visit.runtime.caspen, store, visit.move.workspace_id, VISIBLE)),
        "staying": staying_lines(fates),
        "open_requests": waiting,
        "may_approve": visit.move.state == State.REVIEWING and balance.balances and not waiting,
        "doubts": warnings,
        "accepted": accepted,
        "stale": stale,
        "made_on": made_on,
        "typed": typed,
        "errors": errors,
    }
    return page(request, "wizard/approve.html", 422 if errors else 200, **values)
