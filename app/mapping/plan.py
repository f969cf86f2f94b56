"""The clinic's decisions about its export: who is who in Caspen, what is left out, and the clinic's answers.

The plan is plain data with a fingerprint, so that a trial and its approval name the plan that they used.
"""

import hashlib
import json
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from app.mapping.kind_roles import CHOSEN, KindRole


class Choice(BaseModel):
    """What the clinic decided about one location, user, practitioner, service, client or custom field.

    * `to`: "match" an object of the workspace, "create" it, or "leave_out". "wait": a client who may be a client of the
      workspace, until the clinic decides.
    * `id`: the Caspen id for "match".
    * `whom`: the name that the source id had when a person chose. The choice is valid only while the id has this name.
      For a client it is IDENTITY, because a plan contains no names of clients. Empty in a plan file: always valid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Literal["match", "create", "leave_out", "wait"]
    id: str | None = None
    whom: str = ""

    @model_serializer(mode="wrap")
    def _without_empty_name(self, serialise: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leaves out an empty `whom`, so that fingerprints of older plans stay the same."""
        written: dict[str, object] = serialise(self)
        return written if self.whom else {name: value for name, value in written.items() if name != "whom"}


IDENTITY = "identity"
"""`Choice.whom` for a client: the choice is valid while the row has the same name and date of birth."""

ChosenType = Literal["number", "yes_no", "dropdown"]
"""Types that a clinic may choose for a custom field before the first import. Afterwards the type is fixed."""


Encoding = Literal["utf-8", "cp1252", "mac_roman", "iso8859-15"]
"""Encodings that a clinic may choose for a file whose bytes do not prove the encoding."""
ENCODINGS: dict[str, str] = {
    "cp1252": "Windows-1252",
    "mac_roman": "MacRoman",
    "iso8859-15": "Latin-9",
    "utf-8": "UTF-8",
}


OF_THE_EXPORT = "source:"
"""The beginning of a plan's default location that is a location of the export; its id follows."""


class Plan(BaseModel):
    """The clinic's decisions. Choices are keyed by source id; without a choice, the thing is created.

    * `field_types`: the type of custom fields whose type the clinic changed (see `defined.fitting`).
    * `default_location`: a Caspen location id, or `source:ID` for a location of the export.
    * `leave_out_before`: appointments that start before this moment (UTC) are left out, with everything that belongs to
      them.
    * `file_kinds`: by path, the kind of a file, or LEAVE_OUT.
    * `column_pairs`: by path and header, the attribute that a column fills; "" for none. A column without a header is
      `Column 3`.
    * `headerless`: paths of files whose first row is data.
    * `file_encodings`: by path, the encoding of a file whose bytes do not prove it.
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
        """The plan as JSON with sorted keys and no spaces, the input of the fingerprint."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, separators=(",", ":"))

    def fingerprint(self) -> str:
        """blake2b-128 of the canonical JSON, as hex."""
        return hashlib.blake2b(self.canonical().encode(), digest_size=16).hexdigest()

    def choice(self, role: KindRole | None, source_id: str) -> Choice:
        """The clinic's choice for a thing of a kind with this role; CREATE without a choice and for other roles."""
        if role not in CHOSEN:
            return CREATE
        chosen: dict[str, Choice] = getattr(self, role)
        return chosen.get(source_id, CREATE)


CREATE = Choice(to="create")
LEAVE_OUT = "leave_out"  # in `Plan.file_kinds`: the file is not read
