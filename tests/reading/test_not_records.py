"""Totals and repeated headers are set aside with a single problem, in tables of every kind."""

import pytest

from app.mapping.kind import Kind
from tests.reading.damage import with_header_again, with_total
from tests.reading.story import HEADER, SOURCE, Desk, patients

KEYED = [kind for kind in SOURCE.kinds if kind.imported and any(p.column.is_key for p in kind.columns)]
NOISE = {"bad_id", "id_not_numeric", "id_cleaned", "bad_date", "bad_date_of_birth", "missing_id", "row_too_short"}


def table(kind: Kind[object], rows: int = 5) -> str:
    """Returns a table with every native header of a kind, in which only the key is filled."""
    placed = [p for p in kind.columns if not p.column.prefix and not p.column.set_by_reading]
    headers = [p.column.native or p.name for p in placed]
    at = next(n for n, p in enumerate(placed) if p.column.is_key)
    lines = [",".join(headers)]
    lines += [",".join(str(1000 + n) if c == at else "" for c in range(len(headers))) for n in range(rows)]
    return "\n".join(lines) + "\n"


def aside(desk: Desk, kind: Kind[object], content: bytes) -> tuple[list[int], set[str]]:
    desk.file_kinds = {"table.csv": kind.name}
    result = desk.csv(content, "table.csv")
    lines = [p.line or 0 for file in result.files for p in file.problems if p.code == "not_a_record"]
    assert sum(part.rows for part in result.only_file.parts) == result.only_file.rows, "the row is counted"
    return lines, result.codes


@pytest.mark.parametrize("kind", KEYED, ids=lambda kind: kind.name)
def test_a_repeated_header_is_not_a_record(desk: Desk, kind: Kind[object]) -> None:
    before = aside(desk, kind, table(kind).encode())
    lines, codes = aside(desk, kind, with_header_again(table(kind), 4))
    assert (before[0], lines) == ([], [4])
    assert codes - before[1] == {"not_a_record"}


@pytest.mark.parametrize("word", ["Total", "TOTAL", "Grand total", "Totals:", "Sum", "Count: 3", "Total 5"])
def test_a_total_is_not_a_record(desk: Desk, word: str) -> None:
    result = desk.csv(with_total(patients(5), word))
    assert result.problem("not_a_record").line == 7
    assert not NOISE & result.codes
    assert result.only_file.rows == 6


def test_a_total_next_to_its_label_is_not_a_record(desk: Desk) -> None:
    result = desk.csv(patients(5) + ",Total,5,\n")
    assert result.problem("not_a_record").line == 7
    assert not NOISE & result.codes


def test_a_header_with_a_mark_or_in_other_letters_is_a_header(desk: Desk) -> None:
    result = desk.csv(f"{patients(2)}\ufeff{HEADER.upper()}\n3,A,B,\n")
    assert (result.problem("not_a_record").line, result.problem("not_a_record").count) == (4, 1)


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
def test_a_row_with_content_is_a_record(desk: Desk, row: str) -> None:
    assert "not_a_record" not in desk.csv(f"{patients(5)}{row}\n").codes


def test_words_as_keys_are_not_totals(desk: Desk) -> None:
    rows = "".join(f"{name},,,\n" for name in ("ann", "bob", "cy"))
    assert "not_a_record" not in desk.csv(f"{HEADER}\n{rows}").codes
