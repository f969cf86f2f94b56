"""The sample cards of the review: each with who or what it is, the way to it, and whether somebody has looked at it."""

import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from app.caspen.record_ids import Ids
from app.caspen.tables import (
    Appointment,
    Case,
    Client,
    Communication,
    Contact,
    CustomField,
    CustomFieldValue,
    Form,
    FormTemplate,
    Imported,
    ProgressNote,
)
from app.errors import Stop
from app.formatting import number, plural
from app.migration.models import AuditEntry, ExportFile, ProblemLine, Trial
from app.records.kinds import BY_NAME
from app.records.names import Names
from app.records.query import get
from app.records.source_row import SourceGone, part_of_line, read_source
from app.web.page_context import Visit

# What is most likely to go wrong in a trial, one telling example of each, for the clinic to look at first.

DETAILS = ""
LATIN_LAST = 50  # names are looked through from the end of the alphabet, where other scripts stand


@dataclass(frozen=True, slots=True)
class Sample:
    """One card. `kind` and `record` say what is looked at; of a client, `section` is the tab that shows it."""

    why: str
    kind: str
    record: str
    tiny: str
    section: str = DETAILS
    name: str = field(default="", compare=False)

    @property
    def at(self) -> str:
        """The end of its address."""
        if self.kind != "clients":
            return f"records/{self.kind}/{self.record}"
        return f"clients/{self.record}/{self.section}" if self.section else f"clients/{self.record}"


@dataclass(frozen=True, slots=True)
class Trialled:
    """The trial that is looked through. `merged` are numbers of clients into whom others were merged.

    `zone` is the clinic's time zone: cards show days of that zone.
    """

    session: Session
    workspace: str
    ids: Ids
    merged: tuple[str, ...] = ()
    zone: tzinfo = UTC

    def newest(self, model: type[Imported], *where: Any, order: Any = None) -> Any | None:
        """The one of a kind that stands first in an order, without its large columns."""
        wanted = select(model).where(col(model.workspace_id) == self.workspace, *where)
        return self.session.exec(wanted.order_by(*(() if order is None else (order,)), col(model.id)).limit(1)).first()

    def most(self, model: Any, of: Any) -> tuple[str, int] | None:
        """Who has most of a kind, and how many."""
        count = func.count()
        wanted = select(of, count).where(col(model.workspace_id) == self.workspace, of.is_not(None)).group_by(of)
        return self.session.exec(wanted.order_by(count.desc(), of).limit(1)).first()

    def longest(self, model: Any, column: Any, of: Any) -> tuple[str, int] | None:
        size = func.length(column)
        wanted = select(of, size).where(col(model.workspace_id) == self.workspace, column.is_not(None))
        return self.session.exec(wanted.order_by(size.desc(), of).limit(1)).first()


def said_day(moment: datetime, zone: tzinfo) -> str:
    """The day that an instant is on the clinic's clock, as in "20/11/2026"."""
    return f"{moment.astimezone(zone):%d/%m/%Y}"


def newest_client(trial: Trialled) -> Sample | None:
    made = col(Client.source_created_at)
    found = trial.newest(Client, made.is_not(None), order=made.desc())
    return (
        Sample("Newest client", "clients", found.id, f"since {said_day(found.source_created_at, trial.zone)}")
        if found
        else None
    )


def longest_note(trial: Trialled) -> Sample | None:
    found = trial.longest(ProgressNote, ProgressNote.body, ProgressNote.client_id)
    return Sample("Longest note", "clients", found[0], plural(found[1], "character"), "notes") if found else None


def draft(trial: Trialled) -> Sample | None:
    found = trial.newest(ProgressNote, col(ProgressNote.state) == "draft", order=col(ProgressNote.note_date).desc())
    return (
        Sample("Note that is a draft", "clients", found.client_id, said_day(found.note_date, trial.zone), "notes")
        if found
        else None
    )


def most_visits(trial: Trialled) -> Sample | None:
    found = trial.most(Appointment, col(Appointment.client_id))
    told = plural(found[1], "appointment") if found else ""
    return Sample("Most appointments", "clients", found[0], told, "appointments") if found else None


def furthest_booking(trial: Trialled) -> Sample | None:
    starts = col(Appointment.starts_at)
    found = trial.newest(Appointment, col(Appointment.status) == "pending", order=starts.desc())
    told = f"until {said_day(found.starts_at, trial.zone)}" if found else ""
    return Sample("Booked furthest ahead", "clients", found.client_id, told, "appointments") if found else None


def in_a_group(trial: Trialled) -> Sample | None:
    """Somebody of the largest group."""
    found = trial.most(Appointment, col(Appointment.group_id))
    visit = trial.newest(Appointment, col(Appointment.group_id) == found[0]) if found else None
    told = f"{plural(found[1], 'client')} on {said_day(visit.starts_at, trial.zone)}" if found and visit else ""
    return Sample("Appointment in a group", "appointments", visit.id, told) if visit else None


