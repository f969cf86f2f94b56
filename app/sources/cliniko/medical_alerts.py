"""Medical alerts: what must be known before a patient is touched. Each becomes part of its client's alert.

Native files of patients hold them in a cell; an export from the api may have them in a file of their own.
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
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

NAME = "medical_alerts"
_COMMON = frozenset(
    ["id", "patientid", "name", "createdat", "updatedat", "archivedat", "deletedat", "patientlinksself", "linksself"]
)


@dataclass(frozen=True, kw_only=True)
class MedicalAlert(Row):
    """One row: one alert of one patient."""

    id: Annotated[str, key("Medical Alert ID")] = ""
    patient_id: Annotated[Link | None, link("patients", "Patient ID", required=True, destination="clients.alert")] = (
        None
    )
    name: Annotated[str | None, Column(text, "Name", destination="clients.alert")] = None


def stays_because(row: MedicalAlert) -> Problem | None:
    if row.name is None:
        return Problem("empty_value")
    return Problem("parent_not_imported") if row.patient_id is None else None


def to_records(row: MedicalAlert, joined: Joined, lookups: Lookups) -> Result:
    """The client comes with the patient's own row, which reads all alerts; an archived one stays behind."""
    client = joined.targets.get("patient_id")
    if client is None:
        return NotMapped(Outcome.HELD, Problem("parent_not_imported", NAME, source_id=row.id))
    if row.archived_at:
        return NotMapped(Outcome.SKIPPED, Problem("alert_archived", NAME, source_id=row.id))
    return Mapped((Record("clients", "patients", client.source_id, {}, elsewhere=True),))


def looks_like_alerts(headers: Headers) -> bool:
    """Without a key of their own name, they have no header that others do not have: then the file's name says it."""
    return headers.all("patientid", "name", "medicalalertid")


def may_be_alerts(headers: Headers) -> bool:
    """A number, a patient and a name, and nothing that speaks of anything else: very likely alerts, or groups."""
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
    row=MedicalAlert,
    to_records=to_records,
    tables=("clients",),
    exclusion=Exclusion(reason=stays_because),
    short_list=ShortList(
        is_listed=True,
        lookup_link="patient_id",
    ),
)
