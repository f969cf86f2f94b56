"""Communications: messages to and from patients, as a log. They do not move yet, and nothing is ever sent."""

from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.text import string, text, verbatim
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.row import Row

Words = str | None


@dataclass(frozen=True, kw_only=True)
class Communication(Row):
    """One row. Native headers are assumed, api names confirmed."""

    id: Annotated[str, key("Communication ID")] = ""
    patient_id: Annotated[
        Link | None,
        link(
            "patients",
            "Patient ID",
            required=True,
            orphan="communication_without_patient",
            destination="communications.client_id",
        ),
    ] = None
    type: Annotated[Words, Column(string, "Type", ("type_code",), destination="communications.channel")] = None
    category: Annotated[
        Words, Column(string, "Category", ("category_code",), destination="communications.category")
    ] = None
    direction: Annotated[
        Words,
        Column(
            string,
            "Direction",
            (
                "direction_description",
                "direction_code",
            ),
            destination="communications.direction",
        ),
    ] = None
    from_: Annotated[Words, Column(text, "From", destination="communications.from")] = None
    to: Annotated[Words, Column(text, "To", destination="communications.to")] = None
    content_subject: Annotated[Words, Column(string, "Subject", destination="communications.subject")] = None
    content: Annotated[Words, Column(verbatim, "Content", raw=True, destination="communications.body")] = None
    confidential: Annotated[bool | None, Column(boolean, "Confidential", destination="communications.confidential")] = (
        None
    )
    booking_id: Annotated[
        Link | None, link("appointments", "Appointment ID", "booking", destination="communications.appointment_id")
    ] = None
    attendee_id: Annotated[Link | None, link("attendees", "Attendee ID", "attendee")] = None


def looks_like_communications(headers: Headers) -> bool:
    directed = headers.any("directioncode", "direction", "directiondescription")
    return headers.all("patientid") and directed and headers.any("typecode", "type")


KIND = Kind(
    name="communications",
    label="Communications",
    called="Communications",
    where="Settings > Data exports > Communications, where your account offers it",
    fingerprint=fingerprint(looks_like_communications),
    row=Communication,
    tables=("communications",),
    file_names=("communications",),
    json_keys=("communications",),
)
