"""Support's pages: the list, a migration, and the acts that need a reason."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from sqlmodel import Session, col, func, or_, select

from app import checklist
from app.access.access_tables import Person
from app.caspen.kept_by_undo import KeptByUndo
from app.caspen.live_counts import count_live
from app.caspen.trial_health import TrialFault
from app.db import now
from app.fetch.link_providers import load_provider_lines
from app.links.link_problems import OPERATORS
from app.links.link_settings import LinkSettings
from app.links.provider_registry import UNSUPPORTED
from app.migration.advance import Cause, Guard, WrongState, advance, locked
from app.migration.audit import write_act
from app.migration.audited import load_audited, load_each
from app.migration.balance import balance_of
from app.migration.checked_links import load_checked_link
from app.migration.guards import pausable, undoable
from app.migration.ledger_json import AuditFacts
from app.migration.ledger_validation import CHANGED_WORDS
from app.migration.mail_names import Mail
from app.migration.models import (
    AuditEntry,
    ChangeRequest,
    Export,
    HelpMessage,
    Migration,
    OutboxMail,
    Part,
    Waiver,
    Work,
)
from app.migration.outbox import post
from app.migration.state_words import WORDS, Waits
from app.migration.states import LIVE, OPEN, OVER, WORKING, Actor, Event, State, move_for
from app.migration.trials import current_trial
from app.migration.upload_tables import CheckedLink
from app.problems import Problem, catalogue
from app.reading.redaction import redacted_path
from app.settings import environment
from app.trial.account import APPROVABLE
from app.trial.changed_ledger import changed_in
from app.web.form_fingerprint import MOMENT, REASON, Changed, FormField, Shown, columns_shown
from app.web.page_context import Visit, go, open_move, page, shows, visit_of
from app.web.refused_forms import Refusal, RefusedForm, SentAnswer, describe, describes
from app.wizard.completeness import whole
from app.wizard.damage import UNTRUE, find_damage
from app.wizard.file_states import lines_of
from app.wizard.findings import bands, sums
from app.wizard.help import messages, text_trouble
from app.wizard.history import history
from app.wizard.migration_overview import situation
from app.wizard.problems import fates_of_visit, stopped_by
from app.wizard.report import kept_by_undo

router = APIRouter(prefix="/support")
SHORTEST = 10
NOT_SENT = "It was not sent. Copy it if you still need it."


@dataclass(frozen=True, slots=True)
class StaffAct:
    """An event that support may cause with a reason: its route below `/support/{migration}/`, and its texts."""

    event: Event
    route: str
    field: str
    title: str
    hint: str
    button: str


ACTS = (
    StaffAct(
        Event.BACK_TO_REVIEW,
        "back-to-review",
        "back_to_review",
        "Open the review again",
        "The clinic can then approve the trial again, or start a new one.",
        "Open the review",
    ),
    StaffAct(Event.PAUSE, "pause", "pause", "Pause this move", "What was done stays done.", "Pause"),
    StaffAct(Event.RESUME, "resume", "resume", "Go on with this move", "It goes on from where it stopped.", "Go on"),
)


@shows("/support/{migration_id}/waive")
def checks_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The state of the move, and the checks that support can waive: all of them, or the check in the sent form."""
    asked = "".join(visit.sent.fields.get("check", ()))
    lines = [
        check_line
        for check_line in checklist.lines(situation(visit))
        if check_line.waivable and asked in ("", check_line.name)
    ]
    waived = {check_line.name: session.get(Waiver, (migration.id, check_line.name)) is not None for check_line in lines}
    titles = {check_line.name: check_line.title for check_line in lines}
    moment = columns_shown(MOMENT, migration)
    return Shown(
        context={**moment.context, **{f"check {name}": [titles[name], done] for name, done in waived.items()}},
        labels={f"check {name}": "The check" for name in titles},
        now={**moment.now, **{f"check {name}": "waived" if waived[name] else titles[name] for name in titles}},
        inputs=REASON,
    )


