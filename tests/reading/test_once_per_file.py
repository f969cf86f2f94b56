"""A problem of a whole file is reported once, however many columns and rows show it."""

import csv
import io
from typing import Any

import pytest

from app.mapping.kind import Kind
from app.mapping.moments import local_timestamp, mark, timestamp, visit_time
from app.mapping.parse import ONCE_PER_FILE
from app.problems import Problem
from app.reading.problem_counts import ProblemTally
from tests.reading.story import SOURCE, Desk

MOMENTS = (local_timestamp, mark, timestamp, visit_time)
KINDS = [pytest.param(kind, id=kind.name) for kind in SOURCE.kinds if kind.imported and kind.recognition.json_keys]


@pytest.mark.parametrize("kind", KINDS)
def test_times_without_a_zone_are_reported_once(desk: Desk, kind: Kind[Any]) -> None:
    columns = [p for p in kind.columns if not p.column.prefix and not p.column.set_by_reading]
    moments = [p.name for p in columns if p.column.read in MOMENTS]
    assert len(moments) > 1
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([p.name for p in columns])
    for number in (1, 2, 3):
        first, *others = moments if number > 1 else reversed(moments)
        writer.writerow(
            "2026-01-15 09:00" if p.name == first or (p.name in others and number == 3) else f"7{number}"
            for p in columns
        )
    read = desk.read({f"{kind.recognition.json_keys[0]}.csv": out.getvalue()})
    assert [p.count for p in read.only_file.problems if p.code == "timezone_assumed"] == [1]


def test_every_such_code_has_a_single_line_for_all_columns() -> None:
    for code in ONCE_PER_FILE:
        tally = ProblemTally("patients", "a.csv")
        for line, column in enumerate(("a", "b", None), start=2):
            tally.row(line, None, (), [Problem(code, column=column)])
        assert [(p.code, p.line, p.count) for p in tally.problems()] == [(code, 2, 1)]
