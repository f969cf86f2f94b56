"""After the deletion of our copies no page of the move fails, and no page links to deleted data."""

from zoneinfo import ZoneInfo

from app.formatting import full
from tests.access.test_offers import offered, pages
from tests.conftest import At
from tests.harness.page_text import words
from tests.harness.product import MEGAN, Visitor

ROWS = "/rows/"


def links_of(browser: Visitor, addresses: list[str], within: str) -> list[str]:
    """The links of a move's pages, each address once. No page may fail."""
    answers = {address: browser.get(address) for address in addresses}
    assert not [address for address, page in answers.items() if page.status_code >= 500]
    shown = [page for page in answers.values() if page.headers.get("content-type", "").startswith("text/html")]
    return sorted({to for page in shown for method, to in offered(page) if method == "GET" and to.startswith(within)})


def test_after_the_deletion_every_page_responds_without_links_to_rows(product_at: At) -> None:
    product = product_at("finalised")
    megan = product.visitor(MEGAN)
    addresses = list(pages(product))
    before = links_of(megan, addresses, product.at)
    rows = [address for address in before if ROWS in address]
    assert rows
    assert megan.post(f"{product.at}/report/delete", data={"delete": "1"}).status_code == 303
    after = links_of(megan, sorted({*addresses, *before}), product.at)
    assert [address for address in after if ROWS in address] == []
    assert "deleted" in words(megan.get(rows[0]))
    review, report = words(megan.get(f"{product.at}/review")), words(megan.get(f"{product.at}/report"))
    assert "You can still read what the trial held" not in review
    assert "The records of the trial are deleted; its numbers remain." in review
    receipt = report[report.index("Our copies are deleted") :]
    entry = next(entry for entry in product.audit() if entry.act == "purge")
    assert f"Deleted {full(entry.at, ZoneInfo('Australia/Sydney'))} By Megan Doyle" in receipt
    assert "files of your export and what we read from them, 1 trial and the key" in receipt
