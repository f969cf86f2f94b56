"""Text behind a closing quotation mark costs nothing, also in a row whose later cell has several lines."""

import pytest

from app.reading.delimited import MOST_LINES_AGAIN, STRAY_QUOTE
from app.reading.refusal import Refused
from tests.reading.test_many_lines import rows_of

HEADER, LAST = "id,name,street,notes\n", "2,Bob,3 Road St,short\n"
CELLS = {'"Hugo" Bob': "Hugo Bob", '"5" Road St': "5 Road St", '"Baker"x': "Bakerx"}


@pytest.mark.parametrize("lines", [1, 2, 3, MOST_LINES_AGAIN])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("cell", list(CELLS))
def test_a_row_with_text_behind_a_closing_mark_goes_on(cell: str, end: str, lines: int) -> None:
    note = end.join(f"line {number}, of many" for number in range(lines))
    text = f'{HEADER}1,{cell},3 Road St,"{note}"\n{LAST}'
    assert list(rows_of(text)) == [
        (1, ["id", "name", "street", "notes"], ()),
        (2, ["1", CELLS[cell], "3 Road St", note], (STRAY_QUOTE,)),
        (2 + lines, ["2", "Bob", "3 Road St", "short"], ()),
    ]


@pytest.mark.parametrize("rows", [1, 5, MOST_LINES_AGAIN + 5])
def test_a_row_that_a_later_mark_does_not_close_refuses_its_file(rows: int) -> None:
    text = f'{HEADER}1,"Hugo" Bob,"3 Road St,note\n' + LAST * rows
    with pytest.raises(Refused) as refused:
        list(rows_of(text))
    assert refused.value.code == "csv_unclosed_quote"
