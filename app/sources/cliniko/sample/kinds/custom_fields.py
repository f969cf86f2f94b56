"""The clinic's own questions: a row for each option, or one for a field that has none."""

from collections.abc import Iterator

from app.sources.cliniko.sample.columns import Column, Form
from app.sources.cliniko.sample.fields import FIELDS, section_token, token
from app.sources.cliniko.sample.kinds.kind import SampleKind
from app.sources.cliniko.sample.row import Row
from app.sources.cliniko.sample.world import World

COLUMNS = (
    Column("section_token", "Section Token", "section_token"),
    Column("section_name", "Section Name", "section_name"),
    Column("field_token", "Field Token", "field_token"),
    Column("field_name", "Field Name", "field_name"),
    Column("field_type", "Field Type", "field_type"),
    Column("option_token", "Option Token", "option_token"),
    Column("option_name", "Option Name", "option_name"),
    Column("other_enabled", "Other Enabled", "other_enabled", Form.BOOL),
    Column("archived", "Archived", "archived", Form.BOOL),
)
_KEY = "custom_fields"


def rows(world: World) -> Iterator[Row]:
    values: dict[str, object] = {}
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
            yield Row(
                token(number),
                values,
                problems=("custom_field_type_unknown",) if unknown else (),
                shared_records={_KEY: (token(number),)},
                marks=("unknown_type",) if unknown else ("archived",) if field.archived else (),
            )
    for _ in range(world.size.few):
        yield Row(str(values["field_token"]), values, "skipped", ("duplicate_row",), marks=("twice",))


KIND = SampleKind(_KEY, "Custom fields", COLUMNS, rows, folder="Set up/From the interface")
