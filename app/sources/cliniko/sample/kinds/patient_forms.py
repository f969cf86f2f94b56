"""Patient forms: completed forms with signatures, and incomplete forms."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.children import CONFLICT, DELETED, MERGED, TWICE, client_of, of_clients, planted_rows
from app.sources.cliniko.sample.kinds.patient_form_templates import NAMES
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.pictures import as_uri, signature
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import CREATED, UPDATED, CellForm, SampleColumn, SampleValue
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World
from app.sources.cliniko.sample.written_content import LONG_ANSWER, NOT_JSON, filled_form, signature_id

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("patient_id", CellForm.LINK),
    SampleColumn("name"),
    SampleColumn("content", CellForm.JSON),
    SampleColumn("completed_at", CellForm.TIME),
    SampleColumn("booking_id", CellForm.LINK, to="bookings"),
    SampleColumn("attendee_id", CellForm.LINK),
    SampleColumn("restricted_to_practitioner", CellForm.BOOL, key="restricted"),
    SampleColumn("email_to_patient_on_completion", CellForm.BOOL, key="email"),
    SampleColumn("signatures", CellForm.JSON),
    SampleColumn("url"),
    CREATED,
    UPDATED,
    DELETED_AT,
)
PLANTS = (
    *of_clients("form_without_patient"),
    *MERGED,
    Plant("incomplete", ("form_incomplete",)),
    Plant("unsigned", ("signature_missing",)),
    Plant("unknown_booking", ("form_without_appointment",)),
    Plant("unknown_name"),
    Plant("restricted"),
    Plant("not_json", ("bad_json",), "held"),
    Plant("odd_question", ("question_type_unknown",)),
    Plant("two_radios", ("radio_multiple_selected",)),
    Plant("script", ("html_sanitised",)),
    Plant("long_answer", ("content_over_limit",)),
    TWICE,
    CONFLICT,
    DELETED,
)
_KEY = "patient_forms"
_TEMPLATES = NAMES[:-1]


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each form, and the second rows of plants."""
    forms = world.size.forms
    plants = world.planted(_KEY, PLANTS, forms, by_api=world.is_api_file(False))
    people = world.plain_patients(0)
    for index in range(forms):
        planted = plants.get(index)
        values = _plain(world, index) | {"patient_id": client_of(world, planted, next(people))}
        problems: tuple[str, ...] = ("form_template_matched_by_name",)
        older: dict[str, SampleValue] | None = None
        if planted:
            older = values | {"content": filled_form(index, "First answers."), "updated_at": values["created_at"]}
            _apply_plant(values, planted, index)
            problems = () if planted.plant.name == "unknown_name" else problems
        yield from planted_rows(str(values["id"]), values, planted, records=("forms",), problems=problems, older=older)


def _plain(world: World, index: int) -> dict[str, SampleValue]:
    sent = datetime(2022, 3, 1, 22, 0, tzinfo=UTC) + timedelta(hours=index * 40_000 // world.size.forms)
    done = sent + timedelta(hours=3)
    return {
        "id": world.source_id(_KEY, index, world.size.forms),
        "name": _TEMPLATES[index % len(_TEMPLATES)],
        "content": filled_form(index, ""),
        "completed_at": done,
        "restricted": False,
        "email": index % 2 == 0,
        "signatures": [{"id": signature_id(index), "image": as_uri(signature(index % 50))}],
        "url": f"https://harbourstreet.cliniko.example/forms/{world.mixed(index, 9):016x}",
        "created_at": sent,
        "updated_at": done,
    }


def _apply_plant(values: dict[str, SampleValue], planted: Planted, index: int) -> None:
    name, turn = planted.plant.name, planted.turn
    if name == "incomplete":
        values |= {"completed_at": None, "signatures": None}
    elif name == "unsigned":
        values["signatures"] = None
    elif name == "unknown_booking":
        values["booking_id"] = str(999_790_001 + turn)
    elif name == "unknown_name":
        values["name"] = f"Form of {2009 + turn}"
    elif name == "restricted":
        values["restricted"] = True
    elif name == "not_json":
        values["content"] = NOT_JSON
    elif name == "deleted":
        values["deleted_at"] = datetime(2026, 1, 9, 23, 0, tzinfo=UTC)
    elif name == "long_answer":
        values["content"] = filled_form(index, LONG_ANSWER)
    else:
        values["content"] = filled_form(index, "", odd=name)


KIND = SampleKind(_KEY, "Patient forms", COLUMNS, rows, shape=Shape.ARRAY, folder="Patient forms")
