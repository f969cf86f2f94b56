"""Tidewater: a source of eight kinds, each with a name, columns and headers that the first source does not have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from app.mapping.columns import Column, Link
from app.mapping.context import Context
from app.mapping.decisions import decided, name_key, named_id
from app.mapping.defined import Defined, fitting
from app.mapping.export_guide import ExportGuide
from app.mapping.html import escaped
from app.mapping.ids import link, token
from app.mapping.json_cells import parse_json, words_in
from app.mapping.kind import CountableKind, Kind, Source, UsedFeature
from app.mapping.kind_roles import KindRole
from app.mapping.layout import Layout
from app.mapping.lookups import Lookups
from app.mapping.moments import day, timestamp
from app.mapping.numbers import whole
from app.mapping.raw_format import RawFormat
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import cut, string, verbatim
from app.mapping.traits import (
    Filing,
    Identity,
    Mention,
    Names,
    Naming,
    PageColumns,
    QuestionColumns,
    Recognition,
)
from app.mapping.verified_kinds import VerifiedKind, link_to, moment, words
from app.mapping.verified_kinds import day as day_of
from app.problems import Problem

Words = str | None
NO_TAX = "No tax"
ONE_CATEGORY = "Offerings"
TEXT = "short_text"


def key(header: str) -> Column:
    """The column of a row's own id, which begins with a letter in this source."""
    return Column(token, header, is_key=True)


@dataclass(frozen=True, kw_only=True)
class Harbour:
    """A place."""

    harbour_ref: Annotated[str, key("Harbour Ref")] = ""
    signboard: Annotated[Words, Column(string, "Signboard")] = None


def harbour_records(row: Harbour, joined: Joined, lookups: Lookups) -> Result:
    """The location."""
    if (other := decided(KindRole.LOCATION, row.harbour_ref, lookups)) is not None:
        return other
    values: dict[str, Value] = {
        "name": cut(row.signboard) or "Harbour",
        "timezone": lookups.plan.timezone,
        "country_code": lookups.plan.country,
        "address": {},
        "status": "active",
    }
    return Mapped((Record("locations", "harbours", row.harbour_ref, values),))


HARBOURS = Kind(
    name="harbours",
    role=KindRole.LOCATION,
    label="Locations",
    source_label="Harbours",
    source_location="Tidewater > Hand over",
    recognition=Recognition(lambda headers: {"harbourref", "signboard"} <= headers, ("harbours",), ("harbours",)),
    row=Harbour,
    to_records=harbour_records,
    tables=("locations",),
    names=Names(name_of=lambda row: row.signboard, are_unique=True),
)


@dataclass(frozen=True, kw_only=True)
class Deckhand:
    """A person who treats."""

    deckhand_ref: Annotated[str, key("Deckhand Ref")] = ""
    spoken_name: Annotated[Words, Column(string, "Spoken Name")] = None


def deckhand_records(row: Deckhand, joined: Joined, lookups: Lookups) -> Result:
    """The practitioner, with a user who cannot sign in."""
    if (other := decided(KindRole.PRACTITIONER, row.deckhand_ref, lookups)) is not None:
        return other
    first, _, last = (row.spoken_name or "").rpartition(" ")
    user: dict[str, Value] = {
        "first_name": cut(first) or "-",
        "last_name": cut(last) or "-",
        "role": "practitioner",
        "invite_state": "not_invited",
        "active": False,
    }
    values: dict[str, Value] = {
        "user_id": lookups.ids.derive("users", "deckhands", row.deckhand_ref),
        "display_name": cut(row.spoken_name) or "Deckhand",
        "active": True,
        "online_booking": False,
    }
    return Mapped(
        (
            Record("practitioners", "deckhands", row.deckhand_ref, values),
            Record("users", "deckhands", row.deckhand_ref, user),
        )
    )


DECKHANDS = Kind(
    name="deckhands",
    role=KindRole.PRACTITIONER,
    label="Practitioners",
    source_label="Deckhands",
    source_location="Tidewater > Hand over",
    recognition=Recognition(lambda headers: {"deckhandref", "spokenname"} <= headers, ("deckhands",), ("deckhands",)),
    row=Deckhand,
    to_records=deckhand_records,
    tables=("practitioners", "users"),
    names=Names(name_of=lambda row: row.spoken_name, are_people=True),
)


@dataclass(frozen=True, kw_only=True)
class Offering:
    """Something that a clinic offers."""

    offering_ref: Annotated[str, key("Offering Ref")] = ""
    wording: Annotated[Words, Column(string, "Wording")] = None
    minutes_long: Annotated[int | None, Column(whole, "Minutes Long")] = None


