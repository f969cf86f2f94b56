"""An odd cell never costs its sheet, and a sheet that cannot be read to its end never counts as empty."""

import io
import zipfile
from collections.abc import Callable

import pytest

from tests.reading.story import HEADER, Desk
from tests.reading.test_workbook_limits import MAIN, sheet, with_parts, with_sheet
from tests.reading.workbooks import workbook

HEAD = HEADER.split(",")
STRINGS = '<?xml version="1.0"?><sst xmlns="{0}"{1}>{2}</sst>'


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def clients(odd: str, *, row: str = "4") -> str:
    """Returns a table of five clients; `odd` is a further cell of the third, in a notes column."""
    head = "".join(text(f"{letter}1", name) for letter, name in zip("ABCDE", [*HEAD[:4], "Notes"], strict=True))
    rows = [f'<row r="1">{head}</row>']
    for number in range(2, 7):
        cells = text(f"A{number}", f"10{number}") + text(f"B{number}", "Ann") + text(f"C{number}", "Lee")
        cells += text(f"D{number}", "1980-02-11") + (odd if number == 4 else "")
        rows.append(f'<row r="{row if number == 4 else number}">{cells}</row>')
    return "".join(rows)


WORDS = ("#N/A", "#DIV/0!", "#REF!", "#SPILL!", "#CALC!", "#UNKNOWN!", "#FIELD!", "#STRANGE!", "no error word", "")
BLANK_WITH_PROBLEM = {
    "a string that the workbook has not": '<c r="E4" t="s"><v>999999</v></c>',
    **{f"the string number {n}": f'<c r="E4" t="s"><v>{n}</v></c>' for n in ("-1", "1x", "+1", "1e0", "9" * 20)},
    "a type that no cell has": '<c r="E4" t="zzz"><v>5</v></c>',
    "an entity that nobody defines": text("E4", "Tom &bad; Jerry"),
    "half of a sign": text("E4", "a&#xD800;b"),
    "a cell inside a cell": '<c r="E4"><c r="E4"><v>1</v></c></c>',
    "a column that no sheet has": '<c r="ZZZZZZ4"><v>5</v></c>',
    "a place that is none": '<c r="?!"><v>5</v></c>',
    **{f"the error {word or 'without a word'}": f'<c r="E4" t="e"><v>{word}</v></c>' for word in WORDS if word},
}
READ_AS_TEXT = {
    "a number that is none": ('<c r="E4"><v>abc</v></c>', "abc"),
    "a truth that is none": ('<c r="E4" t="b"><v>maybe</v></c>', "maybe"),
    "a style that the workbook has not": ('<c r="E4" s="4000000000"><v>5</v></c>', "5"),
    "a date that is none": ('<c r="E4" t="d"><v>9999-99-99</v></c>', "9999-99-99"),
    "a lone ampersand": (text("E4", "Tom & Jerry"), "Tom & Jerry"),
}


@pytest.mark.parametrize("what", BLANK_WITH_PROBLEM)
def test_a_cell_that_cannot_be_read_is_blank_with_its_problem(desk: Desk, what: str) -> None:
    result = desk.csv(with_sheet(sheet(clients(BLANK_WITH_PROBLEM[what]))), "patients.xlsx")
    assert (result.only_file.kind, result.only_file.rows, result.only_file.refused) == ("patients", 5, None)
    assert [row.cells["id"] for row in result.rows()] == ["102", "103", "104", "105", "106"]
    assert [p.count for p in result.only_file.problems if p.code == "spreadsheet_error_value"] == [1]


@pytest.mark.parametrize("what", READ_AS_TEXT)
def test_a_cell_with_readable_text_keeps_it(desk: Desk, what: str) -> None:
    odd, shown = READ_AS_TEXT[what]
    result = desk.csv(with_sheet(sheet(clients(odd))), "patients.xlsx")
    assert (result.only_file.rows, result.only_file.refused, "spreadsheet_error_value" in result.codes) == (
        5,
        None,
        False,
    )
    assert shown in result.rows()[2].cells.values()


@pytest.mark.parametrize("number", ["99999999999999999999999", "99999999999", "0", "-1", "x", "2"])
def test_a_row_with_an_impossible_number_is_the_next_row(desk: Desk, number: str) -> None:
    body = clients('<c r="E4" t="e"><v>#N/A</v></c>', row=number)
    result = desk.csv(with_sheet(sheet(body)), "patients.xlsx")
    assert [(row.line, row.cells["id"]) for row in result.rows()][:3] == [(2, "102"), (3, "103"), (4, "104")]
    assert result.only_file.rows == 5


