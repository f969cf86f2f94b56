"""The page of problems: each problem with its rows that were not imported, and all of them as a table that runs
nothing.
"""

import csv
import io
import re
from html import unescape
from typing import Any

import pytest
from sqlmodel import Session, select

from app.migration.fates import OLDER_ROW
from app.migration.models import ProblemLine
from app.problems import Level, catalogue
from app.wizard.findings import ProblemSum, bands
from app.wizard.problems import as_csv
from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.product import MEGAN, VERA, Product

ACT = re.compile(
    r"(?:^|[.:;] )(?:Add|Archive|Ask|Check|Choose|Compare|Correct|Download|Enter|Export|Find|Give|Keep|Look|Make|Mark"
    r"|Match|Merge|Move|Open|Rename|Restore|Send|Set|Share|Start|Tell|Try|Unpack|Wait|Write)\b"
    r"|\bif you\b|\bhand over\b",
)
"""The beginnings of sentences that name an act of a person."""


@pytest.mark.parametrize("code", [code for code, entry in catalogue().items() if entry.level is not Level.STOPS])
def test_problems_without_an_actor_name_no_act(code: str) -> None:
    entry = catalogue()[code]
    assert entry.has_act or not ACT.search(entry.todo)


@pytest.mark.parametrize("code", [code for code, entry in catalogue().items() if entry.level is not Level.STOPS])
def test_headings_above_actionable_problems_mention_the_act(code: str) -> None:
    entry = catalogue()[code]
    (band,) = bands([ProblemSum(entry, entry.level, "patients", "Clients", 1)], "Cliniko")
    (finding,) = band.findings
    assert finding.who == "Nobody needs to" or "nothing to d" not in band.tiny
    assert entry.has_act == (finding.who != "Nobody needs to")


def test_the_contents_page_separates_actionable_notices(product_at: At) -> None:
    product = product_at("matching")
    run = f"export:{product.move().export_number}"
    with product.runtime.ledger.read() as session:
        there = {line.code for line in session.exec(select(ProblemLine).where(ProblemLine.run == run))}
    optional = [code for code in ("bad_appointment_time", "bad_weekday", "appointment_overlap") if code not in there]
    for code in optional:
        add_lines(product, 1, run=run, code=code, level=catalogue()[code].level.value)
    page = product.visitor(MEGAN).get(f"{product.at}/handover").text
    folds = re.findall(r'<details class="fold".*?</details>', page, re.DOTALL)
    (nothing,) = [fold for fold in folds if "need nothing from you" in fold]
    (acts,) = [fold for fold in folds if "you may do something" in fold]
    for code, entry in catalogue().items():
        assert entry.title not in unescape(nothing) or not entry.has_act, code
    assert {"bad_appointment_time", "bad_weekday"} <= {c for c, e in catalogue().items() if e.title in unescape(acts)}


def add_lines(product: Product, count: int, **values: Any) -> None:
    def write(session: Session) -> None:
        for line in range(count):
            finding: dict[str, Any] = {
                "migration_id": product.migration_id,
                "run": "trial:1",
                "code": "kind_not_imported",
                "level": "skipped",
                "kind": "patients",
                "file": "p.csv",
                "line": line,
                "source_id": str(line),
            }
            session.add(ProblemLine(**(finding | values)))

    product.write(write)


@pytest.mark.parametrize(
    ("point", "title"),
    [("preparing", "Your export is not read yet"), ("matching", "What we found in your export")],
)
def test_no_row_is_called_imported_before_a_trial(shown_at: At, point: str, title: str) -> None:
    product = shown_at(point)
    page = product.visitor(MEGAN).get(f"{product.at}/problems")
    assert headline(page) == title
    text = words(page)
    assert "came across" not in text.lower()
    assert "rows did not come" not in text
    assert 'data-label="Rows"' not in page.text, "files are not counted as rows"