def offering_records(row: Offering, joined: Joined, lookups: Lookups) -> Result:
    """The service, in the one category."""
    if (other := decided(KindRole.SERVICE, row.offering_ref, lookups)) is not None:
        return other
    values: dict[str, Value] = {
        "kind": lookups.plan.service_kinds.get(row.offering_ref, "appointment"),
        "name": cut(row.wording) or "Offering",
        "category_id": named_id("categories", "offerings", ONE_CATEGORY, lookups),
        "tax_id": named_id("taxes", "offerings", NO_TAX, lookups),
        "duration": row.minutes_long or 30,
        "price": Decimal(0),
        "price_unit": "fixed",
        "practitioner_ids": [],
        "online_booking": False,
        "status": "active",
    }
    return Mapped((Record("services", "offerings", row.offering_ref, values),))


def category(mention: Mention, lookups: Lookups) -> Record:
    return Record("categories", "offerings", mention.key, {"kind": "appointment", "name": mention.name})


def no_tax(mention: Mention, lookups: Lookups) -> Record:
    return Record("taxes", "offerings", mention.key, {"name": mention.name, "rate": Decimal(0)})


OFFERINGS = Kind(
    name="offerings",
    role=KindRole.SERVICE,
    label="Services",
    source_label="Offerings",
    source_location="Tidewater > Hand over",
    recognition=Recognition(lambda headers: {"offeringref", "wording"} <= headers, ("offerings",), ("offerings",)),
    row=Offering,
    to_records=offering_records,
    tables=("services", "activities", "categories", "taxes"),
    names=Names(name_of=lambda row: row.wording, are_unique=True),
    naming=Naming(
        mentions=lambda row: (
            Mention("categories", name_key(ONE_CATEGORY), ONE_CATEGORY),
            Mention("taxes", name_key(NO_TAX), NO_TAX),
        ),
        record_makers={"categories": category, "taxes": no_tax},
    ),
)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of the clinic's own."""

    question_ref: Annotated[str, key("Question Ref")] = ""
    asked_as: Annotated[Words, Column(string, "Asked As")] = None


def question_records(row: Question, joined: Joined, lookups: Lookups) -> Result:
    """The custom field, a text."""
    if (other := decided(KindRole.FIELD, row.question_ref, lookups)) is not None:
        return other
    known = lookups.fields.get(row.question_ref)
    values: dict[str, Value] = {
        "name": cut(row.asked_as) or "Question",
        "type": known.type if known else TEXT,
        "options": [],
    }
    return Mapped((Record("custom_fields", "extra_questions", row.question_ref, values),))


def questions_of(
    rows: Iterable[tuple[str, Any]], context: Context, types: Mapping[str, str], brought: Mapping[str, Defined]
) -> dict[str, Defined]:
    """The custom fields: each a text, unless the clinic chose another type."""
    fields = {}
    for _, row in rows:
        there = brought.get(row.question_ref)
        chosen = there.type if there else types.get(row.question_ref, TEXT)
        type_ = chosen if chosen in fitting(TEXT) else TEXT
        fields[row.question_ref] = Defined(row.asked_as or "Question", type_, own="" if type_ == TEXT else TEXT)
    return fields


QUESTIONS = Kind(
    name="extra_questions",
    role=KindRole.FIELD,
    label="Custom fields",
    source_label="Extra questions",
    source_location="Tidewater > Hand over",
    recognition=Recognition(
        lambda headers: {"questionref", "askedas"} <= headers, ("extra questions",), ("extra_questions",)
    ),
    row=Question,
    to_records=question_records,
    tables=("custom_fields",),
    names=Names(name_of=lambda row: row.asked_as),
    questions=QuestionColumns(columns=lambda headers: headers),
)


@dataclass(frozen=True, kw_only=True)
class Soul:
    """A person who is treated."""

    soul_ref: Annotated[str, key("Soul Ref")] = ""
    given: Annotated[Words, Column(string, "Given")] = None
    family: Annotated[Words, Column(string, "Family")] = None
    birthday: Annotated[date | None, Column(day, "Birthday")] = None


def soul_records(row: Soul, joined: Joined, lookups: Lookups) -> Result:
    """The client."""
    values: dict[str, Value] = {
        "first_name": cut(row.given) or "-",
        "last_name": cut(row.family) or "-",
        "date_of_birth": row.birthday,
        "status": "active",
    }
    return Mapped((Record("clients", "souls", row.soul_ref, values),))


SOULS = Kind(
    name="souls",
    role=KindRole.CLIENT,
    label="Clients",
    source_label="Souls",
    source_location="Tidewater > Hand over",
    recognition=Recognition(lambda headers: {"soulref", "family"} <= headers, ("souls",), ("souls",)),
    row=Soul,
    to_records=soul_records,
    tables=("clients",),
)