@shows("/support/{migration_id}/answer")
def requests_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """The open requests: all of them, or the request in the sent form."""
    asked = "".join(visit.sent.fields.get("request_id", ()))
    waiting = {row.id: row.text for row in open_requests_of(session, migration.id)}
    return Shown(
        context={f"request {key}": waiting.get(key) for key in ([asked] if asked else waiting)},
        inputs={"text": FormField("Your answer", "")},
    )


@describes("/support/{migration_id}/answer")
def describe_answer(refusal: Refusal) -> RefusedForm:
    """An answer to a request that is not open any more: what became of the request, and the answer to copy."""
    asked = find_request(refusal.session, refusal.visit)
    if asked is None or is_open(asked):
        return describe(refusal)
    typed = " ".join(refusal.sent.get("text", ())).strip()
    if asked.answered_at is None:
        title, fate, others = "The clinic has withdrawn the request", "withdrawn by the clinic", ""
    else:
        by = refusal.session.exec(select(Person).where(Person.email == asked.answered_by)).first()
        who = by.name if by is not None else str(asked.answered_by)
        title, fate, others = f"{who} has answered the request", f"answered by {who}", asked.answer or ""
    return RefusedForm(
        (
            SentAnswer("The request", asked.text, fate),
            SentAnswer("Your answer", typed, others, why_not=NOT_SENT),
        ),
        title=title,
        sentence="The request is not open any more, so your answer was not used.",
    )


@describes("/support/{migration_id}/waive")
def describe_waiver(refusal: Refusal) -> RefusedForm:
    """A waiver of a check that somebody has waived meanwhile: their reason, and the reason to copy."""
    check = "".join(refusal.sent.get("check", ()))
    waiver = refusal.session.get(Waiver, (refusal.migration.id, check))
    if waiver is None:
        return describe(refusal)
    typed = " ".join(refusal.sent.get("reason", ())).strip()
    line = SentAnswer(REASON["reason"].label, typed, waiver.reason, why_not=NOT_SENT)
    return RefusedForm((line,), title="The check is waived already", sentence="Your reason was not used.")


@router.get("")
def show_migrations(request: Request, q: str = "", who: str = "", state: str = "") -> Response:
    visit = visit_of(request)
    with visit.read() as session:
        lines = load_lines(session, q=q[:100], who=who, state=state)
        providers = load_provider_lines(session, LinkSettings.from_environment(environment()))
    groups = [(HEADS[waits], list(group_lines)) for waits, group_lines in groupby(lines, key=lambda line: line.waits)]
    ours = sum(line.waits.value == "us" for line in lines)
    values: dict[str, Any] = {"groups": groups, "total": len(lines), "ours": ours, "providers": providers}
    return page(request, "support/list.html", **values, q=q, who=who, state=state)


@router.get("/{migration_id}")
def show_migration(request: Request) -> Response:
    return render_migration(request, {}, [])


@router.post("/{migration_id}/retry")
def retry(request: Request, reason: Annotated[str, Form()] = "") -> Response:
    """Starts the failed work again, with the same files and plan."""
    return apply_event(request, reason, "retry", Event.RETRY)


@router.post("/{migration_id}/pause")
def pause(request: Request, reason: Annotated[str, Form()] = "") -> Response:
    """Pauses the work of a migration. Finished work is kept."""
    return apply_event(request, reason, "pause", Event.PAUSE, {"pausable": pausable(Actor.SUPPORT)})


@router.post("/{migration_id}/resume")
def resume(request: Request, reason: Annotated[str, Form()] = "") -> Response:
    """Resumes paused work from where it stopped."""
    return apply_event(request, reason, "resume", Event.RESUME, {"pausable": pausable(Actor.SUPPORT)})


@router.post("/{migration_id}/back-to-review")
def back_to_review(request: Request, reason: Annotated[str, Form()] = "") -> Response:
    """Opens the review again, for a trial that could not go live."""
    return apply_event(request, reason, "back_to_review", Event.BACK_TO_REVIEW)