def cancelled(trial: Trialled) -> Sample | None:
    when = col(Appointment.cancelled_at)
    found = trial.newest(Appointment, when.is_not(None), order=when.desc())
    return (
        Sample("Cancelled appointment", "appointments", found.id, said_day(found.starts_at, trial.zone))
        if found
        else None
    )


def signed_form(trial: Trialled) -> Sample | None:
    signed = col(Form.signatures)
    found = trial.newest(Form, signed.is_not(None), order=col(Form.completed_at).desc())
    return (
        Sample(
            "Form with a signature",
            "forms",
            found.id,
            f"completed {said_day(found.completed_at, trial.zone)}" if found.completed_at else "",
        )
        if found
        else None
    )


def longest_form(trial: Trialled) -> Sample | None:
    found = trial.longest(Form, sa.cast(Form.content, sa.Text), Form.id)
    return Sample("Longest form", "forms", found[0], plural(found[1], "character")) if found else None


def most_messages(trial: Trialled) -> Sample | None:
    found = trial.most(Communication, col(Communication.client_id))
    told = plural(found[1], "message") if found else ""
    return Sample("Most messages", "clients", found[0], told, "communications") if found else None


def limited_case(trial: Trialled) -> Sample | None:
    found = trial.newest(Case, col(Case.limit_kind) != "unlimited", order=col(Case.issue_date).desc())
    return Sample("Case with a limit", "cases", found.id, "its balance has to be checked") if found else None


def most_answers(trial: Trialled) -> Sample | None:
    found = trial.most(CustomFieldValue, col(CustomFieldValue.client_id))
    return Sample("Most custom fields", "clients", found[0], plural(found[1], "answer")) if found else None


def archived(trial: Trialled) -> Sample | None:
    found = trial.newest(Client, col(Client.status) == "archived", order=col(Client.source_created_at))
    return Sample("Archived client", "clients", found.id, "comes as archived") if found else None


def merged(trial: Trialled) -> Sample | None:
    """The client that stayed of two: appointments and notes of both are here."""
    ids = [trial.ids.derive("clients", "patients", key) for key in trial.merged]
    found = trial.newest(Client, col(Client.id).in_(ids)) if ids else None
    return Sample("Merged client", "clients", found.id, "has what belonged to both", "appointments") if found else None


def other_script(trial: Trialled) -> Sample | None:
    """A name in letters that are not Latin, such as Arabic or Chinese: where copying goes wrong first."""
    wanted = select(Client.id, Client.last_name).where(Client.workspace_id == trial.workspace)
    for client_id, name in trial.session.exec(
        wanted.order_by(col(Client.last_name).desc(), col(Client.id)).limit(LATIN_LAST)
    ):
        if any("LATIN" not in unicodedata.name(letter, "LATIN") for letter in name if letter.isalpha()):
            return Sample("Name in another script", "clients", client_id, "read it letter by letter")
    return None


def longest_name(trial: Trialled) -> Sample | None:
    found = trial.longest(Client, col(Client.first_name) + col(Client.last_name), Client.id)
    return Sample("Longest name", "clients", found[0], plural(found[1], "letter")) if found else None


def busiest_contact(trial: Trialled) -> Sample | None:
    found = trial.most(Client, col(Client.referred_by_id))
    contact = trial.newest(Contact, col(Contact.id) == found[0]) if found else None
    told = f"referred {plural(found[1], 'client')}" if found else ""
    return Sample("Contact who refers most", "contacts", contact.id, told) if contact else None


def widest_field(trial: Trialled) -> Sample | None:
    found = trial.longest(CustomField, sa.cast(CustomField.options, sa.Text), CustomField.id)
    return Sample("Custom field with most options", "custom_fields", found[0], "all options came") if found else None


def longest_template(trial: Trialled) -> Sample | None:
    found = trial.longest(FormTemplate, sa.cast(FormTemplate.content, sa.Text), FormTemplate.id)
    told = f"{number(found[1])} characters" if found else ""
    return Sample("Longest form template", "form_templates", found[0], told) if found else None


RULES: tuple[Callable[[Trialled], Sample | None], ...] = (
    newest_client,
    longest_note,
    draft,
    most_visits,
    furthest_booking,
    in_a_group,
    cancelled,
    signed_form,
    longest_form,
    most_messages,
    limited_case,
    most_answers,
    archived,
    merged,
    other_script,
    longest_name,
    busiest_contact,
    widest_field,
    longest_template,
)


