"""Lists for lookups may be long: they need no memory, and are never stored unencrypted."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.mapping.parse import parser_of
from app.reading.parts import PartRow
from app.sources import source
from app.storage.encryption import CannotOpen, new_key
from app.trial.trial_context import LookupList, LookupLists
from tests.kinds.story import context

KIND = source("cliniko").kind("medical_alerts")
COLUMNS = ("id", "patient_id", "name")
MANY, FEW_BYTES = 20_000, 1 << 20


def alerts(number: int, start: int = 0) -> Iterator[tuple[str, PartRow]]:
    for n in range(start, start + number):
        yield str(n % 5_000), PartRow(n + 2, {"id": str(n), "patient_id": str(n % 5_000), "name": f"Latex, kind {n}"})


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[LookupLists]:
    made = LookupLists(tmp_path / "one.lists", new_key())
    yield made
    made.close()


def test_a_row_is_found_under_its_key_in_the_order_of_the_file(lists: LookupLists) -> None:
    lists.add(KIND.name, COLUMNS, alerts(6_000))
    lists.add(KIND.name, COLUMNS, alerts(6_000, start=6_000))
    found = LookupList(lists, parser_of(KIND, context()))
    assert [row.name for row in found["7"]] == ["Latex, kind 7", "Latex, kind 5007", "Latex, kind 10007"]
    assert (found.get("nobody", ()), len(found)) == ((), 5_000)


def test_a_long_list_takes_no_memory(lists: LookupLists) -> None:
    tracemalloc.start()
    lists.add(KIND.name, COLUMNS, alerts(MANY))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < FEW_BYTES, f"{peak} bytes for {MANY} rows"


def test_a_list_is_never_stored_unencrypted_and_another_key_does_not_open_it(lists: LookupLists) -> None:
    lists.add(KIND.name, COLUMNS, alerts(500))
    assert b"Latex" not in lists.path.read_bytes()
    lists._sealing = LookupLists(lists.path.with_suffix(".other"), new_key())._sealing
    with pytest.raises(CannotOpen):
        list(lists.matches(KIND.name, "7"))


def test_a_list_is_gone_with_its_bench(lists: LookupLists) -> None:
    lists.add(KIND.name, COLUMNS, alerts(5))
    lists.close()
    assert not lists.path.exists()
