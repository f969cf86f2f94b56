"""A number has the same value on every page of a move: rows, rows by kind, rows that do not move, records."""

import csv
import io
import re
from collections import Counter

import pytest
from sqlmodel import select

from app.caspen.live_counts import count_live
from app.formatting import files_and_folders
from app.migration.models import OutboxMail
from app.sources import source
from app.wizard.completeness import places
from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.product import ANA, MEGAN, Product

ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.S)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def number_in(text: str, pattern: str) -> int:
    """The number in a text. Fails if the text does not match."""
    match = re.search(pattern.replace("N", r"([\d,]+)"), text)
    assert match, f"{pattern} is not said: {text[:3000]}"
    return number(match[1])


def column(html: str, label: str) -> dict[str, int]:
    """The cells of a column of a table of kinds, by kind."""
    values = {}
    for row in ROW.findall(html):
        head = re.search(r"<th[^>]*>(.*?)</th>", row, re.S)
        cell = re.search(rf'data-label="{label}"[^>]*>(.*?)</td>', row, re.S)
        if head and cell:
            name = re.sub(r"<[^>]+>", "", head[1].partition('<span class="sub')[0]).strip()
            digits = re.sub(r"<[^>]+>|[^\d]", "", cell[1])
            values[name] = int(digits or 0)
    return values


@pytest.fixture
def finished(shown_at: At) -> Product:
    return shown_at("finalised")


def test_every_page_counts_the_same_rows_of_the_export(finished: Product) -> None:
    megan, at = finished.visitor(MEGAN), finished.at
    rows = {
        "found": number_in(headline(megan.get(f"{at}/handover")), "We read N rows"),
        "review": number_in(words(megan.get(f"{at}/review")), "rows in your export N"),
        "report": number_in(words(megan.get(f"{at}/report")), "rows in your export N"),
        "support": number_in(
            words(finished.visitor(ANA).get(f"/support/{finished.migration_id}")), "rows in your export N"
        ),
        "by kind": sum(column(megan.get(f"{at}/report").text, "In your export").values()),
        "table": sum(number(line["in your export"]) for line in table(megan.get(f"{at}/review/table.csv").text)),
    }
    assert len(set(rows.values())) == 1, rows


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def test_every_page_counts_the_same_rows_of_a_kind(finished: Product) -> None:
    megan, at = finished.visitor(MEGAN), finished.at
    review = column(megan.get(f"{at}/review").text, "In your export")
    match = column(megan.get(f"{at}/handover").text, "Rows")
    report = column(megan.get(f"{at}/report").text, "In your export")
    assert len(match) > 10
    assert {kind: rows for kind, rows in match.items() if kind in review and review[kind] != rows} == {}
    assert {kind: rows for kind, rows in report.items() if review.get(kind) != rows} == {}


def test_rows_that_do_not_move_have_the_same_label_for_each_number(finished: Product) -> None:
    megan, at = finished.visitor(MEGAN), finished.at
    review, report = words(megan.get(f"{at}/review")), words(megan.get(f"{at}/report"))
    skipped, held = number_in(review, "do not move, by rule N"), number_in(review, "held back N")
    assert number_in(headline(megan.get(f"{at}/problems")), "N rows did not come across") == skipped + held
    assert number_in(report, "Look at N rows held back or not readable") == held


def test_every_page_counts_the_same_kinds_that_move(finished: Product) -> None:
    megan, at = finished.visitor(MEGAN), finished.at
    moving = number_in(words(megan.get(f"{at}/overview")), "N kinds of records move")
    assert number_in(words(megan.get(f"{at}/files")), "The N kinds that move") == moving


def test_every_page_counts_the_same_records(finished: Product) -> None:
    megan, at = finished.visitor(MEGAN), finished.at
    page = megan.get(f"{at}/report")
    live = number_in(words(page), "N records from Cliniko are live")
    support = words(finished.visitor(ANA).get(f"/support/{finished.migration_id}"))
    assert number_in(support, "Live now N records") == live
    assert sum(column(page.text, "Records live now").values()) == live
    assert "counts records of this move in your workspace, every other column counts rows" in words(page)