def picked(trial: Trialled) -> Iterable[Sample]:
    """One example of each rule, and nothing twice: who is the newest and the longest name stands there once."""
    shown: set[tuple[str, str, str]] = set()
    for rule in RULES:
        found = rule(trial)
        if found is not None and (place := (found.kind, found.record, found.section)) not in shown:
            shown.add(place)
            yield found


REDIRECTED = "merged_patient_redirected"
FEW = 3
KEPT = 64
_picked: OrderedDict[tuple[str, int, str, str], tuple[Sample, ...]] = OrderedDict()
"""What was picked of the trials that were looked at last: a trial never changes, and picking reads all of it."""


def cards(visit: Visit, trial: Trial) -> list[dict[str, Any]]:
    """Empty once the trial is dropped."""
    caspen, move = visit.runtime.caspen, visit.move
    store = caspen.trial(move.id, trial.number)
    if not caspen.exists(store) or trial.finished_at is None:
        return []
    samples = picked_of(visit, trial)
    names = Names(caspen, store, move.workspace_id, zone_name(visit))
    with visit.read() as session:
        seen = looked_at(session, visit, trial.finished_at)
    told = []
    for sample in samples:
        record = get(store, move.workspace_id, BY_NAME[sample.kind], sample.record)
        if record is None:
            continue
        whose = names.of(getattr(record, "client_id", None))
        told.append(
            {
                "why": sample.why,
                "name": whose or BY_NAME[sample.kind].title(record, names),
                "href": f"/m/{move.id}/{sample.at}",
                "tiny": sample.tiny,
                "ticked": (sample.record, sample.section) in seen,
            }
        )
    return told


def zone_name(visit: Visit) -> str:
    """The clinic's time zone, whose days the cards show."""
    return str(visit.move.plan.get("timezone") or "Australia/Sydney")


def picked_of(visit: Visit, trial: Trial) -> tuple[Sample, ...]:
    """The samples of a finished trial, picked once by each process."""
    move = visit.move
    key = (move.id, trial.number, trial.digest, zone_name(visit))
    if key not in _picked:
        merged = survivors(visit)
        with visit.runtime.caspen.trial(move.id, trial.number).database.read() as session:
            ids = Ids(move.workspace_id, move.source)
            _picked[key] = tuple(picked(Trialled(session, move.workspace_id, ids, merged, ZoneInfo(zone_name(visit)))))
        while len(_picked) > KEPT:
            _picked.popitem(last=False)
    return _picked[key]


def next_card(visit: Visit, trial: Trial) -> dict[str, Any] | None:
    """The next sample that nobody has looked at, and how many those are; None before the review has picked any."""
    samples = _picked.get((visit.move.id, trial.number, trial.digest, zone_name(visit)), ())
    if not samples or trial.finished_at is None:
        return None
    with visit.read() as session:
        seen = looked_at(session, visit, trial.finished_at)
    left = [sample for sample in samples if (sample.record, sample.section) not in seen]
    if not left:
        return None
    return {"why": left[0].why, "href": f"/m/{visit.move.id}/{left[0].at}", "left": len(left)}


def looked_at(session: Session, visit: Visit, since: datetime) -> set[tuple[str, str]]:
    """Which records, and which sections of clients, anybody of the clinic has looked at since the trial was ready."""
    found = session.exec(
        select(AuditEntry).where(
            AuditEntry.migration_id == visit.move.id,
            col(AuditEntry.act).in_(("client_seen", "record_seen")),
            col(AuditEntry.at) >= since,
        )
    )
    facts = [entry.facts for entry in found]
    return {(str(told.get("client") or told.get("record")), str(told.get("section") or "")) for told in facts}


def survivors(visit: Visit) -> tuple[str, ...]:
    """Clients that others were merged into, by their number in the source, as the merged rows name them."""
    move = visit.move
    with visit.read() as session:
        lines = session.exec(
            select(ProblemLine)
            .where(
                ProblemLine.migration_id == move.id,
                ProblemLine.run == f"trial:{move.trial_number}",
                ProblemLine.code == REDIRECTED,
            )
            .limit(FEW)
        ).all()
        files = dict(
            session.exec(
                select(ExportFile.path, ExportFile.number).where(
                    ExportFile.migration_id == move.id,
                    ExportFile.export_number == move.export_number,
                    ExportFile.number > 0,
                )
            ).all()
        )
        places = [(files.get(line.file or ""), line.line) for line in lines]
        parts = [(part_of_line(session, move, file, line), line) for file, line in places if file and line]
    found = []
    for part, line in parts:
        try:
            row = read_source(visit.runtime, move, visit.source, part, line) if part is not None else None
        except (SourceGone, Stop):
            row = None  # the review shows the other samples
        if row is not None:
            found += [cell.text.strip('="') for cell in row.cells if cell.name == row.kind.merging.survivor]
    return tuple(found)
