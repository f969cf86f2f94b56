"""A text that is longer than its column of Caspen may hold is stored whole and reported, in every column of text."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.caspen.tables import BY_NAME
from app.caspen.text_limits import RICH, STRING, TEXT, is_over_limit, limits_of
from app.sources import source
from tests.harness.clinic import runtime_in
from tests.kinds.story import ROWS
from tests.register.story import DIARY, Desk, Tried, export, kind_file

KINDS = sorted(ROWS.keys() - {"custom_fields", "custom_field_values"})
LIMITS = [(table, column, limit) for table in sorted(BY_NAME) for column, limit in limits_of(table)]
WORD = "knee "


def long_rows(kind: str) -> Iterator[dict[str, str | None]]:
    """Rows of a kind: each has one text of more characters than any column of words may hold, or of as many."""
    columns = [p for p in source("cliniko").kind(kind).columns if not (p.column.prefix or p.column.set_by_reading)]
    key = next(placed.name for placed in columns if placed.column.is_key)
    number = 50_000
    for placed in columns:
        if placed.name in ROWS[kind] and placed.name not in ("business_name", "notes", "name", "content"):
            continue
        if not placed.column.is_key and not placed.column.links_to:
            for length in (STRING, STRING + 1, TEXT, TEXT + 1):
                number += 1
                yield {key: str(number), placed.name: (WORD * length)[: length - 1] + "."}


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    files: dict[str, str | bytes] = dict(export(*DIARY, patients=[{}]))
    files |= {f"{kind} long.csv": kind_file(kind, list(long_rows(kind))) for kind in KINDS}
    half = WORD * (TEXT // 2 // len(WORD) + 1)
    joined = {"id": "77", "notes": half, "appointment_notes": half}
    files["patients joined.csv"] = kind_file("patients", [joined])
    with runtime_in(Path(tmp_path_factory.mktemp("limits"))) as runtime:
        yield Desk(runtime).tried(files)


def over_limit(tried: Tried) -> set[tuple[str | None, str | None]]:
    lines = tried.clinic.problems("trial:1")
    return {(line.kind, line.source_id) for line in lines if line.code == "content_over_limit"}


def test_every_record_with_a_text_beyond_its_limit_is_reported(tried: Tried) -> None:
    reported = over_limit(tried)
    beyond: defaultdict[str, set[str]] = defaultdict(set)
    for table, column, limit in LIMITS:
        for record in tried.records(table):
            if len(record[column] or "") > limit:
                beyond[f"{table}.{column}"].add(record["source_id"].split(":")[0])
                assert (record["source_kind"], record["source_id"].split(":")[0]) in reported, (table, column)
    assert {"clients.notes", "clients.alert", "contacts.notes", "cases.notes", "services.description"} <= set(beyond)
    assert "77" in beyond["clients.notes"]


def test_a_text_of_exactly_its_limit_is_not_reported(tried: Tried) -> None:
    clients = {r["source_id"]: r for r in tried.records("clients")}
    full = [id_ for id_, record in clients.items() if TEXT in map(len, (record["notes"] or "", record["alert"] or ""))]
    assert len(full) >= 2
    assert not {("patients", id_) for id_ in full} & over_limit(tried)


@pytest.mark.parametrize(("table", "column", "limit"), LIMITS)
def test_each_column_of_text_has_a_limit_that_is_checked(table: str, column: str, limit: int) -> None:
    values: Mapping[str, Any] = {column: "x" * limit}
    assert limit in (STRING, TEXT, RICH)
    assert not is_over_limit(table, values)
    assert is_over_limit(table, {column: "x" * (limit + 1)})