@router.post("/{migration_id}/cancel")
def cancel(request: Request, reason: Annotated[str, Form()] = "") -> Response:
    """Ends a migration for the clinic. Its trial is dropped and its export deleted."""
    return apply_event(request, reason, "cancel", Event.CANCEL)


@router.post("/{migration_id}/undo")
def undo(request: Request, reason: Annotated[str, Form()] = "") -> Response:
    """Takes a finished move back for the clinic, within its 30 days."""
    return apply_event(request, reason, "undo", Event.UNDO, {"undoable": undoable})


@router.post("/{migration_id}/waive")
def waive(request: Request, check: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = "") -> Response:
    """Waives a check of the checklist. The clinic reads the reason on its page and gets an e-mail."""
    visit = open_move(request, Event.START_TRIAL)
    line = next((line for line in checklist.lines(situation(visit)) if line.name == check), None)
    if line is None or not line.waivable:
        raise HTTPException(404)
    trouble = reason_error(reason)
    if trouble:
        return render_migration(request, {"waive": reason}, [{"field": "waive", "words": trouble}])
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        if session.get(Waiver, (migration.id, check)) is None:
            session.add(Waiver(migration_id=migration.id, check=check, reason=reason.strip(), by=visit.by.name))
            entry = write_override(session, migration, visit.by.name, "waive", reason, {"check": check})
            post(session, migration, Mail.CHECK_WAIVED, cause=f"waive:{entry.id}", facts={"reason": reason.strip()})
    return go(f"/support/{visit.move.id}")


@router.post("/{migration_id}/answer")
def answer(request: Request, text: Annotated[str, Form()] = "") -> Response:
    """Answers a change request.

    A request that is not open any more is refused, and the answer comes back. After the last open request, the clinic
    returns to the review, or to the names page if the plan has changed since the trial.
    """
    visit = open_move(request, Event.ANSWER_CHANGES)
    trouble = reason_error(text, "Write an answer that the clinic can read, in a sentence.")
    if trouble:
        with visit.read() as session:
            refuse_closed(visit, session, find_request(session, visit))
        return render_migration(request, {"answer": text}, [{"field": "answer", "words": trouble}])
    with visit.write() as session:
        locked(session, visit.move.id)
        asked = find_request(session, visit)
        if asked is None:
            raise HTTPException(404)
        if (asked.answer, asked.answered_by) == (text.strip(), visit.person.email):
            return go(f"/support/{visit.move.id}")  # pressed twice
        migration = visit.confirm(session).migration
        refuse_closed(visit, session, asked)
        asked.answer, asked.answered_by, asked.answered_at = text.strip(), visit.person.email, now()
        session.add(asked)
        session.flush()
        if migration.state == State.CHANGES_REQUESTED and not open_requests_of(session, migration.id):
            advance(session, migration.id, Event.ANSWER_CHANGES, visit.by, Cause(reason=text.strip()[:300]))
    return go(f"/support/{visit.move.id}")


@router.post("/{migration_id}/help")
def reply(request: Request, text: Annotated[str, Form()] = "") -> Response:
    """Answers in the help thread. The clinic gets an e-mail without the text.

    A rendered form that is sent again adds nothing.
    """
    visit = visit_of(request)
    trouble = text_trouble(text, "Write your answer.")
    if trouble:
        return render_migration(request, {"help": text}, [{"field": "help", "words": trouble}])
    with visit.confirmed() as confirmed:
        session, migration = confirmed.session, confirmed.migration
        message = HelpMessage(
            id=visit.basis_sent().key(visit.person.email, text.strip()),
            migration_id=migration.id,
            author=visit.person.email,
            from_support=True,
            text=text.strip()[:4000],
        )
        if session.get(HelpMessage, message.id) is None:
            session.add(message)
            post(session, migration, Mail.HELP_ANSWERED, cause=f"help:{message.id}", facts={})
    return go(f"/support/{visit.move.id}#thread")


