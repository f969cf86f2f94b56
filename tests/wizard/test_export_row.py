"""A row of the export, whether it came across or not."""

import re

import pytest
from sqlmodel import col, select

from app.migration.models import ExportFile, Migration, Part, ProblemLine
from app.migration.problem_lines import that_count
from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.product import MEGAN, RICK, Product
from tests.wizard.test_records import cells


def kept_back(product: Product) -> ProblemLine:
    """A row that the trial did not import."""
    with product.runtime.ledger.read() as session:
        move = session.get_one(Migration, product.migration_id)
        wanted = select(ProblemLine).where(
            *that_count(move), col(ProblemLine.level) == "held", col(ProblemLine.line).is_not(None)
        )
        part = session.exec(wanted).first()
        assert part is not None
        session.expunge(part)
        return part


def address_of(product: Product, line: ProblemLine) -> str:
    with product.runtime.ledger.read() as session:
        file = session.exec(select(ExportFile.number).where(ExportFile.path == line.file, ExportFile.number > 0)).one()
    return f"{product.at}/rows/{file}/{line.line}"


def test_a_row_that_did_not_come_shows_its_cells_and_why(shown_at: At) -> None:
    product = shown_at("reviewing")
    line = kept_back(product)
    page = product.visitor(RICK).get(address_of(product, line))
    assert page.status_code == 200
    assert headline(page).startswith(f"Line {line.line:,} of ")
    assert "It did not come across" in words(page)
    assert line.code in page.text
    assert str(line.source_id) in words(page)


def test_a_problem_leads_to_its_rows_for_those_who_may_see_them(shown_at: At) -> None:
    product = shown_at("reviewing")
    line = kept_back(product)
    address = address_of(product, line)
    assert f'href="{address}"' in product.visitor(RICK).get(f"{product.at}/problems/{line.code}").text
    assert (
        f'href="{address}"'
        not in product.visitor("vera@harbourstreet.example").get(f"{product.at}/problems/{line.code}").text
    )
    assert "/rows/" not in re.sub(
        r"/problems/rows\.csv", "", product.visitor("ana@caspen.example").get(f"{product.at}/problems/{line.code}").text
    )


def test_an_imported_row_links_to_its_record(shown_at: At) -> None:
    product = shown_at("reviewing")
    rick = product.visitor(RICK)
    client = re.findall(rf'href="({product.at}/clients/cli_\w+)"', rick.get(f"{product.at}/clients").text)[0]
    row = re.findall(r'href="(/m/\w+/rows/\d+/\d+)"', rick.get(client).text)[0]
    assert f'href="{client}"' in rick.get(row).text


@pytest.mark.parametrize("place", ["0/0", "1/999999", "999/2", "-1/2", "1/-1"])
def test_a_line_without_a_row_returns_404(shown_at: At, place: str) -> None:
    product = shown_at("reviewing")
    assert product.visitor(MEGAN).get(f"{product.at}/rows/{place}").status_code == 404


def test_a_view_of_a_row_is_recorded_by_its_place(product_at: At) -> None:
    product = product_at("reviewing")
    product.visitor(RICK).get(f"{product.at}/rows/1/2")
    entry = product.audit()[-1]
    assert (entry.by, entry.act, entry.facts) == (RICK, "row_seen", {"file": 1, "line": 2})


def test_a_record_explains_the_deletion_of_its_row(product_at: At) -> None:
    product = product_at("reviewing")
    with product.runtime.ledger.read() as session:
        for part in session.exec(select(Part).where(Part.migration_id == product.migration_id)):
            product.runtime.objects.delete(part.object_key)
    rick = product.visitor(RICK)
    assert headline(rick.get(f"{product.at}/rows/1/2")) == "This row is no longer here"
    client = re.findall(rf'href="({product.at}/clients/cli_\w+)"', rick.get(f"{product.at}/clients").text)[0]
    page = rick.get(client)
    assert page.status_code == 200
    assert "Our copy of your export is no longer here" in words(page)
    assert not cells(page)


def test_a_row_can_be_viewed_before_a_trial(shown_at: At) -> None:
    product = shown_at("matching")
    page = product.visitor(RICK).get(f"{product.at}/rows/1/2")
    assert page.status_code == 200
    assert cells(page)
