"""Sample cards of the review: the record, its page, and whether the clinic has viewed it."""

import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any, TypedDict
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
from app.mapping.kind_roles import KindRole
from app.migration.models import AuditEntry, ExportFile, ProblemLine, Trial
from app.records.kinds import BY_NAME
from app.records.names_of_ids import RecordNames
from app.records.query import get
from app.records.source_row import SourceGone, part_of_line, read_source
from app.web.page_context import Visit

# An example of each case that most often goes wrong in a trial.

DETAILS = ""
LATIN_LAST = 50  # names are searched from the end of the alphabet, where other scripts sort


@dataclass(frozen=True, slots=True)
class Sample:
    """A card. `kind` and `record` name the record. For a client, `section` is the tab to open."""

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
class SampledTrial:
    """The trial that is searched for samples. `client_kind` is the source's name of clients, `merged` the
    source numbers of clients with merged records.

    `zone` is the clinic's time zone: cards show days of that zone.
    """

    session: Session
    workspace: str
    ids: Ids
    client_kind: str
    merged: tuple[str, ...] = ()
    zone: tzinfo = UTC

    def newest(self, model: type[Imported], *where: Any, order: Any = None) -> Any | None:
        """The first record of a model in the given order. Large columns stay unloaded."""
        wanted = select(model).where(col(model.workspace_id) == self.workspace, *where)
        return self.session.exec(wanted.order_by(*(() if order is None else (order,)), col(model.id)).limit(1)).first()

    def most(self, model: Any, of: Any) -> tuple[str, int] | None:
        """The owner with the most records of a model, and their number."""
        count = func.count()
        wanted = select(of, count).where(col(model.workspace_id) == self.workspace, of.is_not(None)).group_by(of)
        return self.session.exec(wanted.order_by(count.desc(), of).limit(1)).first()

    def longest(self, model: Any, column: Any, of: Any) -> tuple[str, int] | None:
        size = func.length(column)
        wanted = select(of, size).where(col(model.workspace_id) == self.workspace, column.is_not(None))
        return self.session.exec(wanted.order_by(size.desc(), of).limit(1)).first()


def format_day(moment: datetime | None, zone: tzinfo) -> str:
    """The day of an instant on the clinic's clock, as in "20/11/2026"; "" for no instant."""
    if moment is None:
        return ""
    return f"{moment.astimezone(zone):%d/%m/%Y}"


def newest_client(trial: SampledTrial) -> Sample | None:
    made = col(Client.source_created_at)
    client = trial.newest(Client, made.is_not(None), order=made.desc())
    return (
        Sample("Newest client", "clients", client.id, f"since {format_day(client.source_created_at, trial.zone)}")
        if client
        else None
    )


def longest_note(trial: SampledTrial) -> Sample | None:
    match = trial.longest(ProgressNote, ProgressNote.body, ProgressNote.client_id)
    return Sample("Longest note", "clients", match[0], plural(match[1], "character"), "notes") if match else None


def draft(trial: SampledTrial) -> Sample | None:
    note = trial.newest(ProgressNote, col(ProgressNote.state) == "draft", order=col(ProgressNote.note_date).desc())
    return (
        Sample("Note that is a draft", "clients", note.client_id, format_day(note.note_date, trial.zone), "notes")
        if note
        else None
    )


def most_visits(trial: SampledTrial) -> Sample | None:
    match = trial.most(Appointment, col(Appointment.client_id))
    count_words = plural(match[1], "appointment") if match else ""
    return Sample("Most appointments", "clients", match[0], count_words, "appointments") if match else None


def furthest_booking(trial: SampledTrial) -> Sample | None:
    starts = col(Appointment.starts_at)
    appointment = trial.newest(Appointment, col(Appointment.status) == "pending", order=starts.desc())
    until = f"until {format_day(appointment.starts_at, trial.zone)}" if appointment else ""
    return (
        Sample("Booked furthest ahead", "clients", appointment.client_id, until, "appointments")
        if appointment
        else None
    )


def in_a_group(trial: SampledTrial) -> Sample | None:
    """An appointment of the largest group."""
    match = trial.most(Appointment, col(Appointment.group_id))
    visit = trial.newest(Appointment, col(Appointment.group_id) == match[0]) if match else None
    detail = f"{plural(match[1], 'client')} on {format_day(visit.starts_at, trial.zone)}" if match and visit else ""
    return Sample("Appointment in a group", "appointments", visit.id, detail) if visit else None


