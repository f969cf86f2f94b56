"""A locked zip: the page asks for its password, and the same files are read again."""

from collections.abc import Mapping

import pytest
from sqlmodel import select

from app.migration.models import Export
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.product import GRACE, MEGAN, VERA, Product
from tests.reading.locks import locked
from tests.reading.zips import Item, build
from tests.wizard.questionable import few

SECRET = "Harbour-2026 zip"


def closed(files: Mapping[str, bytes | str], *open_ones: str) -> bytes:
    """The files in a zip, most of them locked."""
    items = []
    for name, data in files.items():
        item = Item(name.encode(), data if isinstance(data, bytes) else data.encode())
        items.append(item if any(part in name for part in open_ones) else locked(item, SECRET.encode()))
    return build(items)


def handed_over(product: Product, *open_ones: str) -> Product:
    done(
        product.visitor(MEGAN).post(
            f"{product.at}/handover/upload", files={"files": ("e.zip", closed(few(), *open_ones))}
        )
    )
    product.work()
    return product


@pytest.fixture
def shut(product_at: At) -> Product:
    """Nothing of the export could be opened."""
    return handed_over(product_at("preparing"))


def entered(product: Product, password: str, email: str = MEGAN) -> State:
    done(product.visitor(email).post(f"{product.at}/files/password", data={"password": password}))
    product.work()
    return State(product.move().state)


def test_a_zip_that_is_locked_asks_for_its_password(shut: Product) -> None:
    assert shut.move().state == State.READING_FAILED
    stopped = shut.visitor(MEGAN).get(f"{shut.at}/progress")
    assert "locked with a password" in words(stopped)
    assert f'href="{shut.at}/files/password"' in stopped.text
    page = shut.visitor(MEGAN).get(f"{shut.at}/files/password")
    assert headline(page) == "Your zip is locked with a password"
    assert 'type="password"' in page.text


def test_the_right_password_reads_the_same_files(shut: Product) -> None:
    before = shut.move().export_number
    assert entered(shut, SECRET) is State.MATCHING
    assert shut.move().export_number == before + 1
    with shut.runtime.ledger.read() as session:
        first, second = session.exec(select(Export)).all()
    assert first.sha256 == second.sha256
    assert "password" not in words(shut.visitor(MEGAN).get(f"{shut.at}/handover"))
    again = shut.visitor(MEGAN).get(f"{shut.at}/files/password")
    assert again.status_code == 303  # nothing is locked any more
    assert again.headers["location"] == f"{shut.at}/files"


def test_a_wrong_password_is_reported_and_can_be_corrected(shut: Product) -> None:
    assert entered(shut, "guess") is State.READING_FAILED
    assert "That password does not open the zip" in words(shut.visitor(MEGAN).get(f"{shut.at}/progress"))
    assert "That password does not open the zip" in words(shut.visitor(MEGAN).get(f"{shut.at}/files/password"))
    assert entered(shut, SECRET) is State.MATCHING


def test_no_password_at_all_is_asked_for_again(shut: Product) -> None:
    answer = shut.visitor(MEGAN).post(f"{shut.at}/files/password", data={"password": ""})
    assert answer.status_code == 422
    assert "Type the password that the zip was made with." in words(answer)
    assert shut.move().state == State.READING_FAILED


def test_locked_files_among_others_are_listed_on_the_contents_page(product_at: At) -> None:
    product = handed_over(product_at("preparing"), "/Patients-", "Practitioners-", "Businesses")
    assert product.move().state == State.MATCHING
    contents = product.visitor(MEGAN).get(f"{product.at}/handover")
    assert "The zip is locked with a password" in words(contents)
    assert "Enter the password" in words(contents)
    assert entered(product, SECRET) is State.MATCHING
    assert "locked" not in words(product.visitor(MEGAN).get(f"{product.at}/handover"))


def test_the_password_is_kept_sealed_and_in_no_page_or_audit_line(shut: Product) -> None:
    entered(shut, SECRET)
    with shut.runtime.ledger.read() as session:
        sealed = [export.sealed_zip_password for export in session.exec(select(Export))]
    assert sealed[0] is None
    assert sealed[1]
    assert SECRET not in sealed[1]
    for page in ("handover", "files", "people", "progress"):
        assert SECRET not in shut.visitor(MEGAN).get(f"{shut.at}/{page}").text
    assert SECRET not in str([line.facts for line in shut.audit()])


def test_viewers_are_not_asked(shut: Product) -> None:
    assert 'type="password"' not in shut.visitor(VERA).get(f"{shut.at}/files/password").text
    assert shut.visitor(VERA).post(f"{shut.at}/files/password", data={"password": SECRET}).status_code in (403, 404)
    assert entered(shut, SECRET, GRACE) is State.MATCHING
