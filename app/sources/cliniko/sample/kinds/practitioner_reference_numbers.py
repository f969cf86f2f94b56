"""Practitioner reference numbers: one for each site, and one registration number."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.sources.cliniko.sample.children import DELETED, TWICE, planted_rows
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import CREATED, UPDATED, CellForm, SampleColumn, SampleValue, texts
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("practitioner_id", CellForm.LINK),
    SampleColumn("business_id", CellForm.LINK),
    *texts("name", "reference_number"),
    CREATED,
    UPDATED,
    DELETED_AT,
)
PLANTS = (
    Plant("no_practitioner", ("reference_number_without_practitioner",), "held"),
    Plant("no_business", ("location_unknown",)),
    Plant("no_number", ("empty_value",), "skipped"),
    Plant("leading_zeros"),
    TWICE,
    DELETED,
)
_KEY = "practitioner_reference_numbers"
_EACH = 3
"""Numbers for each practitioner: one for each of the two open sites, and one without a business."""


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each number and each plant."""
    by_api = world.is_api_file(False)
    ordinary = [(None, person, place) for person in world.treating for place in range(_EACH)]
    odd = [
        (Planted(plant, turn), world.treating[1], _EACH - 1)
        for turn in range(world.size.few)
        for plant in PLANTS
        if by_api or not plant.by_api
    ]
    for index, (planted, person, place) in enumerate((*ordinary, *odd)):
        key = world.source_id(_KEY, index, len(ordinary) + len(odd))
        values: dict[str, SampleValue] = {
            "id": key,
            "practitioner_id": world.practitioner_id(person),
            "business_id": world.business_id(place) if place < _EACH - 1 else None,
            "name": "Provider #" if place < _EACH - 1 else "Registration number",
            "reference_number": f"{900_000 + index * 7}{'ABFHJKLTWXY'[index % 11]}",
            "created_at": datetime(2019, 3, 4, 1, 0, index % 60, tzinfo=UTC),
            "updated_at": datetime(2024, 3, 4, 1, 0, index % 60, tzinfo=UTC),
        }
        if planted:
            _apply_plant(values, planted.plant.name, planted.turn)
        yield from planted_rows(key, values, planted, records=("provider_numbers",))


def _apply_plant(values: dict[str, SampleValue], name: str, turn: int) -> None:
    values["name"] = f"Fund {name.replace('_', ' ')} {turn + 1}"
    if name == "no_practitioner":
        values["practitioner_id"] = str(999_700_001 + turn)
    elif name == "no_business":
        values["business_id"] = str(999_710_001 + turn)
    elif name == "no_number":
        values["reference_number"] = None
    elif name == "leading_zeros":
        values["reference_number"] = f"000{turn + 1:02d}71"
    elif name == "deleted":
        values["deleted_at"] = datetime(2025, 3, 4, 1, 0, tzinfo=UTC)


KIND = SampleKind(_KEY, "Practitioner reference numbers", COLUMNS, rows, folder="Set up/From the interface")
