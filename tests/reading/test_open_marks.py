"""An unclosed quotation mark costs no other row; a cell of several lines stays a cell."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from app.reading.delimited import MOST_MARKS, ROWS_IN_CELL, STRAY_QUOTE, Delimited
from app.reading.limits import Limits
from app.reading.recognise import Header, match_columns
from app.reading.refusal import Refused
from app.reading.unclosed_quotes import UnclosedQuotes
from app.trial.verification.plain import Headers, plain_rows
from tests.reading.story import SOURCE, Desk, native

TABLES: dict[str, tuple[str, ...]] = {
    "patients": ("Patient ID", "First Name", "Last Name", "Date of Birth", "Medical Alerts", "Email"),
    "contacts": ("Contact ID", "First Name", "Last Name", "Company Name", "Notes", "Email"),
    "communications": ("id", "patient_id", "type_code", "created_at", "content", "from"),
    "treatment_notes": ("id", "patient_id", "title", "created_at", "content", "practitioner_id"),
}
DELIMITERS = (",", ";", "\t", "|")
CLOSERS = ("an inch mark", "a quoted cell", "a quoted cell of several lines")
FIRST = 1400


@dataclass
class Damaged:
    """A table of a kind with its expected rows."""

    kind: str
    delimiter: str
    lines: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines.append(self.delimiter.join(TABLES[self.kind]))

    def add(self, at: int = 0, cell: str = "") -> None:
        number = str(FIRST + len(self.ids))
        self.ids.append(number)
        cells = [number, "1", "Ann", "2026-01-02", "a note", f"a{number}@x.example"]
        cells[at] = cell or number
        self.lines.append(self.delimiter.join(cells))

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    @property
    def header(self) -> Header:
        return match_columns(SOURCE.kind(self.kind), TABLES[self.kind])

    def read(self, limits: Limits | None = None) -> tuple[list[tuple[int, list[str], tuple[str, ...]]], Delimited]:
        table = Delimited(lambda: io.StringIO(self.text, newline=""), self.delimiter, limits or Limits())
        rows = list(table.rows(UnclosedQuotes(self.header, self.delimiter), header=1))
        return rows[1:], table


def closed_by(closer: str, delimiter: str) -> str:
    quoted = f'"see{delimiter} below"'
    return {"an inch mark": "tall 5'10\"", "a quoted cell": quoted}.get(closer, f'"see\nbelow{delimiter}"')


def damaged(kind: str, delimiter: str, at: int, closes_at: int, closer: str, between: int) -> Damaged:
    table = Damaged(kind, delimiter)
    table.add()
    table.add(at, '"allergy')
    for _ in range(between):
        table.add()
    table.add(closes_at, closed_by(closer, delimiter))
    table.add()
    return table


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("closer", CLOSERS)
@pytest.mark.parametrize("at", [1, 2, 4, 5])
def test_every_row_behind_an_unclosed_quote_is_read_and_its_own_row_reported(
    kind: str, delimiter: str, closer: str, at: int
) -> None:
    for between in (0, 1, 2, 50):
        for closes_at in (2, 4, 5):
            table = damaged(kind, delimiter, at, closes_at, closer, between)
            rows, read = table.read()
            case = (between, closes_at)
            if closer == "an inch mark" and at == closes_at == 5 and rows[1][2] == (ROWS_IN_CELL,):
                assert len(rows) == 3, case  # any first line of a note would do in the last column: the row waits
                continue
            assert [cells[0] for _, cells, _ in rows] == table.ids, case
            assert [codes for _, _, codes in rows] == [(), (STRAY_QUOTE,), *[()] * (between + 2)], case
            assert rows[1][1][at] == "allergy"
            assert (rows[1][0], read.open_marks[0][0]) == (3, 3)
            assert seen_again(table, read) == [(cells[0], cells[4].strip()) for _, cells, _ in rows]


def seen_again(table: Damaged, read: Delimited) -> list[tuple[str, str]]:
    """Returns the rows that verification finds in the same bytes."""
    rows = plain_rows(lambda: io.BytesIO(table.text.encode()), "utf-8", open_marks=dict(read.open_marks))
    return [(next(iter(row.values())), list(row.values())[4]) for _, row in rows]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("above", ["", "sep=,\n", "Zoë's clients\n\n", "\n\n"])
def test_an_unclosed_quote_is_found_in_every_encoding_and_below_lines_of_text(
    desk: Desk, end: str, encoding: str, above: str
) -> None:
    table = damaged("patients", ",", 0, 4, "an inch mark", 2)
    table.lines[2] = table.lines[2].replace('"allergy', '"1401').replace("Ann", "Zoë")
    content = (above + table.text).replace("\n", end).encode(encoding)
    result = desk.csv(content)
    assert [row.cells["id"] for row in result.rows()] == table.ids
    assert result.problem(STRAY_QUOTE).line == 3 + above.count("\n")
    assert result.only_file.facts["open_marks"] == [[3 + above.count("\n"), 0]]
    again = plain_rows(
        lambda: io.BytesIO(content),
        result.only_file.encoding,
        headers=Headers(frozenset({"patientid"})),
        open_marks=dict(result.only_file.facts["open_marks"]),
    )
    assert [next(iter(row.values())) for _, row in again] == table.ids


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("at", [1, 4, 5])
@pytest.mark.parametrize("between", [0, 1, 2, 50])
def test_a_quote_without_an_end_refuses_the_file_with_its_line(delimiter: str, at: int, between: int) -> None:
    table = Damaged("patients", delimiter)
    table.add()
    table.add(at, '"allergy')
    for _ in range(between + 1):
        table.add()
    with pytest.raises(Refused) as refused:
        table.read()
    assert (refused.value.code, refused.value.line) == ("csv_unclosed_quote", 3)


@pytest.mark.parametrize("closer", ["tall 5'10\"", '"quoted"'])
def test_a_quote_that_is_closed_too_far_away_refuses_the_file_with_its_line(closer: str) -> None:
    table = Damaged("patients", ",")
    table.add(4, '"allergy')
    for _ in range(60):
        table.add()
    table.add(4, closer)
    with pytest.raises(Refused) as refused:
        table.read(Limits(row_cells=200))
    assert (refused.value.code, refused.value.line) == ("csv_unclosed_quote", 2)


def test_each_of_many_unclosed_quotes_is_reported() -> None:
    table = Damaged("patients", ",")
    for _ in range(40):
        table.add(4, '"allergy')
        table.add(4, "tall 5'10\"")
        table.add(4, '"see, below"')
    rows, read = table.read()
    assert [cells[0] for _, cells, _ in rows] == table.ids
    assert sum(STRAY_QUOTE in codes for _, _, codes in rows) == len(read.open_marks) == 40
    assert seen_again(table, read) == [(cells[0], cells[4].strip()) for _, cells, _ in rows]


def test_too_many_unclosed_quotes_refuse_the_file() -> None:
    table = Damaged("patients", ",")
    for _ in range(MOST_MARKS + 1):
        table.add(4, '"allergy')
        table.add(4, "tall 5'10\"")
    with pytest.raises(Refused) as refused:
        table.read()
    assert refused.value.code == "csv_unclosed_quote"


def test_a_quote_behind_a_multiline_cell_is_found_on_its_line() -> None:
    table = Damaged("patients", ",")
    table.add()
    table.lines.append('1401,"Ann\nMary",Lee,1980-01-02,"allergy,a@x.example')
    table.ids.append("1401")
    table.add()
    table.add(4, "tall 5'10\"")
    rows, read = table.read()
    assert [cells[0] for _, cells, _ in rows] == table.ids
    assert rows[1][1][1:] == ["Ann\nMary", "Lee", "1980-01-02", "allergy", "a@x.example"]
    assert read.open_marks == [(4, 21)]
    assert seen_again(table, read) == [(cells[0], cells[4].strip()) for _, cells, _ in rows]


NOTES = (
    "Better.\nWalks again.",
    "Unit 3, 12 Harbour St\nSydney, NSW, 2000, Australia, here",
    "Seen:\n1. Ann, Lee, hip, knee, foot\n2. Bob, Ray, neck, back, arm",
    "Plan:\n2, 3, 4, 5, 6, 7\n8, 9, 10, 11, 12",
    "Copied:\n1402,Bob\n1403,Cai",
    "mail:\na@x.example,b@x.example,c@x.example,d@x.example,e@x.example",
    "id,first,last,born,alert,email\nsame as above",
    "\n\n",
    "said ""\n,,,,,\n",
    "2026-01-02,10:00,Ann,hip,done,x\n2026-01-03,11:00,Ann,hip,done,x",
    "1401,Ann,Lee,1980-01-01,her own row,x@x.example\nagain 1401,Ann",
)  # fmt: skip


def notes() -> Iterator[tuple[str, str, int, str]]:
    for kind in TABLES:
        for delimiter in DELIMITERS:
            for at in (2, 4, 5):
                for note in NOTES:
                    yield kind, delimiter, at, note


@pytest.mark.parametrize("kind", TABLES)
def test_a_note_of_several_lines_stays_a_cell_without_a_problem(kind: str) -> None:
    for of, delimiter, at, note in notes():
        if of != kind:
            continue
        table = Damaged(kind, delimiter)
        table.add()
        table.add(at, f'"{note.replace(chr(34), chr(34) * 2)}"')
        table.add()
        rows, read = table.read()
        assert [(cells[0], codes) for _, cells, codes in rows] == [(each, ()) for each in table.ids], (at, note)
        assert rows[1][1][at] == note
        assert read.open_marks == []


PIECES = st.sampled_from(
    ["a", '"', '""', ",", "\n", "\n1402,1,B,2026-01-02,", "\n1403,1,C,,n,e@x.example", ',"x"', ' x"']
)


@for_all(st.lists(PIECES, max_size=14))
def test_verification_finds_as_many_rows_as_reading_with_any_quotes(pieces: list[str]) -> None:
    table = Damaged("patients", ",")
    table.lines.append("1401,1,A,2026-01-02," + "".join(pieces))
    table.add()
    try:
        rows, read = table.read()
    except Refused:
        return
    filled = [cells for _, cells, _ in rows if any(cell.strip() for cell in cells)]
    assert len(seen_again(table, read)) == len(filled)


ROWS = ("1402,1,Bob,2026-01-02,x,b@x.example", "1403,1,Cai,2026-01-02,x,c@x.example")


@pytest.mark.parametrize("at", [2, 4, 5])
@pytest.mark.parametrize("above", ["Her family:\n", "From the old export, as it was:\n", ""])
@pytest.mark.parametrize("below", ["", "\nCall them."])
@pytest.mark.parametrize("quoted", [ROWS[:1], ROWS])
def test_a_note_that_quotes_rows_of_its_file_is_held_or_read_whole(
    at: int, above: str, below: str, quoted: Sequence[str]
) -> None:
    note = above + "\n".join(quoted) + below
    table = Damaged("patients", ",")
    table.add()
    table.add(at, f'"{note}"')
    table.add()
    rows, read = table.read()
    assert [cells[0] for _, cells, _ in rows] == table.ids
    assert rows[1][1][at] == note
    assert rows[1][2] in ((), (ROWS_IN_CELL,))
    assert read.open_marks == []


def test_an_uncertain_row_with_rows_inside_is_held_with_its_line(desk: Desk) -> None:
    lines = [",".join(TABLES["patients"]), '1401,A,B,1980-01-01,"allergy, nuts, eggs,a@x.example']
    lines += ["1402,C,D,1981-01-01,,c@x.example", "1403,E,F,1982-01-01,tall 5'10\",e@x.example", "1404,G,H,,,"]
    result = desk.csv("\n".join(lines) + "\n")
    assert (result.only_file.refused, result.only_file.rows) == (None, 2)
    assert (result.problem(ROWS_IN_CELL).line, result.problem(ROWS_IN_CELL).source_id) == (2, "1401")


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("closed", ["", "tall 5'10\"", '"quoted"'])
@pytest.mark.parametrize("above", ['"Report\nExport\n', 'Harbour Street\n"Made\n', '"Report\n', 'Of{}"us\n'])
def test_a_quote_above_the_header_refuses_the_file_with_its_line(
    desk: Desk, delimiter: str, closed: str, above: str
) -> None:
    table = Damaged("contacts", delimiter)
    table.add()
    table.add(4, closed or "a note")
    result = desk.csv(above.format(delimiter) + table.text, native("Contacts"))
    line = above[: above.index('"')].count("\n") + 1
    assert (result.only_file.refused, result.problem("csv_unclosed_quote").line) == ("csv_unclosed_quote", line)


@pytest.mark.parametrize("above", ['"Report\n', '"Report\nExport\n'])
def test_a_quote_above_a_quoted_header_refuses_the_file(desk: Desk, above: str) -> None:
    table = Damaged("contacts", ",")
    table.add()
    header, *rows = table.text.split("\n")
    quoted = ",".join(f'"{name}"' for name in header.split(","))
    result = desk.csv("\n".join([above + quoted, *rows]), native("Contacts"))
    assert (result.only_file.refused, result.problem("csv_unclosed_quote").line) == ("csv_unclosed_quote", 1)


@pytest.mark.parametrize(
    "header", ['Patient ID,"First\nName",Last Name', 'Last Name,"First\nName",Email,"Date\nof Birth"']
)
def test_a_header_of_several_lines_is_a_header(desk: Desk, header: str) -> None:
    assert "csv_unclosed_quote" not in desk.csv(f"{header}\n1401,Ann,Lee\n").codes


@pytest.mark.parametrize("closed", ["", "tall 5'10\"", '"quoted"'])
def test_a_quote_in_the_header_refuses_the_file(desk: Desk, closed: str) -> None:
    table = Damaged("patients", ",")
    table.lines[0] = table.lines[0].replace("Medical Alerts", '"Medical Alerts')
    table.add()
    table.add(4, closed or "a note")
    assert desk.csv(table.text).only_file.refused == "csv_unclosed_quote"


@pytest.mark.parametrize("content", ['"Dear Ann,\nit is, as\nI said', 'Cake,"Sugar\nApple,200 g\n'])
def test_a_letter_with_an_unclosed_quote_is_not_a_table(desk: Desk, content: str) -> None:
    assert desk.csv(content, "letter.txt").only_file.refused is None