@pytest.mark.parametrize("point", ["matching", "reviewing", "finalised"])
def test_every_problem_is_a_line_that_opens(shown_at: At, point: str) -> None:
    product = shown_at(point)
    vera = product.visitor(VERA)
    page = vera.get(f"{product.at}/problems")
    links = re.findall(rf'href="({product.at}/problems/[a-z_]+(?:\?kind=\w+)?)"', page.text)
    assert len(links) > 3
    for link in links:
        answer = vera.get(link)
        assert answer.status_code == 200, link
        assert "{source}" not in words(answer)
        assert " 1 rows" not in headline(answer)


def test_the_list_filters_by_kind_and_level(shown_at: At) -> None:
    product = shown_at("reviewing")
    megan = product.visitor(MEGAN)
    every = megan.get(f"{product.at}/problems").text.count("/problems/")
    held = megan.get(f"{product.at}/problems?level=held")
    assert 0 < held.text.count("/problems/") < every
    assert "Nothing fits these two choices." in words(megan.get(f"{product.at}/problems?level=held&kind=invoices"))
    assert megan.get(f"{product.at}/problems?level=<script>&kind='").status_code == 200


@pytest.mark.parametrize("code", ["nonsense", "no_space", "..%2f..%2fetc"])
def test_a_problem_that_this_move_does_not_have_returns_404(shown_at: At, code: str) -> None:
    product = shown_at("reviewing")
    assert product.visitor(MEGAN).get(f"{product.at}/problems/{code}").status_code == 404


def test_a_thousand_rows_are_turned_over_page_by_page(product_at: At) -> None:
    product = product_at("reviewing")
    add_lines(product, 250, code="no_space")
    megan, at, viewed = product.visitor(MEGAN), f"{product.at}/problems/no_space", 0
    for start, shown in ((0, "1 to 100 of 250"), (100, "101 to 200 of 250"), (200, "201 to 250 of 250")):
        page = megan.get(f"{at}?start={start}")
        assert shown in words(page)
        viewed += page.text.count("p.csv")
    assert viewed == 250
    assert megan.get(f"{at}?start=900").status_code == 200


def test_the_table_holds_every_row_that_did_not_come(shown_at: At) -> None:
    product = shown_at("reviewing")
    answer = product.visitor(VERA).get(f"{product.at}/problems/rows.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeff"), "so that a spreadsheet reads it as UTF-8"
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    with product.runtime.ledger.read() as session:
        every = session.exec(select(ProblemLine)).all()
    kept = [entry for entry in every if entry.level in ("held", "skipped", "refused") or entry.code == OLDER_ROW]
    by_row = {(line.file, str(line.line), line.code) for line in kept if line.run == "trial:1"}
    assert len(by_row) > 5
    assert by_row <= {(row["file"], row["line"], row["code"]) for row in rows}
    assert {line.code for line in kept} == {row["code"] for row in rows}, "what only reading told is there too"
    assert all(row["reason"] and row["what to do"] and row["code"] for row in rows)
    assert not any("{source}" in value for row in rows for value in row.values())


def test_more_rows_than_fit_into_memory_come_in_pieces(product_at: At) -> None:
    product = product_at("reviewing")
    before = product.visitor(MEGAN).get(f"{product.at}/problems/rows.csv").text.count("\r\n")
    add_lines(product, 2_500)
    assert product.visitor(MEGAN).get(f"{product.at}/problems/rows.csv").text.count("\r\n") == before + 2_500


@pytest.mark.parametrize("cell", ["=1+1", "+61", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", "＠x"])
def test_a_cell_that_a_spreadsheet_would_calculate_is_defused(cell: str) -> None:
    assert next(csv.reader(io.StringIO(as_csv([cell])))) == [f"'{cell}"]
    assert next(csv.reader(io.StringIO(as_csv(["12", None])))) == ["12", ""]


def test_a_filename_with_markup_is_escaped(product_at: At) -> None:
    product = product_at("reviewing")
    add_lines(product, 1, code="no_space", file="<script>alert(1)</script>.csv")
    page = product.visitor(MEGAN).get(f"{product.at}/problems/no_space")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text