def test_the_approval_page_counts_the_records_that_go_live(shown_at: At) -> None:
    product = shown_at("reviewing")
    megan, at = product.visitor(MEGAN), product.at
    approve = words(megan.get(f"{at}/approve"))
    signed = number_in(approve, "clients, N appointments and [0-9,]+ progress notes become visible")
    assert number_in(headline(megan.get(f"{at}/records/appointments")), "N appointments in the trial") == signed
    brought_rows = number_in(words(megan.get(f"{at}/review")), "came across N")
    assert number_in(approve, "go live N") + number_in(approve, "in Caspen already N") == brought_rows
    finished = shown_at("finalised")
    live = count_live(finished.runtime.caspen, finished.move().workspace_id).tables["appointments"]["appointments"]
    assert live == signed


@pytest.mark.parametrize("point", ["begun", "preparing", "matching", "reviewing"])
def test_support_counts_the_lines_of_the_checklist_as_the_clinic_does(shown_at: At, point: str) -> None:
    product = shown_at(point)
    page = product.visitor(MEGAN).get(f"{product.at}/checklist")
    support = words(product.visitor(ANA).get(f"/support/{product.migration_id}"))
    clinics = re.search(r"(\d+) of (\d+) done", words(page))
    if clinics is None:  # before the lists are acknowledged the page asks for that first
        assert point == "begun"
        return
    assert f"Checklist, {clinics[1]} of {clinics[2]} done" in support
    assert f"Checks, {clinics[1]} of {clinics[2]}" in support


@pytest.mark.parametrize(
    ("paths", "headline_"),
    [
        ([], "0 files"),
        (["a.csv"], "1 file"),
        (["Patient files/"], "1 folder"),
        (["a.csv", "b.csv", "Patient files/"], "2 files and 1 folder"),
        (["x/", "y/", "a.csv"], "1 file and 2 folders"),
    ],
)
def test_a_folder_of_documents_is_not_called_a_file(paths: list[str], headline_: str) -> None:
    assert files_and_folders(paths) == headline_


def test_every_page_counts_the_same_files(finished: Product) -> None:
    megan, at = finished.visitor(MEGAN), finished.at
    headline_ = headline(megan.get(f"{at}/files")).removesuffix(" in your export")
    assert f"Read {headline_}" in words(megan.get(f"{at}/handover"))


@pytest.mark.parametrize(("expected", "arrived"), [(88, 82), (2, 1), (5, 5), (5, 7)])
def test_places_of_classes_that_did_not_come_have_a_reason_and_a_page(expected: int, arrived: int) -> None:
    (held,) = places(Counter(places=expected, appointments_in_groups=arrived), source(None))
    assert held.fits == (arrived >= expected)
    assert ("the client is not in your export" in held.small) == bool(held.page) == (arrived < expected)
    if arrived < expected:
        assert re.search(rf"\. {expected - arrived} places? ha(s|ve) none:", held.small)


def test_the_outbox_and_support_agree_on_all_mails(product_at: At) -> None:
    product = product_at("matching")
    first = product.mails("received")[0]
    more = [{**first.model_dump(), "id": f"mail{n}", "cause": f"again:{n}"} for n in range(55)]
    product.write(lambda session: session.add_all(OutboxMail(**mail) for mail in more))
    with product.runtime.ledger.read() as session:
        total = len(session.exec(select(OutboxMail)).all())
    page = product.visitor(MEGAN).get("/outbox")
    assert headline(page) == f"Outbox: {total} mails, none left this machine"
    assert "The newest 50 are listed." in words(page)
    support = words(product.visitor(ANA).get(f"/support/{product.migration_id}"))
    assert "sent today" not in support
