"""Treatment notes: what practitioners wrote about a patient's treatment. Each becomes a progress note, word for word.

A note that is a page of its own is read as a row (see the reading of documents); one that is a PDF is a file.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.moments import mark, timestamp
from app.mapping.rich import note_html
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.structured import NotJsonError
from app.mapping.text import cut, string, verbatim
from app.mapping.traits import Exclusion, Identity, Recognition
from app.problems import Level, Problem
from app.sources.cliniko.contents import content_of
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None
UNTITLED = "Treatment note"


@dataclass(frozen=True, kw_only=True)
class TreatmentNote(Row):
    """One row. Native headers are assumed, api names confirmed; the content is JSON in both."""

    id: Annotated[str, key("Treatment Note ID")] = ""
    patient_id: Annotated[
        Link | None,
        link(
            "patients",
            "Patient ID",
            required=True,
            orphan_code="note_without_patient",
            destination="progress_notes.client_id",
        ),
    ] = None
    practitioner_id: Annotated[
        Link | None,
        link(
            "practitioners",
            "Practitioner ID",
            "Provider ID",
            orphan_code="note_without_practitioner",
            destination="progress_notes.practitioner_id",
        ),
    ] = None
    author_name: Annotated[Words, Column(string, "Author Name", destination="progress_notes.author_name")] = None
    booking_id: Annotated[
        Link | None,
        link(
            "appointments",
            "Appointment ID",
            "booking",
            orphan_code="note_without_appointment",
            destination="progress_notes.appointment_id",
        ),
    ] = None
    attendee_id: Annotated[
        Link | None, link("attendees", "Attendee ID", "attendee", orphan_code="note_without_appointment")
    ] = None
    treatment_note_template_id: Annotated[
        Link | None,
        link(
            "treatment_note_templates",
            "Template ID",
            "treatment_note_template",
            orphan_code="template_unknown",
            destination="progress_notes.template_id",
        ),
    ] = None
    title: Annotated[Words, Column(string, "Title", destination="progress_notes.title")] = None
    content: Annotated[
        Words, Column(verbatim, "Content", required=True, raw=True, is_object=True, destination="progress_notes.body")
    ] = None
    draft: Annotated[bool | None, Column(boolean, "Draft", destination="progress_notes.state")] = None
    finalized_at: Annotated[
        datetime | None, Column(timestamp, "Finalized At", destination="progress_notes.finalised_at")
    ] = None
    pinned_at: Annotated[datetime | bool | None, Column(mark, "Pinned At", destination="progress_notes.pinned")] = None
    is_page: Annotated[bool | None, Column(boolean, set_by_reading=True)] = None
    page_key: Annotated[Words, Column(verbatim, set_by_reading=True)] = None


def stays_because(row: TreatmentNote) -> Problem | None:
    return Problem("note_without_patient") if row.patient_id is None else None


def to_records(row: TreatmentNote, joined: Joined, lookups: Lookups) -> Result:
    """The note; a draft stays a draft, everything else is final and can only be read."""
    client = joined.targets.get("patient_id")
    if client is None:
        return _stays(row, Outcome.HELD, "note_without_patient")
    try:
        content = content_of(row.content)
    except NotJsonError:
        return _stays(row, Outcome.HELD, "bad_json")
    if content.is_empty:
        return _stays(row, Outcome.SKIPPED, "note_empty")
    body = note_html(content)
    practitioner = joined.targets.get("practitioner_id")
    visit = joined.targets.get("attendee_id") or joined.targets.get("booking_id")
    template = joined.targets.get("treatment_note_template_id")
    at = (visit.starts_at if visit else None) or row.created_at or row.finalized_at or row.updated_at
    if at is None:  # a note must have a date, and nobody may make one up
        return _stays(row, Outcome.HELD, "bad_date")
    codes = {
        "note_draft_imported": row.draft is True,
        "note_state_conflict": row.draft is True and row.finalized_at is not None,
    }
    values: dict[str, Value] = {
        "client_id": client.id,
        "title": cut(row.title) or UNTITLED,
        "practitioner_id": practitioner.id if practitioner else None,
        "author_name": cut(row.author_name),
        "appointment_id": visit.id if visit else None,
        "template_id": template.id if template else None,
        "body": body.html,
        "note_date": at,
        "state": "draft" if row.draft else "final",
        "finalised_at": None if row.draft else row.finalized_at,
        "pinned": bool(row.pinned_at),
        "archived_at": _archived_at(row, at),
        "source_created_at": row.created_at,
    }
    told = (*body.codes, *(code for code, said in codes.items() if said))
    problems = tuple(Problem(code, "treatment_notes", source_id=row.id) for code in told)
    return Mapped((Record("progress_notes", "treatment_notes", row.id, values),), problems)


def _archived_at(row: TreatmentNote, at: datetime) -> datetime | None:
    """When it was archived; where the export only says that it was, since it was last changed, else since its date."""
    if isinstance(row.archived_at, datetime):
        return row.archived_at
    return (row.updated_at or row.created_at or at) if row.archived_at else None


def _stays(row: TreatmentNote, outcome: Outcome, code: str) -> NotMapped:
    level = Level.HELD if outcome is Outcome.HELD else Level.SKIPPED
    return NotMapped(outcome, Problem(code, "treatment_notes", source_id=row.id, level=level))


def looks_like_treatment_notes(headers: Headers) -> bool:
    return headers.all("patientid", "content") and headers.any("draft", "finalizedat", "authorname")


KIND = Kind(
    name="treatment_notes",
    label="Progress notes",
    source_label="Treatment notes",
    source_location="Not among the data exports of every account: ask whoever made your export from the API",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_treatment_notes),
        file_names=("treatment notes", "treatment_notes"),
        json_keys=("treatment_notes",),
    ),
    row=TreatmentNote,
    to_records=to_records,
    tables=("progress_notes",),
    exclusion=Exclusion(reason=stays_because),
    identity=Identity(
        generated_key="page_key",
        yields=lambda row: row.is_page is True,
        yielded_code="note_document_duplicate",
    ),
)
