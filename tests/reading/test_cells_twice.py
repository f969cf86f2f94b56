"""A repeated cell of a sheet has a single value, the last filled one, for reading and for verification."""

import io
from collections.abc import Iterator
from itertools import product

from app.reading.limits import Limits
from app.reading.sheet_extent import ReferenceOrder
from app.reading.workbook import Workbook
from app.trial.verification.sheets import sheet_rows
from tests.reading.story import HEADER, Desk
from tests.reading.test_workbook_limits import sheet, with_sheet

HEAD = HEADER.split(",")
CODE = "cell_there_twice"
Rows = dict[int, list[str]]


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def number(place: str, value: str) -> str:
    return f'<c r="{place}"><v>{value}</v></c>'


def plain(line: int) -> str:
    return f'<row r="{line}">{text(f"A{line}", f"a{line}")}{number(f"B{line}", str(line))}</row>'


def doubled() -> Iterator[tuple[str, list[str], bool]]:
    """The cells of row 2, the row's expected values, and whether two values are reported."""
    made = (text, number)
    for one, other, (first, second) in product(made, made, (("5", "6"), ("6", "5"))):
        yield one("B2", first) + other("B2", second) + number("C2", "9"), ["", second, "9"], True
        yield one("B2", first) + number("C2", "9") + other("B2", second), ["", second, "9"], True
        yield number("C2", "9") + one("B2", first) + other("B2", second), ["", second, "9"], True
        yield one("A2", "1") + one("B2", first) + other("B2", second), ["1", second, ""], True
    for one in made:
        yield one("B2", "5") + one("B2", "5"), ["", "5", ""], False
        yield one("B2", "5") + '<c r="B2" s="0"/>', ["", "5", ""], False
        yield one("B2", "5") + '<c r="B2"><v></v></c>', ["", "5", ""], False
        yield '<c r="B2"><v></v></c>' + one("B2", "5"), ["", "5", ""], False
        yield one("B2", "5") + one("B2", "6") + one("B2", "7"), ["", "7", ""], True
        yield one("C2", "9") + one("B2", "5"), ["", "5", "9"], False


def read(body: str) -> tuple[Rows, set[int]]:
    """Returns the rows as reading gives them, by number, and the numbers of rows with two values."""
    data = with_sheet(sheet(body))
    rows = list(Workbook(lambda: io.BytesIO(data), Limits()).rows("S"))
    return {line: row for line, row, _ in rows}, {line for line, _, codes in rows if CODE in codes}


def checked(body: str) -> Rows:
    """Returns the rows as verification gives them."""
    data = with_sheet(sheet(body))
    return dict(sheet_rows(lambda: io.BytesIO(data), None, lambda _: True))


def filled(row: list[str]) -> list[str]:
    return (row + [""] * 3)[:3]


def test_a_repeated_cell_has_its_last_filled_value_and_is_reported() -> None:
    for cells, wanted, is_told in doubled():
        body = plain(1) + f'<row r="2">{cells}</row>' + plain(3) + plain(4)
        rows, result = read(body)
        assert filled(rows[2]) == wanted, cells
        assert result == ({2} if is_told else set()), cells
        assert {line: filled(row) for line, row in checked(body).items()} == {n: filled(rows[n]) for n in rows}, cells


def test_rows_out_of_order_are_read_by_reading_and_verification() -> None:
    for order in ((1, 2, 2, 3), (1, 3, 2, 4), (2, 1, 1, 1), (1, 2, 3, 3), (4, 3, 2, 1)):
        body = "".join(plain(line) for line in order)
        rows, result = read(body)
        assert [row[0] for row in rows.values()] == [f"a{line}" for line in order]
        assert checked(body) == rows
        assert not result


def test_a_cell_with_a_false_row_number_belongs_to_its_row() -> None:
    body = plain(1) + f'<row r="2">{text("A3", "x")}{number("B2", "7")}</row>' + plain(3)
    rows, _ = read(body)
    assert rows[2] == ["x", "7"]
    assert checked(body) == rows


def test_rows_without_numbers_are_unchanged() -> None:
    bare = plain(1).replace('<row r="1">', "<row>") + plain(2).replace('<row r="2">', "<row>")
    assert read(bare)[0] == checked(bare) == {1: ["a1", "1"], 2: ["a2", "2"]}


def test_ordered_references_need_no_rewriting_at_any_block_border() -> None:
    references = [(b"", b"1"), (b"A", b"1"), (b"B", b"1"), (b"", b"3"), (b"A", b"3"), (b"C", b"3"), (b"B", b"3")]
    for at in range(len(references)):
        seen = ReferenceOrder()
        assert not seen.add(references[:at])
        assert not seen.add(references[at:])
        assert seen.add([(b"B", b"3")])


def test_a_client_with_a_repeated_cell_is_imported_and_the_row_reported(desk: Desk) -> None:
    head = "".join(text(f"{letter}1", name) for letter, name in zip("ABCD", HEAD[:4], strict=True))
    rows = "".join(
        f'<row r="{n}">{text(f"A{n}", f"10{n}")}{text(f"B{n}", "Ann")}{text(f"C{n}", "Lee")}'
        f"{text(f'B{n}', 'Zoe') if n == 4 else ''}{text(f'D{n}', '1980-02-11')}</row>"
        for n in range(2, 7)
    )
    result = desk.csv(with_sheet(sheet(f'<row r="1">{head}</row>{rows}')), "patients.xlsx")
    assert [row.cells["first_name"] for row in result.rows()] == ["Ann", "Ann", "Zoe", "Ann", "Ann"]
    assert [(p.line, p.count) for p in result.only_file.problems if p.code == CODE] == [(4, 1)]
