"""Custom field values: answers in a file of their own."""

from collections.abc import Iterator
from datetime import date, timedelta

from app.sources.cliniko.sample.children import MERGED, TWICE, client_of, of_clients, planted_rows
from app.sources.cliniko.sample.fields import CELLS, FIELDS, answered, token
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import CellForm, SampleColumn, SampleValue, texts
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("patient_id", CellForm.ID),
    *texts("field_token", "field_name", "value", "option_tokens", "other_value"),
)
PLANTS = (
    *of_clients("custom_value_without_patient"),
    *MERGED,
    Plant("no_field", ("custom_field_undefined",)),
    Plant("by_name"),
    Plant("two_names", ("custom_field_ambiguous",), "held"),
    Plant("bad_date", ("custom_value_bad_date",)),
    Plant("new_option", ("custom_option_added",)),
    Plant("other_value"),
    Plant("other_than_cell", ("custom_value_conflict",)),
    TWICE,
)
_KEY = "custom_field_values"
_DATE, _GOALS, _INTERESTS, _CLUB = 3, 4, 5, 6


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each client, so that no two rows have the same client and field; fields alternate."""
    elsewhere = sum(_own_client(plant) and (world.patients_api or not plant.api_only) for plant in PLANTS)
    among = world.size.patients - len(world.patients) + world.size.few * elsewhere
    plants = world.planted(_KEY, PLANTS, among, by_api=False)
    people = world.plain_patients(0)
    with_cells = (index for index in world.plain_patients(0) if answered(index))
    for index in range(among):
        planted = plants.get(index)
        name = planted.plant.name if planted else ""
        if name == "other_than_cell":
            patient = next(with_cells)
        else:
            patient = 0 if planted and _own_client(planted.plant) else next(people)
        number, answer = _answer(index)
        records: tuple[str, ...] = (_KEY,)
        shared: dict[str, tuple[str, ...]] = {}
        if planted:
            number, answer = _odd(planted, number, answer)
            if name in ("no_field", "bad_date"):
                shared = {"custom_fields": (f"{name} {planted.turn if name == 'no_field' else ''}",)}
            records = () if name == "other_than_cell" else records
        client = client_of(world, planted, patient)
        values: dict[str, SampleValue] = {
            "patient_id": client,
            "field_token": None if name in ("by_name", "two_names") else token(number),
            "field_name": FIELDS[number].name if number < len(FIELDS) else f"Old question {number}",
            **answer,
        }
        yield from planted_rows(
            f"{client}/{values['field_token'] or ''}", values, planted, records=records, shared=shared
        )


def _own_client(plant: Plant) -> bool:
    """Whether the plant needs none of the ordinary clients."""
    return plant.name.startswith("of_") or plant.name in ("no_patient", "other_than_cell")


def _answer(index: int) -> tuple[int, dict[str, SampleValue]]:
    number = (_DATE, _GOALS, _INTERESTS, _CLUB)[index % 4]
    if number == _DATE:
        return number, {"value": (date(2019, 2, 3) + timedelta(days=index % 2000)).isoformat()}
    if number == _GOALS:
        return number, {"value": "Walk to the lighthouse.\nCarry the shopping up the stairs."}
    if number == _INTERESTS:
        return number, {"option_tokens": f"{token(number, 0)}|{token(number, 1)}" if index % 3 else token(number, 1)}
    return number, {"value": "Harbour Swimmers"}


def _odd(planted: Planted, number: int, answer: dict[str, SampleValue]) -> tuple[int, dict[str, SampleValue]]:
    name, turn = planted.plant.name, planted.turn
    if name == "no_field":
        return len(FIELDS) + 100 + turn, {"value": "Left handed"}
    if name in ("of_merged", "of_merged_twice"):
        return (_GOALS if name == "of_merged" else _CLUB), {"value": "Back in the choir."}
    if name == "by_name":
        return _GOALS, {"value": "Dance at the wedding."}
    if name == "two_names":
        return _CLUB, {"value": "Chess"}
    if name == "bad_date":
        return _DATE, {"value": "two summers ago"}
    if name == "new_option":
        return _INTERESTS, {"option_tokens": f"Rowing {turn}"}
    if name == "other_value":
        return _INTERESTS, {"option_tokens": token(_INTERESTS, 0), "other_value": "Croquet"}
    if name == "other_than_cell":
        return CELLS[0][0], {"value": f"In the garden {turn}"}
    return number, answer


KIND = SampleKind(_KEY, "Custom field values", COLUMNS, rows, folder="People")