def apply_event(
    request: Request, reason: str, field: str, event: Event, guards: dict[str, Guard] | None = None
) -> Response:
    """Applies an event by support, with a reason. For a move that is over, raises WrongState before it asks for a
    reason.
    """
    visit = visit_of(request)
    trouble, state = reason_error(reason), State(visit.move.state)
    if trouble and state in OVER and move_for(event, state) is None:
        raise WrongState(state, event)
    if trouble:
        return render_migration(request, {field: reason}, [{"field": field, "words": trouble}])
    visit.advance(event, Cause(reason=reason.strip()), guards)
    return go(f"/support/{visit.move.id}")


def reason_error(reason: str, words: str = "Write a reason that the clinic can read, in a sentence.") -> str | None:
    """What is wrong with a reason or an answer. The clinic reads it, so it must have visible text."""
    return words if len(reason.strip()) < SHORTEST else text_trouble(reason, words)


def write_override(
    session: Session, migration: Migration, by: str, act: str, reason: str, facts: AuditFacts
) -> AuditEntry:
    return write_act(session, migration, by, Actor.SUPPORT.value, act, facts, reason=reason.strip())


def open_requests_of(session: Session, migration_id: str) -> list[ChangeRequest]:
    rows = session.exec(select(ChangeRequest).where(ChangeRequest.migration_id == migration_id)).all()
    return [row for row in rows if is_open(row)]


def is_open(asked: ChangeRequest) -> bool:
    return asked.answered_at is None and asked.withdrawn_at is None


def find_request(session: Session, visit: Visit) -> ChangeRequest | None:
    """The request that the sent form names. None if this migration has no such request."""
    asked = session.get(ChangeRequest, "".join(visit.sent.fields.get("request_id", ())))
    return asked if asked is not None and asked.migration_id == visit.move.id else None


def refuse_closed(visit: Visit, session: Session, asked: ChangeRequest | None) -> None:
    """Raises Changed if the request is answered or withdrawn, also for a page that was opened after that."""
    if asked is not None and not is_open(asked):
        shown = visit.shown(visit.sent.path, session, visit.move)
        raise Changed(shown, visit.basis_sent(), visit.sent.fields, [*shown.context], frozenset())


def render_migration(request: Request, typed: dict[str, str], errors: list[dict[str, str]]) -> Response:
    visit = visit_of(request)
    visit.remember("/support/{migration_id}/waive", "/support/{migration_id}/answer")
    checklist_facts = situation(visit)
    fault = (
        TrialFault.HISTORY
        if visit.differs
        else find_damage(visit)
        if visit.move.state in (*APPROVABLE, *LIVE)
        else None
    )
    fault = None if visit.move.state in LIVE and fault not in UNTRUE else fault
    with visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
        trial = current_trial(session, migration) if fault not in UNTRUE else None
        export = session.get(Export, (migration.id, migration.export_number))
        requests = open_requests_of(session, migration.id)
        audit = session.exec(
            select(AuditEntry)
            .where(AuditEntry.migration_id == migration.id)
            .order_by(col(AuditEntry.id).desc())
            .limit(200)
        ).all()
        mails = session.exec(
            select(OutboxMail)
            .where(OutboxMail.migration_id == migration.id)
            .order_by(col(OutboxMail.written_at).desc())
        ).all()
        people = {person.email: person.name for person in session.exec(select(Person)).all()}
        odd = session.exec(
            select(Work)
            .where(Work.migration_id == migration.id, Work.attempts > 1)
            .order_by(col(Work.run), col(Work.number))
            .limit(50)
        ).all()
        audited = load_audited(session, migration.id)
        line = changed_line(migration, 0, now()) if audited.differing else waiting_line(session, migration, 0)
        acts = [] if visit.differs else [act for act in ACTS if move_for(act.event, State(migration.state)) is not None]
        may_undo = not visit.differs and migration.state == State.FINALISED and undoable(session, migration) is None
        checks = checklist.lines(checklist_facts)
        fates = fates_of_visit(session, visit) if fault not in UNTRUE else None
        shown_sums = sums(session, migration, visit.source, fates, names_files=False)
        values: dict[str, Any] = {
            "fault": fault,
            "differing": audited.differing,
            "line": line,
            "export": export,
            "checked": load_checked_link(session, migration.id),
            "trial": trial,
            "balance": balance_of(trial, visit.source) if trial and trial.finished_at else None,
            "checks": checks,
            "checks_done": checklist.count_done(checks),
            "may_waive": not visit.differs and migration.state in OPEN,
            "complete": whole(session, visit, trial) if trial and trial.finished_at else None,
            "requests": requests if not visit.differs and migration.state in OPEN else [],
            "thread": messages(session, migration.id),
            "history": history(audit, people),
            "people": people,
            "mails": mails,
            "mails_leave": bool(visit.runtime.settings.smtp_url),
            "odd": odd,
            "bands": bands(shown_sums, visit.source.label),
            "problem": None if visit.differs else stopped_by(migration),
            "files": [(line, redacted_path(line.path, visit.source)) for line in lines_of(visit)],
            "may_retry": not visit.differs and move_for(Event.RETRY, State(migration.state)) is not None,
            "may_undo": may_undo,
            "kept_by_undo": kept_by_undo(visit) if may_undo else KeptByUndo(),
            "may_cancel": not visit.differs and move_for(Event.CANCEL, State(migration.state)) is not None,
            "live_now": count_live(visit.runtime.caspen, migration.workspace_id) if migration.finalised_at else None,
            "acts": acts,
        }
    return page(request, "support/migration.html", 422 if errors else 200, typed=typed, errors=errors, **values)


