"""An unintended year in any column of moments: one cell never decides for its file or for its export."""

from collections.abc import Iterator
from itertools import count

import pytest

from app.mapping.moments import local_timestamp, timestamp, visit_time
from app.sources import source
from tests.harness.clinic import runtime_in
from tests.kinds.story import ROWS
from tests.register.story import Desk, Rows, Tried, export

MOMENTS = (timestamp, local_timestamp, visit_time)
FAR = (
    "0001-01-01 00:00:00 +1100",
    "0001-06-01T00:00:00Z",
    "0002-03-09T09:00:00Z",
    "0026-03-09 09:00:00 +1100",
    "0202-03-09 09:00:00",
    "0999-12-31T23:59:59Z",
    "1026-03-09 09:00:00 +1100",
    "2926-03-09 09:00:00 +1100",
    "9998-12-31 23:00:00 -1100",
    "9999-12-31T23:59:59Z",
    "9999-12-31 23:00:00 -1100",
    "9999-12-31 23:59",
    "20226-03-09 09:00:00 +1100",
)
KEYS = {"custom_fields": ("field_token",), "custom_field_values": ("patient_id",)}
"""What tells the rows of these kinds apart, where that is no id of their own."""


def columns_of_moments(kind: str) -> list[str]:
    columns = next(each for each in source("cliniko").kinds if each.name == kind).columns
    return [placed.name for placed in columns if placed.column.read in MOMENTS]


KINDS = [kind for kind in ROWS if columns_of_moments(kind)]


def far_rows(kind: str) -> Rows:
    """The usual row of a kind, and a row more for each far moment in each of its columns of moments."""
    keys = map(str, count(900_001))
    changes = [{column: cell} for cell in FAR for column in columns_of_moments(kind)]
    return [{}, *({**dict.fromkeys(KEYS.get(kind, ("id",)), next(keys)), **change} for change in changes)]


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    others = [kind for kind in ROWS if kind not in KINDS]
    with runtime_in(tmp_path_factory.mktemp("far-years")) as runtime:
        yield Desk(runtime).tried(export(*others, **{kind: far_rows(kind) for kind in KINDS}))


def test_far_years_leave_the_trial_balanced(tried: Tried) -> None:
    assert tried.answer["balanced"], tried.codes


def test_far_years_leave_the_plan_of_the_export_readable(tried: Tried) -> None:
    for kind in KINDS:
        ends = [tried.answer["inventory"][kind][end] for end in ("first", "last")]
        assert all(end is None or len(end) == len("2026-03-31T22:00:00Z") for end in ends), (kind, ends)


@pytest.mark.parametrize("kind", KINDS)
def test_a_far_year_in_any_column_of_moments_leaves_every_other_row_as_it_is(tried: Tried, kind: str) -> None:
    assert tried.file(f"{kind}.csv")["refused"] is None
    outcomes = tried.kind(kind)
    assert outcomes["read"] == len(far_rows(kind))
    assert outcomes["refused"] == 0
    usual = ROWS[kind].get("id", ROWS[kind].get("field_token"))
    set_aside = [p for p in tried.answer["problems"] if p["kind"] == kind and p["level"] in ("held", "skipped")]
    assert usual not in {problem["source_id"] for problem in set_aside}
