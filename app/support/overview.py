"""One line per migration for support: its state, how long it has been so, and who must act."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, or_, select

from app.db import now
from app.engine.changed_ledger import changed_in
from app.links.problems import OPERATORS
from app.links.providers.recognised import RECOGNISED
from app.migration.arriving import CheckedLink
from app.migration.audited import load_each
from app.migration.ledger_shapes import CHANGED_WORDS
from app.migration.models import AuditEntry, HelpMessage, Migration, Part, Work
from app.migration.states import WORKING, Actor, Event, State
from app.migration.words import WORDS, Waits
from app.problems import Problem, catalogue

ORDER = (Waits.SUPPORT, Waits.CLINIC, Waits.PROVIDER, Waits.NOBODY)
HEADS = {
    Waits.SUPPORT: ("Us", "the team at Caspen must act"),
    Waits.CLINIC: ("The clinic", "an admin of the clinic must act"),
    Waits.PROVIDER: ("A provider", "we try again by ourselves"),
    Waits.NOBODY: ("Nobody", "running, or finished"),
}
MOST = 500
STALLED_SECONDS = 60
NOT_BUILT = frozenset(provider.name for provider in RECOGNISED)
"""Providers of which no link can be collected, whatever an operator sets: nobody has to act."""


@dataclass(frozen=True, slots=True)
class MigrationLine:
    """`seconds` is how long it has been in its state."""

    migration: Migration
    label: str
    kind: str
    waits_for: str
    waits: Waits
    seconds: float
    rows: int
    conversion: date | None


def overview(session: Session, *, q: str = "", who: str = "", state: str = "") -> list[MigrationLine]:
    """Every migration that fits, grouped by who must act, longest waiting first."""
    wanted = select(Migration).order_by(col(Migration.since)).limit(MOST)
    if q.strip():
        places = (Migration.clinic, Migration.id, Migration.created_by)
        wanted = wanted.where(or_(*(col(place).icontains(q.strip(), autoescape=True) for place in places)))
    found = session.exec(wanted).all()
    rows = dict(
        session.exec(
            select(Part.migration_id, func.sum(Part.rows))
            .join(Migration, col(Migration.id) == Part.migration_id)
            .where(Part.export_number == Migration.export_number)
            .group_by(Part.migration_id)
        ).all()
    )
    asked = unanswered(session)
    ours, paused = links_to_mend(session), paused_by_support(session)
    audited = load_each(session, [m.id for m in found])
    lines = [
        changed_line(m, rows.get(m.id, 0), now())
        if changed_in(m) or audited[m.id].differing
        else line_of(m, rows.get(m.id, 0), m.id in asked, now(), ours.get(m.id, ""), m.id in paused)
        for m in found
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


def links_to_mend(session: Session) -> dict[str, str]:
    """What stands in the way of a link and is ours to mend, in a sentence each: the clinic reads that we know of it."""
    told: dict[str, str] = {}
    looked = select(CheckedLink).join(Migration, col(Migration.id) == CheckedLink.migration_id)
    for checked in session.exec(looked.where(Migration.state == State.PREPARING.value)):
        if checked.findings.get("problem") in OPERATORS and checked.findings.get("provider") not in NOT_BUILT:
            label = str(checked.findings.get("label") or "the provider")
            told[checked.migration_id] = Problem(checked.findings["problem"], details={"provider": label}).title
    waits = select(Work.migration_id, Work.last_problem).join(Migration, col(Migration.id) == Work.migration_id)
    waits = waits.where(Migration.state == State.FETCHING.value, col(Work.last_problem).in_(OPERATORS))
    for migration_id, code in session.exec(waits):
        told[migration_id] = Problem(str(code)).title.capitalize()
    return told


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
    """The line of one migration, as the list says it."""
    asked, ours = migration.id in unanswered(session), links_to_mend(session).get(migration.id, "")
    return line_of(migration, rows, asked, now(), ours, migration.id in paused_by_support(session))


def changed_line(migration: Migration, rows: int, moment: datetime) -> MigrationLine:
    """A move whose row something else has written: no state of it is told."""
    seconds = (moment - migration.since).total_seconds()
    return MigrationLine(migration, "Changed", "stop", CHANGED_WORDS, Waits.SUPPORT, seconds, rows, None)


def line_of(
    migration: Migration, rows: int, asked: bool, moment: datetime, ours: str = "", is_paused_by_us: bool = False
) -> MigrationLine:
    """`ours` is what we have to mend about its link, in words; `is_paused_by_us`: support must go on with it."""
    if changed_in(migration):
        return changed_line(migration, rows, moment)
    state = State(migration.state)
    words = WORDS[state]
    waits, waits_for, kind = words.waits, words.now.capitalize(), ""
    entry = catalogue().get((migration.problem or {}).get("code", ""))
    if state.value.endswith("_failed"):
        kind = "stop"
        if entry is not None:
            waits_for = entry.title
            waits = {"clinic": Waits.CLINIC, "support": Waits.SUPPORT}.get(entry.who.value, waits)
    elif waits is Waits.NOBODY and state in WORKING:  # also where no worker has ever begun
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
