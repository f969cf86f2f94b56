"""A number of a workbook is compared by value, in every spelling that programs write."""

import io
from collections.abc import Iterator
from random import Random

import pytest

from app.mapping.cells import is_error_word
from app.mapping.verified_kinds import Comparison
from app.reading.limits import Limits
from app.reading.workbook import Workbook
from app.trial.verification.cell_comparison import compare_cell
from app.trial.verification.sheets import sheet_rows
from tests.reading.test_workbook_limits import sheet, with_sheet

SPELLED = (
    *("1.0000000000000001E-5", "1E-3", "2.9999999999999999E-2", "0.00001", "1e-5", "1.0E+2", "1E3", "1.5E+15", "1E+20"),
    *("5.0", "5.", ".5", "-.5", "+5", "-0", "0.10", "007", "1558354464010667075", "999999999999999", "1E15", "3E-310"),
    *("1.7976931348623157E308", "12345678.900000001", "0.1", "0.30000000000000004", "1E0", " 5 ", "1E-7"),
)
NO_NUMBERS = ("abc", "1_000", "1,5", "-", "1E", "٣", "0x10")
BEYOND = ("inf", "NaN", "nan", "1E400", "-Infinity")


def numbers() -> Iterator[str]:
    """Returns numbers as programs write them, most as Excel does: 17 digits and an exponent."""
    yield from SPELLED
    rng = Random(20261201)
    for _ in range(400):
        value = rng.choice((rng.uniform(-1, 1), rng.uniform(-1e6, 1e6), rng.randint(-(10**16), 10**16)))
        value *= 10.0 ** rng.randint(-12, 12)
        digits, _, exponent = f"{value:.16E}".partition("E")
        yield rng.choice((f"{digits.rstrip('0').rstrip('.')}E{int(exponent)}", repr(value), f"{value:.17g}"))


def both(cells: list[str]) -> Iterator[tuple[str, str, str]]:
    """Returns each number as written, as reading gives it, and as verification gives it."""
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{cell}</v></c></row>' for n, cell in enumerate(cells, start=1))
    data = with_sheet(sheet(rows))
    read = {line: row[0] for line, row, _ in Workbook(lambda: io.BytesIO(data), Limits()).rows("S")}
    checked = {line: row[0] for line, row in sheet_rows(lambda: io.BytesIO(data), None, lambda _: True)}
    assert read.keys() == checked.keys() == set(range(1, len(cells) + 1))
    return ((cells[line - 1], read[line], checked[line]) for line in read)


def test_every_spelling_of_a_number_is_equal_and_no_other_number_is() -> None:
    for written, read, checked in both(list(numbers())):
        assert compare_cell(Comparison.WORDS, checked, read), (written, read, checked)
        assert compare_cell(Comparison.SAME, checked, read), (written, read, checked)
        assert not compare_cell(Comparison.WORDS, checked, "8.125"), (written, read, checked)


@pytest.mark.parametrize("written", NO_NUMBERS)
def test_a_text_that_is_not_a_number_is_unchanged(written: str) -> None:
    [(_, read, checked), _] = both([written, "1"])
    assert read == checked == written


@pytest.mark.parametrize("written", BEYOND)
def test_infinity_and_nan_are_a_spreadsheet_error(written: str) -> None:
    [(_, read, _), (_, other, _)] = both([written, "1"])
    assert (read, is_error_word(read), other) == ("#NUM!", True, "1")
