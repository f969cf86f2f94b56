"""The custom fields of the invented clinic, and its clients' answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.sources.cliniko.sample.sample_columns import CellForm, SampleColumn, SampleValue


@dataclass(frozen=True)
class Field:
    """One custom field; `type` is a type of question of Cliniko's API."""

    section: str
    name: str
    type: str
    options: tuple[str, ...] = ()
    other: bool = False
    archived: bool = False
    in_cells: bool = False
    """Answered in the patients file; other fields are answered in the file of custom field values."""


FIELDS = (
    Field("Sport", "Preferred exercise place", "text", in_cells=True),
    Field("Sport", "Sport level", "radiobuttons", ("None", "Weekends", "Competitive"), in_cells=True),
    Field("Sport", "Equipment at home", "checkboxes", ("Bands", "Foam roller", "Dumbbells, pair"), True, in_cells=True),
    Field("History", "Surgery date", "date"),
    Field("History", "Goals", "paragraph"),
    Field("History", "Interests", "checkboxes", ("Walking", "Swimming", "Cycling"), other=True),
    Field("Sport", "Club", "text"),
    Field("Social", "Club", "text"),
    Field("Social", "Comfort level", "slider"),
    Field("History", "Old questionnaire", "radiobuttons", ("Yes", "No"), archived=True),
)
PLACES = ("At home", "In the gym", "On the beach", "In the pool")
CELLS = tuple((number, field) for number, field in enumerate(FIELDS) if field.in_cells)
CUSTOM_COLUMNS = (
    *(
        SampleColumn("custom", only="native", key=f"custom_{number}", other_native_header=f"Custom: {field.name}")
        for number, field in CELLS
    ),
    SampleColumn("custom_fields", CellForm.JSON),
)


def token(number: int, option: int | None = None) -> str:
    """The token of a field, or of one of its options."""
    return f"{number + 1:08x}-5c1d-4e2b-9a3f-{0 if option is None else option + 1:012x}"


def section_token(section: str) -> str:
    """The token of a section."""
    return f"{len(section):08x}-77aa-4c10-8d2e-000000000000"


def answered(index: int) -> bool:
    """Whether a client has answers in the patients file."""
    return index % 4 == 1


def own_cells(index: int) -> Mapping[str, SampleValue]:
    """One client's answers in the patients file: a column each (csv export), and nested by section (API)."""
    if not answered(index):
        return {}
    levels, things = FIELDS[CELLS[1][0]].options, FIELDS[CELLS[2][0]].options
    level = levels[index // 4 % len(levels)]
    many = (things[0], things[2]) if index % 8 == 1 else (things[1],)
    place = PLACES[index // 4 % len(PLACES)]
    first, second, third = (number for number, _ in CELLS)
    return {
        f"custom_{first}": place,
        f"custom_{second}": level,
        f"custom_{third}": " | ".join(many),
        "custom_fields": {
            "sections": [
                {
                    "name": "Sport",
                    "token": section_token("Sport"),
                    "fields": [
                        _named(first) | {"value": place},
                        _named(second) | {"options": _chosen(second, (level,))},
                        _named(third) | {"options": _chosen(third, many), "other": {"enabled": True}},
                    ],
                }
            ]
        },
    }


def _named(number: int) -> dict[str, SampleValue]:
    return {"name": FIELDS[number].name, "token": token(number), "type": FIELDS[number].type}


def _chosen(number: int, wanted: tuple[str, ...]) -> list[dict[str, SampleValue]]:
    return [
        {"name": option, "token": token(number, place)} | ({"selected": True} if option in wanted else {})
        for place, option in enumerate(FIELDS[number].options)
    ]
