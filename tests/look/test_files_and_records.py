"""The page that asks for a folder's content, and a record beside cells of other files, on every screen."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page

from app.mapping.context import DateOrder
from app.records.evidence_lines import build_record_evidence
from app.records.field import text_field
from app.records.kinds import BY_NAME
from app.records.origin import RecordOrigin
from app.records.record_kind import NOTHING
from app.records.shown_cells import Cell, CellPlace
from app.records.source_row import SourceRow
from app.sources import source
from app.wizard.file_states import FileLine
from app.wizard.which_folder import AskedFolder, options_for
from tests.look.pages import LONG_NAME, assert_open_to_everybody, render, served

SOURCE = source(None)
LONG = "n" * 90
ROOT = f"Export of {LONG}/Clinical notes of {LONG}/"
LINE = FileLine(
    7, ROOT, "", "We do not know what this folder holds", "needs", 1204, None, True, True, False, False, True
)
FOLDER = AskedFolder(7, ROOT, 1204, 900, "", replace(LINE, is_folder=True), 2)
ANSWERED = replace(FOLDER, chosen="patient_files", others_open=0, line=replace(FOLDER.line, is_answered=True))
MISTAKE = [{"field": "kind", "words": "Say what the folder holds, or leave it out."}]
PLACE = CellPlace(f"Export/{LONG}/medical_alerts_{LONG}.csv", 12, 48_210)


def folder(asked: AskedFolder = FOLDER, template: str = "wizard/which_folder.html", **more: object) -> str:
    context = {"folder": asked, "options": options_for(SOURCE), "chosen": asked.chosen, "editable": True}
    migration = {"id": "mig_demo", "state": "matching"}
    return render(template, **{**context, "migration": migration, "may_act": True, "source": SOURCE, **more})


def record() -> str:
    kind = SOURCE.kind("patients")
    own = Cell("medical_alerts", "Medical Alerts", LONG, None)
    other = Cell("name", LONG, f"{LONG_NAME} {LONG}", None, PLACE, frozenset({"alert"}))
    feeds = {"medical_alerts": frozenset({"alert"})}
    row = SourceRow(kind, PLACE.file, 1, 2, "77", DateOrder.DAY_FIRST, (own,), (), feeds, joined=(other,))
    fields = [text_field("Alert", LONG, "alert", how="All alerts as one text"), text_field("State", "Active", "status")]
    context = {
        "kind": BY_NAME["clients"],
        "record": SimpleNamespace(source_id="77"),
        "title": LONG_NAME,
        "client_id": None,
        "client": None,
        "origin": RecordOrigin(build_record_evidence(BY_NAME["clients"], fields, row, NOTHING), row),
        "trial": {"number": 1},
        "is_live": False,
        "next_card": None,
        "at": "/m/mig_demo",
        "migration": {"id": "mig_demo", "state": "reviewing"},
        "may_act": True,
        "source": SOURCE,
    }
    return render("wizard/record.html", **context)


PAGES: dict[str, Callable[[], str]] = {
    "/folder": folder,
    "/folder-wrong": lambda: folder(errors=MISTAKE),
    "/folder-answered": lambda: folder(ANSWERED),
    "/folder-closed": lambda: folder(ANSWERED, editable=False, migration={"id": "mig_demo", "state": "reviewing"}),
    "/support-folder": lambda: folder(ANSWERED, "support/folder.html", name=ROOT, reason="", errors=MISTAKE),
    "/record": record,
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served({address: draw() for address, draw in PAGES.items()}) as address:
        yield address


@pytest.mark.browser
@pytest.mark.xdist_group("look")
@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_open_to_everybody_on_every_screen(page: Page, site: str, address: str) -> None:
    assert_open_to_everybody(page, site + address)


@pytest.mark.browser
@pytest.mark.xdist_group("look")
def test_a_folder_is_answered_with_the_keyboard_alone(page: Page, site: str) -> None:
    page.goto(f"{site}/folder")
    page.locator("#kind-1").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("input[name=kind]:checked").get_attribute("value") == "patient_files"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "next"