@pytest.mark.parametrize("where", ["a cell", "the shared strings"])
def test_a_byte_of_another_encoding_costs_a_single_cell(desk: Desk, where: str) -> None:
    strings = STRINGS.format(MAIN, "", "<si><t>good</t></si><si><t>cafQ</t></si>")
    odd = text("E4", "cafQ") if where == "a cell" else '<c r="E4" t="s"><v>1</v></c>'
    book = with_parts({"xl/worksheets/sheet1.xml": sheet(clients(odd)), "xl/sharedStrings.xml": strings})
    result = desk.csv(_with_byte(book), "patients.xlsx")
    assert (result.only_file.kind, result.only_file.rows, result.only_file.refused) == ("patients", 5, None)
    assert "spreadsheet_error_value" in result.codes


def _with_byte(book: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as plain, zipfile.ZipFile(out, "w") as after:
        for name in plain.namelist():
            after.writestr(name, plain.read(name).replace(b"cafQ", b"caf\xe9"))
    return out.getvalue()


def _without_part() -> bytes:
    relations = '<?xml version="1.0"?><Relationships><Relationship Id="rId1" Type="x/worksheet" Target="{}"/>'
    return with_parts({"xl/_rels/workbook.xml.rels": relations.format("../../etc/passwd") + "</Relationships>"})


DAMAGED: dict[str, Callable[[], bytes]] = {
    "cut short": lambda: with_sheet(sheet(clients(""))[:-60]),
    "nested wrongly": lambda: with_sheet(sheet(clients("<c r='E4'><v>1</c></v>"))),
    "nested very deep": lambda: with_sheet(sheet(clients('<c r="E4">' * 1000 + "</c>" * 1000))),
    "without its part": _without_part,
    "with strings cut short": lambda: with_parts(
        {"xl/worksheets/sheet1.xml": sheet(clients("")), "xl/sharedStrings.xml": "<sst><si><t>a"}
    ),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_sheet_that_cannot_be_read_whole_is_refused_and_never_empty(desk: Desk, what: str) -> None:
    result = desk.csv(DAMAGED[what](), "patients.xlsx")
    assert result.only_file.refused in ("zip_damaged", "file_type_unsupported")
    assert "file_empty_table" not in result.codes


def test_a_truncated_sheet_reports_how_far_it_was_read(desk: Desk) -> None:
    result = desk.csv(DAMAGED["cut short"](), "patients.xlsx")
    assert (result.only_file.refused, result.only_file.rows, result.only_file.problems[0].line) == ("zip_damaged", 5, 6)


def test_a_chart_has_no_rows_and_is_not_damaged(desk: Desk) -> None:
    relations = '<?xml version="1.0"?><Relationships><Relationship Id="rId1" Type="x/chartsheet" Target="chart.xml"/>'
    book = with_parts({"xl/_rels/workbook.xml.rels": relations + "</Relationships>", "xl/chart.xml": "<chartsheet/>"})
    assert desk.csv(book, "patients.xlsx").only_file.refused is None


@pytest.mark.parametrize("count", ["4294967295", "99999999999999999999", "6000000"])
@pytest.mark.parametrize("name", ["count", "uniqueCount"])
def test_a_false_count_of_strings_asks_for_no_memory(desk: Desk, count: str, name: str) -> None:
    strings = STRINGS.format(MAIN, f' {name}="{count}"', '<si><t>count="99999999999"</t></si>')
    odd = '<c r="E4" t="s"><v>0</v></c>'
    book = with_parts({"xl/worksheets/sheet1.xml": sheet(clients(odd)), "xl/sharedStrings.xml": strings})
    result = desk.csv(book, "patients.xlsx")
    assert (result.only_file.rows, result.only_file.refused) == (5, None)
    assert 'count="99999999999"' in result.rows()[2].cells.values()


def test_a_whole_workbook_is_read_by_the_library_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("app.reading.workbook.compact", never)
    result = desk.csv(workbook({"S": [HEAD, ["7", "Ann", "Lee", "1980-02-11"]]}), "patients.xlsx")
    assert result.only_file.rows == 1


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_workbook_that_unpacks_to_too_much_is_refused_alone(desk: Desk, place: str) -> None:
    bomb, table = (
        with_sheet(sheet(clients("") + " " * (12 << 20))),
        ",".join(HEAD).encode() + b"\n7,Ann,Lee,1980-02-11\n",
    )
    files = {"bomb.xlsx": bomb, "patients.csv": table}
    result = desk.zip(files if place == "first" else dict(reversed(files.items())))
    assert {file.path: file.refused for file in result.files} == {
        "bomb.xlsx": "zip_bomb_suspected",
        "patients.csv": None,
    }
