"""Patient form templates."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.bundle import Shape
from app.sources.cliniko.sample.children import CONFLICT, DELETED, TWICE, planted_rows
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.kinds.treatment_note_templates import apply_template_plant
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import ARCHIVED, CREATED, UPDATED, CellForm, SampleColumn, SampleValue
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World
from app.sources.cliniko.sample.written_content import form_questions

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("name"),
    SampleColumn("content", CellForm.JSON),
    SampleColumn("restricted_to_practitioner", CellForm.BOOL, key="restricted"),
    SampleColumn("email_to_patient_on_completion", CellForm.BOOL, key="email"),
    ARCHIVED,
    CREATED,
    UPDATED,
    DELETED_AT,
)
PLANTS = (
    Plant("same_name", ("duplicate_name",)),
    Plant("empty", ("template_empty",)),
    Plant("not_json", ("bad_json",), "held"),
    Plant("odd_question", ("question_type_unknown",)),
    Plant("script", ("html_sanitised",)),
    Plant("archived"),
    TWICE,
    CONFLICT,
    DELETED,
)
NAMES = ("New client details", "Consent to treatment", "Exercise diary", "Feedback")
"""Two templates have the last name, so that forms of that name match no template."""
_KEY = "patient_form_templates"


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each template and each plant."""
    by_api = world.is_api_file(False)
    odd = [Planted(plant, turn) for turn in range(world.size.few) for plant in PLANTS if by_api or not plant.by_api]
    among = len(NAMES) + len(odd)
    for index, planted in enumerate((*(None for _ in NAMES), *odd)):
        name = planted.plant.name if planted else ""
        values: dict[str, SampleValue] = {
            "id": world.source_id(_KEY, index, among),
            "name": f"{name.replace('_', ' ').capitalize()} form {planted.turn + 1}" if planted else NAMES[index],
            "content": form_questions(),
            "restricted": index % 2 == 1,
            "email": index % 3 == 0,
            "created_at": datetime(2018, 2, 1 + index % 27, 1, 0, tzinfo=UTC),
            "updated_at": datetime(2022, 2, 1 + index % 27, 1, 0, tzinfo=UTC),
        }
        older = values | {"updated_at": datetime(2021, 2, 1, tzinfo=UTC), "content": {"sections": []}}
        if planted:
            apply_template_plant(values, planted, NAMES)
        yield from planted_rows(str(values["id"]), values, planted, records=("form_templates",), older=older)


KIND = SampleKind(_KEY, "Patient form templates", COLUMNS, rows, shape=Shape.ARRAY, folder="Patient form templates")
