"""An id in scientific notation proves that a spreadsheet saved the file: the file is refused, with line and column."""

from pathlib import Path

import pytest

from app.problems import catalogue
from tests.figures.command import trial_here
from tests.reading.story import HEADER, SOURCE, Desk
from tests.shapes.export import KINDS

PLACES = [
    (kind.name, placed.column.native or placed.name)
    for kind in SOURCE.kinds
    if kind.name in KINDS
    for placed in kind.columns
    if (placed.column.is_key or placed.column.links_to) and (placed.column.native or placed.name) in KINDS[kind.name][0]
]


def written(kind: str, column: str, cell: str, at: int, rows: int) -> str:
    """Returns a table of `rows` rows of a kind; the row at `at` has `cell` in a column."""
    head = list(KINDS[kind][0])
    like = [KINDS[kind][0].get(name, "") for name in head]
    lines = [
        [cell if n == at and name == column else was for name, was in zip(head, like, strict=True)] for n in range(rows)
    ]
    return "\n".join(",".join('"' + each.replace('"', '""') + '"' for each in line) for line in [head, *lines]) + "\n"


@pytest.mark.parametrize("cell", ["1.55835E+18", "2E+17", "3E+5", "1e5", "1E1", '="1.5e18"'])
@pytest.mark.parametrize(("kind", "column"), PLACES)
def test_a_scientific_id_in_any_key_or_link_refuses_its_file_with_line_and_column(
    desk: Desk, kind: str, column: str, cell: str
) -> None:
    result = desk.csv(written(kind, column, cell, at=20, rows=40), f"{kind}.csv")
    problem = result.problem("ids_scientific")
    assert (result.only_file.refused, problem.kind, problem.column) == ("ids_scientific", kind, column)
    assert problem.line is not None
    assert problem.line > 20


def test_every_imported_kind_has_such_a_column() -> None:
    assert {kind for kind, _ in PLACES} >= set(KINDS) - {"patient_files"}


def test_the_todo_is_to_export_again_without_a_spreadsheet() -> None:
    result = catalogue()["ids_scientific"]
    assert "Export this file" in result.todo
    assert "without opening it in a spreadsheet" in result.todo


def test_a_trial_names_the_line_and_the_column_and_reads_the_other_files(tmp_path: Path) -> None:
    rows = [f"{n},Ann,Lee{n},1980-02-11" for n in range(1, 40)]
    tmp_path.joinpath("patients.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    tmp_path.joinpath("contacts.csv").write_text("Contact ID,First Name,Company Name\n5,Bo,X\n1.55835E+18,Cy,Y\n")
    tried = trial_here(tmp_path)
    result = [(p["file"], p["line"], p["column"]) for p in tried.answer["problems"] if p["code"] == "ids_scientific"]
    assert result == [("contacts.csv", 3, "Contact ID")]
    assert tried.balances
    assert tried.sum_of("created") == 39
