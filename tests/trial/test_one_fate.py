"""A row that does not come across has one fate and one reason, so that the problems of a kind add up to its rows."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.migration.fates import COPIES
from app.sources import source
from tests.harness.clinic import runtime_in
from tests.kinds.story import ROWS
from tests.register.story import DIARY, Desk, Tried, export, kind_file

FATES = ("held", "skipped")
BAD = ("#REF!", "soon", "{'a': 1}", "999999")
KINDS = sorted(ROWS.keys() - {"custom_fields", "custom_field_values"})
"""Kinds whose rows have an id of their own."""
MOST_RAGGED = 18
"""Rows of a file that may all be ragged without the whole file being refused."""
REVERSED = {"id": "9", "starts_at": "2026-04-01 09:00:00", "ends_at": "2026-04-01 08:30:00"}


def bad_rows(kind: str) -> Iterator[dict[str, str | None]]:
    """Rows of a kind that mapping may keep back: each with another empty or bad cell, and one that is deleted."""
    columns = [p for p in source("cliniko").kind(kind).columns if not (p.column.prefix or p.column.set_by_reading)]
    key = next(placed.name for placed in columns if placed.column.is_key)
    numbers = iter(range(60_000, 70_000))
    used = [placed.name for placed in columns if placed.name in ROWS[kind] and not placed.column.is_key]
    for name in used:
        for cell in ("", *BAD):
            yield {key: str(next(numbers)), name: cell}
    yield {key: str(next(numbers)), **dict.fromkeys(used, "")}
    yield {key: str(next(numbers)), "deleted_at": "2026-01-02T00:00:00Z"}
    yield {key: "a b/c"}
    if "patient_id" in used:
        yield {key: str(next(numbers)), "patient_id": "12"}


def ragged(text: str) -> str:
    """A file whose rows all have more cells than its header."""
    header, *lines = text.splitlines()
    return "\n".join([header, *(f"{line},beyond" for line in lines), ""])


def files() -> dict[str, str | bytes]:
    """Each bad row alone, and again with the reading fault of a row that is too long.

    Client 12 is held by reading, so that all rows of its parts are mapped a second time.
    """
    made: dict[str, str | bytes] = dict(export(*DIARY, patients=[{}]))
    made["patients too long.csv"] = ragged(kind_file("patients", [{"id": "12"}]))
    made["reversed appointments.csv"] = kind_file("appointments", [REVERSED])
    for kind in KINDS:
        rows = list(bad_rows(kind))
        made[f"{kind} a.csv"] = kind_file(kind, [{}, *rows])
        for start in range(0, len(rows), MOST_RAGGED):
            again = [
                {name: f"{cell}8" if name == "id" and cell else cell for name, cell in row.items()}
                for row in rows[start : start + MOST_RAGGED]
            ]
            held: dict[str, str | None] = {"id": f"7{start}", "patient_id": "12", "patient_ids": "12"}
            beside = {name: cell for name, cell in held.items() if name in ROWS[kind]}
            made[f"{kind} b{start}.csv"] = ragged(kind_file(kind, [*again, beside]))
    return made


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    with runtime_in(Path(tmp_path_factory.mktemp("fates"))) as runtime:
        yield Desk(runtime).tried(files())


@pytest.mark.parametrize("kind", KINDS)
def test_the_problems_of_a_kind_add_up_to_its_rows(tried: Tried, kind: str) -> None:
    by_fate: Counter[str] = Counter()
    for entry in tried.answer["problems"]:
        if entry["kind"] == kind and (entry["level"] in FATES or entry["code"] in COPIES):
            by_fate["skipped" if entry["code"] in COPIES else entry["level"]] += entry["count"]
    rows = tried.kind(kind)
    assert {fate: by_fate[fate] for fate in FATES} == {fate: rows[fate] for fate in FATES}


def test_no_row_has_two_fates(tried: Tried) -> None:
    lines = Counter(
        (line.file, line.line)
        for line in tried.clinic.problems("trial:1")
        if line.level in (*FATES, "refused") and line.line is not None
    )
    assert [place for place, number in lines.items() if number > 1] == []
    assert len(lines) > 500


def test_the_trial_of_these_rows_is_balanced(tried: Tried) -> None:
    assert tried.clinic.trial.balanced
