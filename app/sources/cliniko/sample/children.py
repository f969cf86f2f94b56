"""What is odd about the things that hang on clients: of nobody known, of somebody who stays behind, kept twice."""

from collections.abc import Iterator, Mapping

from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.row import Row
from app.sources.cliniko.sample.world import World

MERGED = (Plant("of_merged", api_only=True), Plant("of_merged_twice", api_only=True))
TWICE = Plant("twice", extra_row=True)
CONFLICT = Plant("conflict", extra_row=True)
DELETED = Plant("deleted", ("deleted_in_source",), "skipped", by_api=True)


def of_clients(orphan: str) -> tuple[Plant, ...]:
    """For a kind whose rows name one client; the code is that of a client nobody knows."""
    return (
        Plant("no_patient", (orphan,), "held"),
        Plant("of_unnamed", ("parent_not_imported",), "held"),
        Plant("of_deleted", ("parent_not_imported",), "held", api_only=True),
    )


def client_of(world: World, planted: Planted | None, plain: int) -> str:
    """The id of the client whom a row names."""
    if planted and planted.plant.name == "no_patient":
        return str(999_600_001 + planted.turn)
    if planted and planted.plant.name.startswith("of_"):
        return world.patient_id(world.patient_at(planted.plant.name.removeprefix("of_"), planted.turn))
    return world.patient_id(plain)


def told(
    key: str,
    values: Mapping[str, object],
    planted: Planted | None,
    *,
    records: tuple[str, ...] = (),
    problems: tuple[str, ...] = (),
    shared: Mapping[str, tuple[str, ...]] | None = None,
    older: Mapping[str, object] | None = None,
) -> Iterator[Row]:
    """A row, and the further row of one that is there twice. Rows that stay behind tell of nothing but why."""
    plant = planted.plant if planted else Plant("")
    codes = (*problems, *plant.codes) if plant.outcome == "created" else plant.codes
    marks = (plant.name,) if planted else ()
    row = Row(key, values, plant.outcome, codes, records, dict(shared or {}), marks)
    if planted and older is not None and plant.name == "conflict":
        loser = Row(key, older, "skipped", ("id_conflict_newest_used",), marks=marks)
        yield from (loser, row) if planted.turn % 2 else (row, loser)
        return
    yield row
    if plant.extra_row:
        yield Row(key, values, "skipped", ("duplicate_row",), marks=marks)
