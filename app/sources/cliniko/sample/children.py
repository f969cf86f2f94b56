"""Plants for rows that belong to clients: of an unknown client, of a client who is not imported, or duplicated."""

from collections.abc import Iterator, Mapping

from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import SampleValue
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

MERGED = (Plant("of_merged", api_only=True), Plant("of_merged_twice", api_only=True))
TWICE = Plant("twice", extra_row=True)
CONFLICT = Plant("conflict", extra_row=True)
DELETED = Plant("deleted", ("deleted_in_source",), "skipped", by_api=True)


def of_clients(orphan: str) -> tuple[Plant, ...]:
    """The plants of a kind whose rows name one client; `orphan` is the problem of an unknown client."""
    return (
        Plant("no_patient", (orphan,), "held"),
        Plant("of_unnamed", ("parent_not_imported",), "held"),
        Plant("of_deleted", ("parent_not_imported",), "held", api_only=True),
    )


def client_of(world: World, planted: Planted | None, plain: int) -> str:
    """The id of the client whom a row names: `plain` is the index of an ordinary client."""
    if planted and planted.plant.name == "no_patient":
        return str(999_600_001 + planted.turn)
    if planted and planted.plant.name.startswith("of_"):
        return world.patient_id(world.patient_at(planted.plant.name.removeprefix("of_"), planted.turn))
    return world.patient_id(plain)


def planted_rows(
    key: str,
    values: Mapping[str, SampleValue],
    planted: Planted | None,
    *,
    records: tuple[str, ...] = (),
    problems: tuple[str, ...] = (),
    shared: Mapping[str, tuple[str, ...]] | None = None,
    older: Mapping[str, SampleValue] | None = None,
) -> Iterator[SampleRow]:
    """The row, and the second row of a duplicate or of a conflict, whose older version is `older`.

    A row that is not imported reports its reason alone.
    """
    plant = planted.plant if planted else Plant("")
    codes = (*problems, *plant.codes) if plant.outcome == "created" else plant.codes
    marks = (plant.name,) if planted else ()
    row = SampleRow(key, values, plant.outcome, codes, records, dict(shared or {}), marks)
    if planted and older is not None and plant.name == "conflict":
        loser = SampleRow(key, older, "skipped", ("id_conflict_newest_used",), marks=marks)
        yield from (loser, row) if planted.turn % 2 else (row, loser)
        return
    yield row
    if plant.extra_row:
        yield SampleRow(key, values, "skipped", ("duplicate_row",), marks=marks)
