"""Totals and repeated headers are set aside once, without any other noise, in a table of any kind."""

import pytest

from app.mapping.kind import Kind
from tests.reading.damage import with_header_again, with_total
from tests.reading.story import HEADER, SOURCE, Desk, patients

KEYED = [kind for kind in SOURCE.kinds if kind.imported and any(p.column.is_key for p in kind.columns)]
NOISE = {"bad_id", "id_not_numeric", "id_cleaned", "bad_date", "bad_date_of_birth", "missing_id", "row_too_short"}


def table(kind: Kind[object], rows: int = 5) -> str:
    """A table with every native header of a kind, of which the key alone is filled."""
    placed = [p for p in kind.columns if not p.column.prefix and not p.column.set_by_reading]
    headers = [p.column.native or p.name for p in placed]
    at = next(n for n, p in enumerate(placed) if p.column.is_key)
    lines = [",".join(headers)]
    lines += [",".join(str(1000 + n) if c == at else "" for c in range(len(headers))) for n in range(rows)]
    return "\n".join(lines) + "\n"


def aside(desk: Desk, kind: Kind[object], content: bytes) -> tuple[list[int], set[str]]:
    desk.file_kinds = {"table.csv": kind.name}
    told = desk.csv(content, "table.csv")
    lines = [p.line or 0 for file in told.files for p in file.problems if p.code == "not_a_record"]
    assert sum(part.rows for part in told.one.parts) == told.one.rows, "the row is counted"
    return lines, told.codes


@pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.name)
def test_a_header_that_stands_there_again_is_no_record(desk: Desk, kind: Kind[object]) -> None:
    before = aside(desk, kind, table(kind).encode())
    lines, codes = aside(desk, kind, with_header_again(table(kind), 4))
    assert (before[0], lines) == ([], [4])
    assert codes - before[1] == {"not_a_record"}


@pytest.mark.parametrize("word", ["Total", "TOTAL", "Grand total", "Totals:", "Sum", "Count: 3", "Total 5"])
def test_a_total_is_no_record(desk: Desk, word: str) -> None:
    told = desk.csv(with_total(patients(5), word))
    assert told.problem("not_a_record").line == 7
    assert not NOISE & told.codes
    assert told.one.rows == 6


def test_a_total_beside_its_own_word_is_no_record(desk: Desk) -> None:
    told = desk.csv(patients(5) + ",Total,5,\n")
    assert told.problem("not_a_record").line == 7
    assert not NOISE & told.codes


def test_a_header_with_a_mark_or_in_other_letters_is_a_header(desk: Desk) -> None:
    told = desk.csv(f"{patients(2)}\ufeff{HEADER.upper()}\n3,A,B,\n")
    assert (told.problem("not_a_record").line, told.problem("not_a_record").count) == (4, 1)


@pytest.mark.parametrize(
    "row",
    [
        "anna,Ann,Lee,1980-02-11",
        "A-17,Ann,Lee,",
        "x9,Total,Lee,",
        ",Ann,Lee,1980-02-11",
        "10,Total,,",
        "11,First Name,Last Name,",
    ],
)
def test_a_row_that_says_something_is_a_record(desk: Desk, row: str) -> None:
    assert "not_a_record" not in desk.csv(f"{patients(5)}{row}\n").codes


def test_words_for_keys_are_no_totals(desk: Desk) -> None:
    rows = "".join(f"{name},,,\n" for name in ("ann", "bob", "cy"))
    assert "not_a_record" not in desk.csv(f"{HEADER}\n{rows}").codes
