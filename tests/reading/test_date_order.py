"""Only a date that a calendar has proves whether a file writes the day or the month first."""

from pathlib import Path

import pytest

from app.mapping.context import DateOrder
from tests.reading.story import Desk

DAY_FIRST = ["13/02/1980", "27/11/1981", "03/04/1990"]
MONTH_FIRST = ["02/13/1980", "11/27/1981", "03/04/1990"]
NO_DATES = ["1/99/1980", "0/15/1980", "15/0/1980", "2/30/1980", "30/2/1980", "4/31/1985", "99/99/99"]
NO_DATES += ["12/31/9999", "31/12/9999"]  # placeholders
PROOFS = {"13/02/1980": DateOrder.DAY_FIRST, "02/13/1980": DateOrder.MONTH_FIRST, "29/2/24": DateOrder.DAY_FIRST}


def order_of(folder: Path, births: list[str]) -> DateOrder:
    """The order that reading finds in a list of clients with these births."""
    rows = [f"{number},Ann,Lee{number},{birth}" for number, birth in enumerate(births, 1)]
    folder.mkdir(exist_ok=True)
    read = Desk(folder).csv("\n".join(["Patient ID,First Name,Last Name,Date of Birth", *rows]) + "\n")
    return read.parts(read.only_file)[0][0].dates


@pytest.mark.parametrize("cell", NO_DATES)
@pytest.mark.parametrize("births", [DAY_FIRST, MONTH_FIRST])
def test_a_cell_that_is_no_date_proves_no_order(tmp_path: Path, births: list[str], cell: str) -> None:
    assert order_of(tmp_path / "with", [*births, cell]) is order_of(tmp_path / "without", births)


@pytest.mark.parametrize("cell", list(PROOFS))
def test_a_date_beyond_the_twelfth_proves_the_order(tmp_path: Path, cell: str) -> None:
    assert order_of(tmp_path, ["03/04/1990", cell]) is PROOFS[cell]


def test_both_proofs_in_one_file_prove_nothing(tmp_path: Path) -> None:
    assert order_of(tmp_path, ["13/02/1980", "02/13/1980"]) is DateOrder.UNDECIDABLE
