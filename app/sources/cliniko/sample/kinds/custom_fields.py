"""Custom fields: a row for each option, or one row for a field without options."""

from collections.abc import Iterator

from app.sources.cliniko.sample.fields import FIELDS, section_token, token
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.sample_columns import CellForm, SampleColumn, SampleValue, texts
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    *texts("section_token", "section_name", "field_token", "field_name", "field_type", "option_token", "option_name"),
    SampleColumn("other_enabled", CellForm.BOOL),
    SampleColumn(
        "archived_at", CellForm.BOOL, key="archived", other_native_header="Archived", other_api_header="archived"
    ),
)
_KEY = "custom_fields"


def rows(world: World) -> Iterator[SampleRow]:
    """The rows of every field, and the repeated rows of the last option."""
    values: dict[str, SampleValue] = {}
    for number, field in enumerate(FIELDS):
        for place, option in enumerate(field.options or ("",)):
            values = {
                "section_token": section_token(field.section),
                "section_name": field.section,
                "field_token": token(number),
                "field_name": field.name,
                "field_type": field.type,
                "option_token": token(number, place) if option else None,
                "option_name": option,
                "other_enabled": field.other if option else None,
                "archived": field.archived or option == "Cycling",
            }
            unknown = field.type == "slider"
            yield SampleRow(
                token(number),
                values,
                problems=("custom_field_type_unknown",) if unknown else (),
                shared_records={_KEY: (token(number),)},
                marks=("unknown_type",) if unknown else ("archived",) if field.archived else (),
            )
    for _ in range(world.size.few):
        yield SampleRow(str(values["field_token"]), values, "skipped", ("duplicate_row",), marks=("twice",))


KIND = SampleKind(_KEY, "Custom fields", COLUMNS, rows, folder="Set up/From the interface")
