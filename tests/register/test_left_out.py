"""The clinic leaves things out: the rows that are left out with them are counted before the trial and after it."""

from collections.abc import Iterator, Mapping, Set
from typing import Any

import pytest

from app.mapping.kind import Kind
from app.mapping.plan import Choice, Plan
from app.matching.consequences import left_out_counts
from app.migration.plans import plan_of, save_plan
from app.sources import source
from tests.harness.clinic import MEGAN, Clinic, runtime_in
from tests.kinds.story import ROWS
from tests.register.story import Desk, Tried, kind_file, told_of

CLINIKO = source("cliniko")
LEAVE_OUT = Choice(to="leave_out")
CHOSEN = {"businesses": "locations", "practitioners": "practitioners", "appointment_types": "services"}
"""What can be left out one by one, with its place in a plan."""
COUNTED = ("created", "updated", "unchanged", "left_out", "skipped", "held", "refused")
LEFT, KEPT = "1", "2"


def links(kind: str) -> dict[str, Any]:
    """The columns of a kind that refer to another kind and that a usual row of the kind fills."""
    return {p.name: p.column for p in CLINIKO.kind(kind).columns if p.column.links_to and p.name in ROWS[kind]}


def key_of(kind: str) -> str:
    """The column by which other rows name a row of this kind; empty where no row does."""
    return next((name for name in ("id", "field_token") if name in ROWS[kind] and name not in links(kind)), "")


def twins(kind: str) -> list[dict[str, str]]:
    """Two rows of a kind: the first refers to the first rows of other kinds, the second to the second rows."""
    rows = []
    for number in (LEFT, KEPT):
        named = {name: ROWS[kind][name] + number for name in links(kind)}
        rows.append(named | ({key: ROWS[kind][key] + number} if (key := key_of(kind)) else {}))
    return rows


def left_id(kind: str) -> str:
    return twins(kind)[0][key_of(kind)]


NAMES = {
    "businesses": ("business_name", "Harbour Street", "Hill Road"),
    "users": ("email", "sam@clinic.example", "kim@clinic.example"),
    "practitioners": ("display_name", "Dr Sam Lee", "Dr Kim Roe"),
    "appointment_types": ("name", "Initial consult", "Massage"),
    "custom_fields": ("field_name", "Sport", "Diet"),
    "custom_field_values": ("field_name", "Sport", "Diet"),
    "patients": ("last_name", "O'Brien", "Hall"),
    "unavailable_blocks": ("starts_at", "2026-04-01 12:00:00 +1100", "2026-04-01 12:10:00 +1100"),
}


def exported() -> dict[str, str | bytes]:
    """A file of every kind that moves, each with a row of either side; nothing names the other side."""
    files: dict[str, str | bytes] = {}
    for kind in ROWS:
        rows: list[dict[str, str | None]] = [dict(row) for row in twins(kind)]
        if kind in NAMES:
            column, *cells = NAMES[kind]
            rows = [{**row, column: cell} for row, cell in zip(rows, cells, strict=True)]
        files[f"{kind}.csv"] = kind_file(kind, rows)
    return files


def goes(kind: Kind[Any], gone: Set[str]) -> bool:
    """Whether rows of a kind are left out with these kinds: by a required or a followed reference."""
    return any(
        p.column.links_to in gone and (p.column.required or p.column.left_out_with_target)
        for p in kind.columns
        if p.name in links(kind.name)
    )


def stay_behind(*kinds: str) -> set[str]:
    """The kinds of which rows stay behind with rows of these kinds, and these kinds."""
    gone = set(kinds)
    while more := {kind for kind in ROWS if kind not in gone and goes(CLINIKO.kind(kind), gone)}:
        gone |= more
    return gone