@dataclass(frozen=True, kw_only=True)
class Sailing:
    """A visit."""

    sailing_ref: Annotated[str, key("Sailing Ref")] = ""
    aboard: Annotated[Link | None, link("souls", "Aboard", required=True, destination="appointments.client_id")] = None
    at_helm: Annotated[Link | None, link("deckhands", "At Helm", required=True)] = None
    from_harbour: Annotated[Link | None, link("harbours", "From Harbour", required=True)] = None
    as_offered: Annotated[Link | None, link("offerings", "As Offered", required=True)] = None
    leaves_at: Annotated[datetime | None, Column(timestamp, "Leaves At")] = None
    back_at: Annotated[datetime | None, Column(timestamp, "Back At")] = None

    @property
    def starts_at(self) -> datetime | None:
        return self.leaves_at

    @property
    def ends_at(self) -> datetime | None:
        return self.back_at


def sailing_records(row: Sailing, joined: Joined, lookups: Lookups) -> Result:
    """The appointment."""
    if row.leaves_at is None or row.back_at is None:
        return NotMapped(Outcome.HELD, Problem("bad_date", "sailings", source_id=row.sailing_ref))
    values: dict[str, Value] = {
        "client_id": joined.targets["aboard"].id,
        "practitioner_id": joined.targets["at_helm"].id,
        "location_id": joined.targets["from_harbour"].id,
        "service_id": joined.targets["as_offered"].id,
        "starts_at": row.leaves_at,
        "ends_at": row.back_at,
        "duration": int((row.back_at - row.leaves_at).total_seconds() // 60),
        "status": "pending",
        "reminders_enabled": False,
    }
    return Mapped((Record("appointments", "sailings", row.sailing_ref, values),))


SAILINGS = Kind(
    name="sailings",
    role=KindRole.VISIT,
    label="Appointments",
    source_label="Sailings",
    source_location="Tidewater > Hand over",
    recognition=Recognition(lambda headers: {"sailingref", "leavesat"} <= headers, ("sailings",), ("sailings",)),
    row=Sailing,
    to_records=sailing_records,
    tables=("appointments",),
)


@dataclass(frozen=True, kw_only=True)
class Logbook:
    """A note, from a list or from a page of its own."""

    logbook_ref: Annotated[str, key("Logbook Ref")] = ""
    written_of: Annotated[
        Link | None, link("souls", "Written Of", required=True, destination="progress_notes.client_id")
    ] = None
    headline: Annotated[Words, Column(string, "Headline")] = None
    entry: Annotated[Words, Column(verbatim, "Entry", raw=True)] = None
    pages_body: Annotated[Words, Column(verbatim, raw=True, set_by_reading=True)] = None
    pages_key: Annotated[Words, Column(string, set_by_reading=True)] = None
    noted_at: Annotated[datetime | None, Column(timestamp, "Noted At")] = None


def logbook_records(row: Logbook, joined: Joined, lookups: Lookups) -> Result:
    """The progress note."""
    if row.noted_at is None:
        return NotMapped(Outcome.HELD, Problem("bad_date", "logbooks", source_id=row.logbook_ref))
    body = escaped(row.entry or "")
    if row.pages_body:
        body = "<br>".join(escaped(words) for words in words_in(parse_json(row.pages_body), aside=()))
    values: dict[str, Value] = {
        "client_id": joined.targets["written_of"].id,
        "title": cut(row.headline) or "Logbook",
        "body": f"<p>{body}</p>",
        "note_date": row.noted_at,
        "state": "final",
    }
    return Mapped((Record("progress_notes", "logbooks", row.logbook_ref, values),))


LOGBOOKS = Kind(
    name="logbooks",
    role=KindRole.NOTE,
    label="Progress notes",
    source_label="Logbooks",
    source_location="Tidewater > Hand over",
    recognition=Recognition(lambda headers: {"logbookref", "writtenof"} <= headers, ("logbooks",), ("logbooks",)),
    row=Logbook,
    to_records=logbook_records,
    tables=("progress_notes",),
    identity=Identity(generated_key="pages_key"),
    pages=PageColumns(
        key="logbook_ref",
        owner="written_of",
        title="headline",
        content="pages_body",
        day="noted_at",
        made_key="pages_key",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document in a person's folder."""

    paper_ref: Annotated[str, key("Paper Ref")] = ""
    paper_of: Annotated[Link | None, link("souls", "Paper Of", required=True, destination="files.client_id")] = None
    filename: Annotated[Words, Column(verbatim, "Paper Name", raw=True)] = None
    path: Annotated[Words, Column(verbatim, "Kept At", raw=True)] = None
    found_key: Annotated[Words, Column(string, set_by_reading=True)] = None
    found_path: Annotated[Words, Column(verbatim, set_by_reading=True)] = None
    found_root: Annotated[Words, Column(string, set_by_reading=True)] = None
    found_size: Annotated[int | None, Column(whole, set_by_reading=True)] = None
    found_sha256: Annotated[Words, Column(string, set_by_reading=True)] = None
    found_type: Annotated[Words, Column(string, set_by_reading=True)] = None
    found_code: Annotated[Words, Column(string, set_by_reading=True)] = None
    drawer_of: Annotated[Link | None, Column(key("").read, set_by_reading=True)] = None
    folder_name: Annotated[Words, Column(string, set_by_reading=True)] = None
    folder_below: Annotated[Words, Column(string, set_by_reading=True)] = None
    by_drawer: Annotated[Words, Column(string, set_by_reading=True)] = None


def paper_records(row: Paper, joined: Joined, lookups: Lookups) -> Result:
    """The file, for staff only."""
    if row.found_sha256 is None or row.found_size is None:
        return NotMapped(Outcome.HELD, Problem("file_missing", "ship_papers", source_id=row.paper_ref))
    values: dict[str, Value] = {
        "client_id": joined.targets["paper_of"].id,
        "name": (row.filename or row.found_path or "paper").rpartition("/")[2],
        "folder": "Tidewater",
        "visibility": "private",
        "size": row.found_size,
        "content_type": row.found_type or "application/octet-stream",
        "sha256": row.found_sha256,
    }
    return Mapped((Record("files", "ship_papers", row.paper_ref, values),))


PAPERS = Kind(
    name="ship_papers",
    role=KindRole.FILE,
    label="Files",
    source_label="Papers",
    source_location="Tidewater > Hand over",
    recognition=Recognition(lambda headers: {"paperref", "paperof"} <= headers, ("ship_papers",), ("ship_papers",)),
    row=Paper,
    to_records=paper_records,
    tables=("files",),
    identity=Identity(generated_key="found_key"),
    filing=Filing(
        owner_link="paper_of",
        folder_link="drawer_of",
        conflict_code="file_patient_conflict",
        folder_name_code="file_patient_by_name",
        duplicate_code="duplicate_file",
        renamed_code="file_renamed",
        unlisted_code="file_not_in_index",
        from_folder_column="by_drawer",
    ),
)


VERIFIED_KINDS = (
    VerifiedKind(
        "souls",
        "clients",
        (words("first_name", "given"), words("last_name", "family"), day_of("date_of_birth", "birthday")),
        key="soul_ref",
        has_own_record=True,
        required=("family",),
    ),
    VerifiedKind(
        "sailings",
        "appointments",
        (
            link_to("client_id", "clients", "souls", "aboard"),
            moment("starts_at", "leaves_at"),
            moment("ends_at", "back_at"),
        ),
        key="sailing_ref",
        required=("leaves_at",),
    ),
)
UNVERIFIED = {
    "harbours": "The clinic decides what becomes of a place.",
    "deckhands": "The clinic decides what becomes of a person.",
    "offerings": "The clinic decides what becomes of an offering.",
    "extra_questions": "The clinic chooses the type of a question.",
    "logbooks": "A note is converted to HTML.",
    "ship_papers": "A document has no cells.",
}

SOURCE = Source(
    name="tidewater",
    label="Tidewater",
    kinds=(HARBOURS, DECKHANDS, OFFERINGS, QUESTIONS, SOULS, SAILINGS, LOGBOOKS, PAPERS),
    layout=Layout(files=frozenset({"drawers"}), notes=frozenset({"logs"}), same_words={"passenger": "soul"}),
    raw_format=RawFormat(relations=frozenset({"aboard", "athelm", "crew"}), lists=frozenset({"crews"})),
    uses=(
        UsedFeature("sailings", "Sailings", ("sailings",), "Every trip of a soul.", usual=True),
        UsedFeature("logbooks", "Logbooks", ("logbooks",), usual=True),
        UsedFeature("ship_papers", "Papers", ("ship_papers",)),
        UsedFeature("extra_questions", "Extra questions", ("extra_questions",)),
    ),
    counts=(CountableKind("souls", "Souls", "Open Souls. The total is below the list."),),
    export_guide=ExportGuide(("Open |Hand over| and press |Everything|.",), support="at the harbour office"),
    verified_kinds=VERIFIED_KINDS,
    unverified=UNVERIFIED,
    fields_of=questions_of,
)