def cancelled(trial: SampledTrial) -> Sample | None:
    when = col(Appointment.cancelled_at)
    appointment = trial.newest(Appointment, when.is_not(None), order=when.desc())
    return (
        Sample("Cancelled appointment", "appointments", appointment.id, format_day(appointment.starts_at, trial.zone))
        if appointment
        else None
    )


def signed_form(trial: SampledTrial) -> Sample | None:
    signed = col(Form.signatures)
    form = trial.newest(Form, signed.is_not(None), order=col(Form.completed_at).desc())
    return (
        Sample(
            "Form with a signature",
            "forms",
            form.id,
            f"completed {format_day(form.completed_at, trial.zone)}" if form.completed_at else "",
        )
        if form
        else None
    )


def longest_form(trial: SampledTrial) -> Sample | None:
    match = trial.longest(Form, sa.cast(Form.content, sa.Text), Form.id)
    return Sample("Longest form", "forms", match[0], plural(match[1], "character")) if match else None


def most_messages(trial: SampledTrial) -> Sample | None:
    match = trial.most(Communication, col(Communication.client_id))
    count_words = plural(match[1], "message") if match else ""
    return Sample("Most messages", "clients", match[0], count_words, "communications") if match else None


def limited_case(trial: SampledTrial) -> Sample | None:
    case = trial.newest(Case, col(Case.limit_kind) != "unlimited", order=col(Case.issue_date).desc())
    return Sample("Case with a limit", "cases", case.id, "its balance has to be checked") if case else None


def most_answers(trial: SampledTrial) -> Sample | None:
    match = trial.most(CustomFieldValue, col(CustomFieldValue.client_id))
    return Sample("Most custom fields", "clients", match[0], plural(match[1], "answer")) if match else None


def archived(trial: SampledTrial) -> Sample | None:
    client = trial.newest(Client, col(Client.status) == "archived", order=col(Client.source_created_at))
    return Sample("Archived client", "clients", client.id, "comes as archived") if client else None


def merged(trial: SampledTrial) -> Sample | None:
    """A client with the records of a merged client: appointments and notes of both."""
    ids = [trial.ids.derive("clients", trial.client_kind, key) for key in trial.merged]
    client = trial.newest(Client, col(Client.id).in_(ids)) if ids else None
    return (
        Sample("Merged client", "clients", client.id, "has what belonged to both", "appointments") if client else None
    )


def other_script(trial: SampledTrial) -> Sample | None:
    """A name in another script, such as Arabic or Chinese, where copying most often fails."""
    wanted = select(Client.id, Client.last_name).where(Client.workspace_id == trial.workspace)
    for client_id, name in trial.session.exec(
        wanted.order_by(col(Client.last_name).desc(), col(Client.id)).limit(LATIN_LAST)
    ):
        if any("LATIN" not in unicodedata.name(letter, "LATIN") for letter in name if letter.isalpha()):
            return Sample("Name in another script", "clients", client_id, "read it letter by letter")
    return None


def longest_name(trial: SampledTrial) -> Sample | None:
    match = trial.longest(Client, col(Client.first_name) + col(Client.last_name), Client.id)
    return Sample("Longest name", "clients", match[0], plural(match[1], "letter")) if match else None


def busiest_contact(trial: SampledTrial) -> Sample | None:
    match = trial.most(Client, col(Client.referred_by_id))
    contact = trial.newest(Contact, col(Contact.id) == match[0]) if match else None
    detail = f"referred {plural(match[1], 'client')}" if match else ""
    return Sample("Contact who refers most", "contacts", contact.id, detail) if contact else None


def widest_field(trial: SampledTrial) -> Sample | None:
    match = trial.longest(CustomField, sa.cast(CustomField.options, sa.Text), CustomField.id)
    return Sample("Custom field with most options", "custom_fields", match[0], "all options came") if match else None


def longest_template(trial: SampledTrial) -> Sample | None:
    match = trial.longest(FormTemplate, sa.cast(FormTemplate.content, sa.Text), FormTemplate.id)
    detail = f"{number(match[1])} characters" if match else ""
    return Sample("Longest form template", "form_templates", match[0], detail) if match else None


