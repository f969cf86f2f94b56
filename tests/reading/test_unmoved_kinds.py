"""A file of a kind that does not move is counted, and never refused as another kind whose key it lacks."""

from itertools import product
from typing import Any

import pytest

from app.mapping.kind import Kind
from app.sources.cliniko.not_moved import KINDS
from tests.reading.story import SOURCE, Desk

OWN = {"letters": "Letter ID", "body_charts": "Body Chart ID", "waitlist": "Waitlist ID"}
"""Kinds that one column of their own tells apart, whatever else their files have."""
MOVED = [kind for kind in SOURCE.kinds if kind.imported and kind.identity.key_of is None]
"""Kinds whose rows need a key."""


def headers_without_key(kind: Kind[Any]) -> list[str]:
    placed = [p for p in kind.columns if not (p.column.is_key or p.column.prefix or p.column.set_by_reading)]
    return [p.column.native or p.name for p in placed]


@pytest.mark.parametrize(("name", "kind"), list(product(OWN, MOVED)), ids=lambda each: getattr(each, "name", each))
def test_its_own_key_decides_before_the_columns_that_another_kind_has_too(
    desk: Desk, name: str, kind: Kind[Any]
) -> None:
    header = [OWN[name], *headers_without_key(kind)]
    for path in (f"{name}.csv", "export.csv"):
        result = desk.csv(",".join(header) + "\n" + ",".join("1" for _ in header) + "\n", path)
        assert (result.only_file.kind, result.only_file.refused) == (name, None), header
        result.index.close()


def test_letters_with_the_columns_of_notes_are_counted(desk: Desk) -> None:
    rows = "Letter ID,Patient ID,Title,Content,Author Name,Created At\n1,11,t,Dear Dr,Grace,2022-01-10 09:00:00 +1100\n"
    result = desk.csv(rows, "Letters.csv")
    assert {kind.name for kind in KINDS} >= {"letters"}
    assert (result.only_file.kind, result.only_file.rows) == ("letters", 1)
    assert "kind_not_imported" in result.codes
