"""A long cell of one sign costs as much CPU as its length: a search that goes back over it would cost its square.

Each way to read a cell is tried once, in the first column that is read so, with the mapping of its row.
"""

from collections.abc import Callable
from time import process_time
from typing import Any

import pytest

from app.sources import source
from tests.harness.waiting import patience
from tests.kinds.story import ROWS, mapped

LENGTH = 100_000
READ_LATER = ("phone_mobile", "date_of_birth", "sex", "medicare", "country")  # texts, until the row is mapped
SIGNS = ["\n", " ", "\t", "\r\n", "\u00a0", "\u200b", ",", ";", "(", "<", "-", "1", "&", '"', "a\n", "1 ", "a@", "?to="]


def columns_by_reader() -> dict[str, tuple[str, str]]:
    """Kind and column by the reader's name, and by the part of a client that its mapping reads later."""
    columns: dict[str, tuple[str, str]] = {}
    for kind in source("cliniko").kinds:
        for property_ in kind.columns if kind.imported and kind.name in ROWS else ():
            read: Callable[..., Any] = property_.column.read
            columns.setdefault(f"{read.__module__}.{read.__qualname__}", (kind.name, property_.name))
            if property_.name in READ_LATER:
                columns.setdefault(property_.name, (kind.name, property_.name))
    return columns


COLUMNS = columns_by_reader()


def test_every_way_to_read_a_cell_is_tried() -> None:
    assert len(COLUMNS) > 15
    assert set(READ_LATER) < set(COLUMNS)


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("reader", list(COLUMNS))
def test_a_long_cell_of_one_sign_takes_no_square_of_its_length(reader: str, sign: str) -> None:
    kind, column = COLUMNS[reader]
    cells: dict[str, Any] = {column: sign * (LENGTH // len(sign)) + "x"}
    began = process_time()
    mapped(kind, **cells)
    assert process_time() - began < patience(2)