# The list of migrations: state, time in that state, and who must act.

ORDER = (Waits.SUPPORT, Waits.CLINIC, Waits.PROVIDER, Waits.NOBODY)
HEADS = {
    Waits.SUPPORT: ("Us", "the team at Caspen must act"),
    Waits.CLINIC: ("The clinic", "an admin of the clinic must act"),
    Waits.PROVIDER: ("A provider", "we try again by ourselves"),
    Waits.NOBODY: ("Nobody", "running, or finished"),
}
MOST = 500
STALLED_SECONDS = 60


@dataclass(frozen=True, slots=True)
class MigrationLine:
    """A migration in the list. `seconds` is the time in its state."""

    migration: Migration
    label: str
    kind: str
    waits_for: str
    waits: Waits
    seconds: float
    rows: int
    conversion: date | None


def load_lines(session: Session, *, q: str = "", who: str = "", state: str = "") -> list[MigrationLine]:
    """Matching migrations, grouped by who must act, longest waiting first."""
    wanted = select(Migration).order_by(col(Migration.since)).limit(MOST)
    if q.strip():
        places = (Migration.clinic, Migration.id, Migration.created_by)
        wanted = wanted.where(or_(*(col(place).icontains(q.strip(), autoescape=True) for place in places)))
    migrations = session.exec(wanted).all()
    rows = dict(
        session.exec(
            select(Part.migration_id, func.sum(Part.rows))
            .join(Migration, col(Migration.id) == Part.migration_id)
            .where(Part.export_number == Migration.export_number)
            .group_by(Part.migration_id)
        ).all()
    )
    asked = unanswered(session)
    ours, paused = links_for_operators(session), paused_by_support(session)
    audited = load_each(session, [m.id for m in migrations])
    lines = [
        changed_line(m, rows.get(m.id, 0), now())
        if changed_in(m) or audited[m.id].differing
        else line_of(m, rows.get(m.id, 0), m.id in asked, now(), ours.get(m.id, ""), m.id in paused)
        for m in migrations
    ]
    if who:
        lines = [line for line in lines if line.waits.name.lower() == who]
    if state == "stopped":
        lines = [line for line in lines if line.migration.state.endswith("_failed")]
    elif state == "stalled":
        lines = [line for line in lines if line.kind == "stop" and not line.migration.state.endswith("_failed")]
    return sorted(lines, key=lambda line: (ORDER.index(line.waits), -line.seconds))


def unanswered(session: Session) -> set[str]:
    """The migrations whose last help message is the clinic's."""
    newest: dict[str, HelpMessage] = {}
    for message in session.exec(select(HelpMessage).order_by(col(HelpMessage.written_at))):
        newest[message.migration_id] = message
    return {migration_id for migration_id, message in newest.items() if not message.from_support}


