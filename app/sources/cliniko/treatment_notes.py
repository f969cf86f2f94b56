"""Treatment notes: practitioners' notes on a patient's treatment. Each becomes a progress note, word for word.

Reading turns a note that is an HTML page into a row; a note that is a PDF is a patient file.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.date_answers import with_dates
from app.mapping.flags import boolean
from app.mapping.ids import key, link
from app.mapping.json_cells import NotJsonError
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.moments import mark, timestamp
from app.mapping.note_content import read_content_or_text
from app.mapping.rich import note_html
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import cut, string, verbatim
from app.mapping.traits import Exclusion, Identity, PageColumns, Recognition
from app.problems import Level, Problem
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import FROM_THE_API, Row, not_dated

Words = str | None
UNTITLED = "Treatment note"


@dataclass(frozen=True, kw_only=True)
class TreatmentNoteRow(Row):
    """One row; `content` is JSON. The headers of a csv file are assumed; the names of Cliniko's API are confirmed."""

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
            feeds=("progress_notes.note_date",),
        ),
    ] = None
    attendee_id: Annotated[
        Link | None,
        link(
            "attendees",
            "Attendee ID",
            "attendee",
            orphan_code="note_without_appointment",
            feeds=("progress_notes.appointment_id", "progress_notes.note_date"),
        ),
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


def reason_not_moved(row: TreatmentNoteRow) -> Problem | None:
    """`note_without_patient` for a row without a patient, else None."""
    return Problem("note_without_patient") if row.patient_id is None else None


def to_records(row: TreatmentNoteRow, joined: Joined, lookups: Lookups) -> Result:
    """The note: a draft where the row is a draft, else final and read-only.

    A row without a patient, or whose content is damaged JSON, is held. An empty note is skipped. The date is the start
    of the visit, else the time of creation; without both it is empty.
    """
    client = joined.targets.get("patient_id")
    if client is None:
        return _not_moved(row, Outcome.HELD, "note_without_patient")
    try:
        content = with_dates(read_content_or_text(row.content), lookups.context)
    except NotJsonError:
        return _not_moved(row, Outcome.HELD, "bad_json")
    if content.is_empty:
        return _not_moved(row, Outcome.SKIPPED, "note_empty")
    body = note_html(content)
    practitioner = joined.targets.get("practitioner_id")
    visit = joined.targets.get("attendee_id") or joined.targets.get("booking_id")
    template = joined.targets.get("treatment_note_template_id")
    at = (visit.starts_at if visit else None) or row.created_at
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
        "archived_at": _archived_at(row, at or lookups.now),
        "source_created_at": row.created_at,
    }
    reported = (*body.codes, *(code for code, applies in codes.items() if applies))
    problems = tuple(Problem(code, "treatment_notes", source_id=row.id) for code in reported)
    if at is None:
        problems += (not_dated("treatment_notes", row.id),)
    return Mapped((Record("progress_notes", "treatment_notes", row.id, values),), problems)


def _archived_at(row: TreatmentNoteRow, at: datetime) -> datetime | None:
    """When the note was archived; for an archived note without a time, when it was made, else `at`."""
    if isinstance(row.archived_at, datetime):
        return row.archived_at
    return (row.created_at or at) if row.archived_at else None


def _not_moved(row: TreatmentNoteRow, outcome: Outcome, code: str) -> NotMapped:
    level = Level.HELD if outcome is Outcome.HELD else Level.SKIPPED
    return NotMapped(outcome, Problem(code, "treatment_notes", source_id=row.id, level=level))


def looks_like_treatment_notes(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of the treatment notes of Cliniko's API."""
    return headers.all("patientid", "content") and headers.any("draft", "finalizedat", "authorname")


KIND = Kind(
    name="treatment_notes",
    role=KindRole.NOTE,
    label="Progress notes",
    source_label="Treatment notes",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_treatment_notes),
        file_names=("treatment notes", "treatment_notes"),
        json_keys=("treatment_notes",),
    ),
    row=TreatmentNoteRow,
    to_records=to_records,
    tables=("progress_notes",),
    exclusion=Exclusion(reason=reason_not_moved),
    pages=PageColumns(
        key="id",
        owner="patient_id",
        title="title",
        content="content",
        author="author_name",
        day="created_at",
        draft="draft",
        is_page="is_page",
        made_key="page_key",
    ),
    identity=Identity(
        generated_key="page_key",
        yields=lambda row: row.is_page is True,
        yielded_code="note_document_duplicate",
    ),
)
