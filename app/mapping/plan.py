"""What the clinic decided about its export: who is who in Caspen, what stays behind, and its answers.

The plan is plain data with a fingerprint, so that a trial and its approval can name the plan they were made with.
"""

import hashlib
import json
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer


class Choice(BaseModel):
    """What becomes of one business, user, practitioner, appointment type, client or question.

    "wait" is a client who may be one that Caspen has, until the clinic says so or otherwise. `whom` is the name that
    the id had in the export when a person chose; for a client it is IDENTITY, since names of clients do not belong in a
    plan. The choice holds only while the id still means the same. Empty for choices of a plan file, which always hold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Literal["match", "create", "leave_out", "wait"]
    id: str | None = None  # the Caspen object that it is, for "match"
    whom: str = ""

    @model_serializer(mode="wrap")
    def _without_nobody(self, serialise: SerializerFunctionWrapHandler) -> dict[str, object]:
        """A choice that names nobody is written as before there was `whom`, so that fingerprints of plans hold."""
        written: dict[str, object] = serialise(self)
        return written if self.whom else {name: value for name, value in written.items() if name != "whom"}


IDENTITY = "identity"
"""`whom` of a choice about a client: it holds while the row is the same person by name and birthday."""

ChosenType = Literal["number", "yes_no", "dropdown"]
"""What a clinic may make of a custom field before there is one: afterwards, its type stays."""


Encoding = Literal["utf-8", "cp1252", "mac_roman", "iso8859-15"]
"""How the letters of a file may be stored, where nothing in the file says so."""
ENCODINGS: dict[str, str] = {
    "cp1252": "Windows-1252",
    "mac_roman": "MacRoman",
    "iso8859-15": "Latin-9",
    "utf-8": "UTF-8",
}


class Plan(BaseModel):
    """Choices are keyed by the id that the source gave. A missing key means: create it.

    `field_types` gives custom fields another type than the export tells, where it fits (see `defined.fitting`).

    `default_location` is a Caspen location id or, as `source:ID`, a business of the export.
    `leave_out_before` leaves out appointments (and what hangs on them) that start before it, in UTC.
    `file_kinds` says what a file is, by its path, or LEAVE_OUT. `column_pairs` says per file and header which field a
    column fills; "" is none, and a column without a header is `Column 3`. `headerless` are files of which the first
    row is data already. `file_encodings` says per file how its letters are stored, where the file leaves that open.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    timezone: str = "Australia/Sydney"
    country: str = "AU"
    locations: dict[str, Choice] = {}
    users: dict[str, Choice] = {}
    practitioners: dict[str, Choice] = {}
    services: dict[str, Choice] = {}
    clients: dict[str, Choice] = {}
    fields: dict[str, Choice] = {}
    field_types: dict[str, ChosenType] = {}
    service_kinds: dict[str, Literal["appointment", "activity"]] = {}
    default_location: str | None = None
    leave_out_kinds: tuple[str, ...] = ()
    leave_out_before: datetime | None = None
    file_kinds: dict[str, str] = {}
    column_pairs: dict[str, dict[str, str]] = {}
    headerless: tuple[str, ...] = ()
    file_encodings: dict[str, Encoding] = {}
    acknowledged_absent: tuple[str, ...] = ()

    def canonical(self) -> str:
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def fingerprint(self) -> str:
        """blake2b-128 of the canonical JSON, as hex."""
        return hashlib.blake2b(self.canonical().encode(), digest_size=16).hexdigest()

    def choice(self, kind: str, source_id: str) -> Choice:
        """The clinic's choice for one thing of a kind that has choices."""
        if kind not in CHOSEN:
            return CREATE
        chosen: dict[str, Choice] = getattr(self, CHOSEN[kind])
        return chosen.get(source_id, CREATE)


CREATE = Choice(to="create")
LEAVE_OUT = "leave_out"  # what `file_kinds` says of a file that is not to be read
CHOSEN = {
    "businesses": "locations",
    "users": "users",
    "practitioners": "practitioners",
    "appointment_types": "services",
    "patients": "clients",
    "custom_fields": "fields",
}