_tried: dict[str, tuple[Tried, Mapping[str, int]]] = {}
ALONE = tuple(kind for kind in ROWS if stay_behind(kind) == {kind})
"""The kinds that nothing stays behind with."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    _tried.clear()
    with runtime_in(tmp_path_factory.mktemp("left_out")) as runtime:
        yield Desk(runtime)


def tried(desk: Desk, **choices: Any) -> tuple[Tried, Mapping[str, int]]:
    """A trial with these choices, and the numbers promised before it. Each set of choices is run once."""
    if repr(choices) not in _tried:
        clinic: Clinic = desk.clinic()
        clinic.hand_over(exported())
        clinic.drain()
        plan = Plan.model_validate(plan_of(clinic.migration).model_dump() | choices)
        with clinic.runtime.ledger.write() as session:
            save_plan(session, clinic.id, plan, MEGAN, confirmed=True)
        promised = left_out_counts(clinic.runtime, clinic.migration, plan)
        clinic.start_trial()
        clinic.drain()
        _tried[repr(choices)] = told_of(clinic), promised
    return _tried[repr(choices)]


@pytest.fixture(scope="module")
def whole(desk: Desk) -> Tried:
    return tried(desk)[0]


def outcomes(found: Tried) -> dict[str, dict[str, int]]:
    kinds: list[dict[str, Any]] = [{**kind} for kind in found.answer["kinds"]]
    return {kind["kind"]: {name: kind[name] for name in COUNTED} for kind in kinds}


def test_every_row_of_the_whole_export_is_imported(whole: Tried) -> None:
    assert whole.answer["balanced"]
    assert {kind: counts["created"] for kind, counts in outcomes(whole).items()} == dict.fromkeys(ROWS, 2)


def holds_the_promise(whole: Tried, found: Tried, promised: Mapping[str, int], expected: Mapping[str, int]) -> None:
    assert dict(promised) == expected
    assert {kind: counts["left_out"] for kind, counts in outcomes(found).items() if counts["left_out"]} == expected
    assert found.answer["balanced"]
    for kind, counts in outcomes(found).items():
        assert counts["created"] == outcomes(whole)[kind]["created"] - expected.get(kind, 0), kind
    assert "appointment_location_defaulted" not in found.codes
    assert {"not_verified", "cells_not_found"} & (found.codes - whole.codes) == set()


@pytest.mark.parametrize("kind", CHOSEN)
def test_rows_that_require_a_thing_that_is_left_out_are_left_out_as_counted_before(
    desk: Desk, whole: Tried, kind: str
) -> None:
    found, promised = tried(desk, **{CHOSEN[kind]: {left_id(kind): LEAVE_OUT}})

    holds_the_promise(whole, found, promised, dict.fromkeys(stay_behind(kind), 1))


@pytest.mark.parametrize("kinds", [ALONE, *((kind,) for kind in ROWS if kind not in ALONE)], ids="-".join)
def test_rows_that_require_a_kind_that_is_left_out_are_left_out_as_counted_before(
    desk: Desk, whole: Tried, kinds: tuple[str, ...]
) -> None:
    found, promised = tried(desk, leave_out_kinds=kinds)

    holds_the_promise(whole, found, promised, dict.fromkeys(stay_behind(*kinds), 2))


def test_a_visit_never_goes_to_another_place_than_the_one_that_is_left_out(desk: Desk) -> None:
    found, promised = tried(desk, locations={left_id("businesses"): LEAVE_OUT})

    assert promised["appointments"] == found.kind("appointments")["left_out"] == 1
    assert [visit["source_id"] for visit in found.records("appointments")] == [ROWS["appointments"]["id"] + KEPT]
    assert found.problems("appointment_location_defaulted") == []


def test_a_number_of_a_place_that_is_left_out_counts_nowhere_else(desk: Desk) -> None:
    found, _ = tried(desk, locations={left_id("businesses"): LEAVE_OUT})

    (number,) = found.records("provider_numbers")
    assert number["source_id"] == ROWS["practitioner_reference_numbers"]["id"] + KEPT
    assert number["location_id"] is not None


def test_the_note_of_a_visit_that_is_left_out_is_imported_with_its_client(desk: Desk) -> None:
    found, promised = tried(desk, practitioners={left_id("practitioners"): LEAVE_OUT})

    assert "treatment_notes" not in promised
    note = found.record("progress_notes", ROWS["treatment_notes"]["id"] + LEFT)
    assert (note["appointment_id"], note["practitioner_id"], note["author_name"]) == (None, None, "Sam Lee")
