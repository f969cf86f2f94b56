"""Medical alerts: warnings for the treatment of a patient. Each becomes part of the client's alert.

Cliniko's csv export of patients has them in a column; an export from its API may have a file of medical alerts.
"""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result
from app.mapping.text import text
from app.mapping.traits import Exclusion, Recognition, ShortList
from app.problems import Problem
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import Row

NAME = "medical_alerts"
_COMMON = frozenset(
    ["id", "patientid", "name", "createdat", "updatedat", "archivedat", "deletedat", "patientlinksself", "linksself"]
)


@dataclass(frozen=True, kw_only=True)
class MedicalAlertRow(Row):
    """One row: one alert of one patient."""

    id: Annotated[str, key("Medical Alert ID")] = ""
    patient_id: Annotated[Link | None, link("patients", "Patient ID", required=True, destination="clients.alert")] = (
        None
    )
    name: Annotated[str | None, Column(text, "Name", destination="clients.alert")] = None


def reason_not_moved(row: MedicalAlertRow) -> Problem | None:
    """The problem of a row without a name or without a patient; None for a row with both."""
    if row.name is None:
        return Problem("empty_value")
    return Problem("parent_not_imported") if row.patient_id is None else None


def to_records(row: MedicalAlertRow, joined: Joined, lookups: Lookups) -> Result:
    """The client that the patient's row writes, with all alerts (`elsewhere`). An archived alert is skipped."""
    client = joined.targets.get("patient_id")
    if client is None:
        return NotMapped(Outcome.HELD, Problem("parent_not_imported", NAME, source_id=row.id))
    if row.archived_at:
        return NotMapped(Outcome.SKIPPED, Problem("alert_archived", NAME, source_id=row.id))
    return Mapped((Record("clients", "patients", client.source_id, {}, elsewhere=True),))


def looks_like_alerts(headers: HeaderSet) -> bool:
    """Whether the normalised headers have the alerts' own id. Other files of alerts are recognised by their name."""
    return headers.all("patientid", "name", "medicalalertid")


def may_be_alerts(headers: HeaderSet) -> bool:
    """Whether the normalised headers are an id, a patient and a name, and none of another kind: a person is asked."""
    return headers.all("id", "patientid", "name") and not headers.names - _COMMON


KIND = Kind(
    name=NAME,
    label="Medical alerts",
    source_label="Medical alerts",
    source_location="Part of the patients file; a file of their own only in an export from the API",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_alerts),
        file_names=("medical alerts", "medical_alerts"),
        json_keys=("medical_alerts",),
        is_candidate=fingerprint(may_be_alerts),
    ),
    row=MedicalAlertRow,
    to_records=to_records,
    tables=("clients",),
    exclusion=Exclusion(reason=reason_not_moved),
    short_list=ShortList(
        is_listed=True,
        lookup_link="patient_id",
    ),
)