RULES: tuple[Callable[[SampledTrial], Sample | None], ...] = (
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


def pick_samples(trial: SampledTrial) -> Iterable[Sample]:
    """An example for each rule, without repeated records."""
    shown: set[tuple[str, str, str]] = set()
    for rule in RULES:
        sample = rule(trial)
        if sample is not None and (place := (sample.kind, sample.record, sample.section)) not in shown:
            shown.add(place)
            yield sample


REDIRECTED = "merged_patient_redirected"
FEW = 3
KEPT = 64
_picked: OrderedDict[tuple[str, int, str, str], tuple[Sample, ...]] = OrderedDict()
"""Samples of the last viewed trials. A trial never changes, and picking reads all of its records."""


class SampleCard(TypedDict):
    """A sample on the review page: the reason, the name, the address, a remark, and whether somebody viewed it."""

    why: str
    name: str
    href: str
    tiny: str
    ticked: bool


def build_cards(visit: Visit, trial: Trial) -> list[SampleCard]:
    """The sample cards. Empty once the trial is dropped."""
    caspen, move = visit.runtime.caspen, visit.move
    store = caspen.trial(move.id, trial.number)
    if not caspen.exists(store) or trial.finished_at is None:
        return []
    samples = load_samples(visit, trial)
    names = RecordNames(caspen, store, move.workspace_id, zone_name(visit))
    with visit.read() as session:
        viewed = viewed_records(session, visit, trial.finished_at)
    cards_: list[SampleCard] = []
    for sample in samples:
        record = get(store, move.workspace_id, BY_NAME[sample.kind], sample.record)
        if record is None:
            continue
        whose = names.of(getattr(record, "client_id", None))
        cards_.append(
            {
                "why": sample.why,
                "name": whose or BY_NAME[sample.kind].title(record, names),
                "href": f"/m/{move.id}/{sample.at}",
                "tiny": sample.tiny,
                "ticked": (sample.record, sample.section) in viewed,
            }
        )
    return cards_


def zone_name(visit: Visit) -> str:
    """The clinic's time zone, for the days on the cards."""
    return str(visit.move.plan.get("timezone") or "Australia/Sydney")


def load_samples(visit: Visit, trial: Trial) -> tuple[Sample, ...]:
    """The samples of a finished trial, picked once by each process."""
    move = visit.move
    key = (move.id, trial.number, trial.digest, zone_name(visit))
    if key not in _picked:
        merged = survivors(visit)
        with visit.runtime.caspen.trial(move.id, trial.number).database.read() as session:
            ids, zone = Ids(move.workspace_id, move.source), ZoneInfo(zone_name(visit))
            client_kind = visit.source.name_with(KindRole.CLIENT)
            sampled = SampledTrial(session, move.workspace_id, ids, client_kind, merged, zone)
            _picked[key] = tuple(pick_samples(sampled))
        while len(_picked) > KEPT:
            _picked.popitem(last=False)
    return _picked[key]


class NextCard(TypedDict):
    """The next sample to view: the reason, the address, and the number of samples that nobody has viewed."""

    why: str
    href: str
    left: int


def next_card(visit: Visit, trial: Trial) -> NextCard | None:
    """The next sample that nobody has viewed, and the number of these. None before the review has picked samples."""
    samples = _picked.get((visit.move.id, trial.number, trial.digest, zone_name(visit)), ())
    if not samples or trial.finished_at is None:
        return None
    with visit.read() as session:
        viewed = viewed_records(session, visit, trial.finished_at)
    left = [sample for sample in samples if (sample.record, sample.section) not in viewed]
    if not left:
        return None
    return {"why": left[0].why, "href": f"/m/{visit.move.id}/{left[0].at}", "left": len(left)}


def viewed_records(session: Session, visit: Visit, since: datetime) -> set[tuple[str, str]]:
    """Records and sections of clients that the clinic has viewed since the trial was ready."""
    entries = session.exec(
        select(AuditEntry).where(
            AuditEntry.migration_id == visit.move.id,
            col(AuditEntry.act).in_(("client_seen", "record_seen")),
            col(AuditEntry.at) >= since,
        )
    )
    facts = [entry.shown_facts for entry in entries]
    return {(str(fact.get("client") or fact.get("record")), str(fact.get("section") or "")) for fact in facts}


def survivors(visit: Visit) -> tuple[str, ...]:
    """Source numbers of clients into which others were merged, by the merged rows."""
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
    numbers = []
    for part, line in parts:
        try:
            row = read_source(visit.runtime, move, visit.source, part, line) if part is not None else None
        except (SourceGone, Stop):
            row = None  # the review shows the other samples
        if row is not None:
            numbers += [cell.text.strip('="') for cell in row.cells if cell.name == row.kind.merging.survivor]
    return tuple(numbers)
