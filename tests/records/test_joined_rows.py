"""The rows that have a part in a record are found in the parts of an export, however many rows these have."""

import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.isolated import joined_rows
from app.isolated.joined_rows import PartRequest, PartRows
from app.mapping.context import DateOrder
from app.mapping.joins import Join, JoinRole
from app.reading.file_watch import NO_WATCH
from app.reading.limits import Limits
from app.reading.parts import PartHead, PartWriter
from app.sources import source
from app.storage import LocalObjects
from app.storage.encryption import new_key
from tests.kinds.story import context

SOURCE = source("cliniko")
KEY = new_key()
COLUMNS = ("id", "booking_id", "patient_id", "arrived", "notes")
MANY, SECONDS, MEGABYTES = 200_000, 1.0, 8
BOOKING = Join(JoinRole.MEMBER, "attendees", "booking_id", frozenset(["1558354464010667075"]))


def parts_of(objects: LocalObjects, rows: Iterator[list[str | None]]) -> list[PartRequest]:
    """Rows of attendees as reading keeps them."""
    writer = PartWriter(objects, "mig/part-", KEY, Limits())
    parts: list[PartRequest] = []
    head = PartHead("attendees", "attendees.csv", 3, COLUMNS, DateOrder.DAY_FIRST)

    def close() -> None:
        info = writer.close(len(parts) + 1, head)
        parts.append(PartRequest("attendees", info.number, info.object_key))

    for line, cells in enumerate(rows, start=2):
        if writer.add(line, cells, ()):
            close()
    if writer.rows:
        close()
    return parts


def attendees(number: int, *more: list[str | None]) -> Iterator[list[str | None]]:
    for n in range(number):
        yield [str(2_000_000 + n), str(15_000_000 + n), str(5_000 + n % 900), "true", f"Came by bus {n}"]
    yield from more


def rows_in(objects: LocalObjects, *rows: list[str | None], number: int = 0) -> PartRows:
    return PartRows(objects, KEY, SOURCE, parts_of(objects, attendees(number, *rows)), context(), NO_WATCH)


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path)


@pytest.mark.parametrize(
    "cell",
    [
        "1558354464010667075",
        '="1558354464010667075"',
        "1 558 354 464 010 667 075",
        "https://api.clinic.example/v1/appointments/1558354464010667075",
    ],
)
def test_a_row_is_matched_in_every_notation_of_its_reference(objects: LocalObjects, cell: str) -> None:
    rows = rows_in(objects, ["1", cell, "11", "true", "x"], ["2", "1558354464010667076", "11", None, None])
    assert [(row.place, row.cells["id"]) for row in rows.find([BOOKING])] == [((1, 2), "1")]


def test_a_row_that_only_mentions_the_number_is_not_matched(objects: LocalObjects) -> None:
    rows = rows_in(objects, ["1", "77", "11", None, "see 1558354464010667075"])
    assert rows.find([BOOKING]) == []


def test_a_search_of_many_rows_is_fast_and_small(objects: LocalObjects) -> None:
    rows = rows_in(objects, ["1", "1558354464010667075", "11", "true", "x"], number=MANY)
    tracemalloc.start()
    matches = rows.find([BOOKING])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [row.cells["id"] for row in matches] == ["1"]
    assert rows.is_whole
    assert peak < MEGABYTES * 2**20, f"{peak / 2**20:.1f} MB"
    began = time.process_time()
    rows.find([BOOKING])
    spent = time.process_time() - began
    assert spent < SECONDS, f"{spent:.2f} s for {MANY:,} rows"


@pytest.mark.parametrize(("limit", "value"), [("SECONDS", -1.0), ("MOST_ROWS", 2)])
def test_a_search_stops_at_its_limits_and_reports_it(
    objects: LocalObjects, monkeypatch: pytest.MonkeyPatch, limit: str, value: Any
) -> None:
    monkeypatch.setattr(joined_rows, limit, value)
    rows = rows_in(objects, *([str(n), "1558354464010667075", "11", None, None] for n in range(1, 9)))
    assert len(rows.find([BOOKING])) <= 2
    assert not rows.is_whole


def test_a_deleted_part_gives_no_row(objects: LocalObjects) -> None:
    rows = rows_in(objects, ["1", "1558354464010667075", "11", "true", "x"])
    objects.delete(rows.parts[0].object_key)
    assert rows.find([BOOKING]) == []
    assert not rows.is_whole
