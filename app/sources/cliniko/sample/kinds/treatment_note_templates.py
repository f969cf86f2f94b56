"""Treatment note templates."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.children import CONFLICT, DELETED, TWICE, planted_rows
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import ARCHIVED, CREATED, UPDATED, CellForm, SampleColumn, SampleValue
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World
from app.sources.cliniko.sample.written_content import NOT_JSON, note_questions, odd_question

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("name"),
    SampleColumn("content", CellForm.JSON),
    SampleColumn("print_settings", CellForm.JSON),
    ARCHIVED,
    CREATED,
    UPDATED,
    DELETED_AT,
)
PLANTS = (
    Plant("same_name", ("duplicate_name",)),
    Plant("printed", ("print_settings_not_imported",)),
    Plant("empty", ("template_empty",)),
    Plant("not_json", ("bad_json",), "held"),
    Plant("odd_question", ("question_type_unknown",)),
    Plant("script", ("html_sanitised",)),
    Plant("archived"),
    TWICE,
    CONFLICT,
    DELETED,
)
NAMES = ("Initial assessment", "Standard consultation", "Shoulder review", "Discharge")
_KEY = "treatment_note_templates"


def _among(world: World) -> int:
    return len(NAMES) + world.size.few * len(PLANTS)


def note_template_of(world: World, turn: int) -> str:
    """The id of a template without a plant."""
    return world.source_id(_KEY, turn % len(NAMES), _among(world))


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each template and each plant."""
    by_api = world.is_api_file(False)
    odd = [Planted(plant, turn) for turn in range(world.size.few) for plant in PLANTS if by_api or not plant.by_api]
    for index, planted in enumerate((*(None for _ in NAMES), *odd)):
        name = planted.plant.name if planted else ""
        values: dict[str, SampleValue] = {
            "id": world.source_id(_KEY, index, _among(world)),
            "name": f"{name.replace('_', ' ').capitalize()} {planted.turn + 1}" if planted else NAMES[index],
            "content": note_questions(),
            "created_at": datetime(2018, 2, 1 + index % 27, 1, 0, tzinfo=UTC),
            "updated_at": datetime(2022, 2, 1 + index % 27, 1, 0, tzinfo=UTC),
        }
        older = values | {"updated_at": datetime(2021, 2, 1, tzinfo=UTC), "content": {"sections": []}}
        if planted:
            apply_template_plant(values, planted, NAMES)
            values["print_settings"] = {"title": "Clinical record", "show_logo": True} if name == "printed" else None
        yield from planted_rows(str(values["id"]), values, planted, records=("progress_note_templates",), older=older)


def apply_template_plant(values: dict[str, SampleValue], planted: Planted, names: tuple[str, ...]) -> None:
    """Change the cells of a template of notes or forms as its plant requires."""
    name = planted.plant.name
    if name == "same_name":
        values["name"] = names[-1]
    elif name == "empty":
        values["content"] = {"sections": []}
    elif name == "not_json":
        values["content"] = NOT_JSON
    elif name == "odd_question":
        values["content"] = odd_question()
    elif name == "script":
        values["content"] = note_questions("<div>Ask first.</div><script>fetch('//evil.example')</script>")
    elif name == "archived":
        values["archived_at"] = datetime(2024, 1, 9, 23, 0, tzinfo=UTC)
    elif name == "deleted":
        values["deleted_at"] = datetime(2024, 1, 9, 23, 0, tzinfo=UTC)


KIND = SampleKind(_KEY, "Treatment note templates", COLUMNS, rows, shape=Shape.ARRAY, folder="Treatment note templates")