def links_for_operators(session: Session) -> dict[str, str]:
    """Problems of links that operators must solve, as sentences by migration. The clinic reads them, too."""
    titles: dict[str, str] = {}
    checked_links = select(CheckedLink).join(Migration, col(Migration.id) == CheckedLink.migration_id)
    for checked in session.exec(checked_links.where(Migration.state == State.PREPARING.value)):
        code = checked.findings.get("problem")
        if code in OPERATORS and checked.findings.get("provider") not in UNSUPPORTED:
            label = str(checked.findings.get("label") or "the provider")
            titles[checked.migration_id] = Problem(code, details={"provider": label}).title
    waits = select(Work.migration_id, Work.last_problem).join(Migration, col(Migration.id) == Work.migration_id)
    waits = waits.where(Migration.state == State.FETCHING.value, col(Work.last_problem).in_(OPERATORS))
    for migration_id, code in session.exec(waits):
        titles[migration_id] = Problem(str(code)).title.capitalize()
    return titles


def paused_by_support(session: Session) -> set[str]:
    """The paused migrations that support paused last."""
    role: dict[str, str] = {}
    paused = select(AuditEntry.migration_id, AuditEntry.role).join(
        Migration, col(Migration.id) == AuditEntry.migration_id
    )
    wanted = paused.where(Migration.state == State.PAUSED.value, AuditEntry.act == Event.PAUSE.value)
    for migration_id, by in session.exec(wanted.order_by(col(AuditEntry.id))):
        role[str(migration_id)] = by
    return {migration_id for migration_id, by in role.items() if by == Actor.SUPPORT.value}


def waiting_line(session: Session, migration: Migration, rows: int) -> MigrationLine:
    """The line of a migration, as in the list."""
    asked, ours = migration.id in unanswered(session), links_for_operators(session).get(migration.id, "")
    return line_of(migration, rows, asked, now(), ours, migration.id in paused_by_support(session))


def changed_line(migration: Migration, rows: int, moment: datetime) -> MigrationLine:
    """The line of a move whose row was changed outside the product. Shows no state."""
    seconds = (moment - migration.since).total_seconds()
    return MigrationLine(migration, "Changed", "stop", CHANGED_WORDS, Waits.SUPPORT, seconds, rows, None)


def line_of(
    migration: Migration, rows: int, asked: bool, moment: datetime, ours: str = "", is_paused_by_us: bool = False
) -> MigrationLine:
    """Builds a line. `ours` is the link problem that operators must solve. `is_paused_by_us`: support must resume the
    move.
    """
    if changed_in(migration):
        return changed_line(migration, rows, moment)
    state = State(migration.state)
    words = WORDS[state]
    waits, waits_for, kind = words.waits, words.now.capitalize(), ""
    entry = catalogue().get(migration.problem_code)
    if state.value.endswith("_failed"):
        kind = "stop"
        if entry is not None:
            waits_for = entry.title
            waits = {"clinic": Waits.CLINIC, "support": Waits.SUPPORT}.get(entry.who.value, waits)
    elif waits is Waits.NOBODY and state in WORKING:  # also before any worker has begun
        silent = (moment - max(migration.last_sign_of_work or migration.since, migration.since)).total_seconds()
        if silent > STALLED_SECONDS:
            kind, waits, waits_for = "stop", Waits.SUPPORT, f"No sign of work for {int(silent // 60)} minutes"
    if is_paused_by_us:
        waits, waits_for = Waits.SUPPORT, "Support has paused it"
    if ours:
        waits, waits_for = Waits.SUPPORT, ours
    if asked:
        waits, waits_for = Waits.SUPPORT, "A message has no answer yet"
    kind = kind or ("needs" if waits is Waits.SUPPORT else "")
    conversion = date.fromisoformat(migration.conversion_date) if migration.conversion_date else None
    seconds = (moment - migration.since).total_seconds()
    return MigrationLine(migration, words.label, kind, waits_for, waits, seconds, rows, conversion)
