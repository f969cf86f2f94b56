"""An export with unknown headers is imported exactly as expected, by pairing columns in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from e2e.journey import Journey
from e2e.pages.files import Files
from e2e.pages.handover import Handover
from e2e.pages.progress import Progress
from e2e.pages.which_file import WhichFile
from e2e.product import Product
from tests.harness.browser import axe, scrolls_sideways
from tests.harness.unknown_dialect import UnknownDialectExport, write_unknown_dialect
from tests.harness.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]


def pair_all(page: WhichFile, export: UnknownDialectExport) -> int:
    """Answers the page of every file, following the pages' own links. Returns the number of files."""
    by_name = {path.rsplit("/", 1)[-1]: path for path in export.kinds}
    said = 0
    while page.page.locator("#kind").count():
        path = by_name[page.file]
        pairs = {name: field_on_page(name, field) for name, field in export.pairs.get(path, {}).items()}
        page.say(export.kinds[path], pairs)
        if said == 0:
            assert axe(page.page) == []
            assert not scrolls_sideways(page.page)
        page.keep()
        said += 1
    return said


def field_on_page(column: str, field: str) -> str:
    """On the page, a custom field is called as the column is."""
    return f"custom:{column}" if field.startswith("custom:") else field


def rows_by_kind(page: Handover) -> dict[str, int]:
    """The rows of each kind on the page of findings."""
    found = {}
    rows = page.page.locator("table tbody tr")
    rows.first.wait_for()
    for row in rows.all():
        cells = row.locator("td").all_inner_texts()
        name = row.locator("th a")
        if name.count() and len(cells) >= 2:
            found[(name.get_attribute("href") or "").rsplit("/", 1)[-1]] = int(cells[1].replace(",", ""))
    return found


def test_an_unknown_dialect_is_paired_in_the_browser(product: Product, browser: Browser, tmp_path: Path) -> None:
    export = write_unknown_dialect(tmp_path / "export.zip")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    journey = Journey(page, product.url)
    journey.enter()
    journey.start()
    journey.get_ready()
    handover = Handover(page, journey.move)
    handover.upload(export.path)
    Progress(page, journey.move).wait_until("progress", 60)
    files = Files(page, journey.move)

    def stopped() -> bool:
        """Reading stops, because no file is known to have clients."""
        files.look_again()
        return page.locator("h1").inner_text() == "Reading your export stopped, nothing is lost"

    until(stopped, poll=0.5)
    files.open()
    assert files.open_first_unknown()

    assert pair_all(WhichFile(page, journey.move), export) == len(export.kinds)

    Progress(page, journey.move).wait_until("handover")
    wanted = {kind: count.read for kind, count in export.expected.kinds.items() if kind in export.pairs_by_kind}
    assert {kind: rows for kind, rows in rows_by_kind(handover).items() if kind in wanted} == wanted
    context.close()
