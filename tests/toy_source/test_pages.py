"""A clinic of a second system goes the whole way by the pages, from signing in to its report."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from app.caspen.gateway import Gateway
from app.migration.states import State
from app.sandbox.demo import WORKSPACE
from tests.harness.page_text import done, headline, words
from tests.harness.prepared_moves import PreparedFolders, running
from tests.harness.product import MEGAN, Product
from tests.toy_source.journey import PACKAGE, TidewaterMove
from tests.toy_source.tidewater.source import SOURCE

BROUGHT = {
    "locations": 1,
    "practitioners": 1,
    "users": 1,
    "services": 1,
    "custom_fields": 1,
    "clients": 2,
    "appointments": 2,
    "progress_notes": 2,
    "files": 1,
}


def move_of(product: Product) -> TidewaterMove:
    """A move whose work the product's worker does in this process."""

    def work(expected: str) -> None:
        product.migration_id = move.at.rpartition("/")[2]
        product.work()
        assert move.state_page() == expected

    move = TidewaterMove(product.visitor(), work)
    return move


def live(product: Product) -> dict[str, int]:
    counts = Gateway(product.runtime.caspen, WORKSPACE, MEGAN).counts()
    return {table: counts.get(table, 0) for table in BROUGHT}


@dataclass(frozen=True)
class Finished:
    """A move that has gone the whole way, and what was live before."""

    product: Product
    move: TidewaterMove
    before: dict[str, int]


@pytest.fixture(scope="module")
def finished(folders: PreparedFolders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    to = tmp_path_factory.mktemp("tidewater") / "var"
    with contextmanager(running)(folders, "nothing", to, source_packages=PACKAGE) as product:
        product.close_gaps()
        before, move = live(product), move_of(product)
        move.whole()
        yield Finished(product, move, before)


def test_a_clinic_goes_the_whole_way_by_the_pages(finished: Finished) -> None:
    product = finished.product
    assert product.state() is State.FINALISED
    assert product.move().source == SOURCE.name
    assert {table: count - finished.before[table] for table, count in live(product).items()} == BROUGHT
    mails = {mail.kind: mail.params["source"] for mail in product.mails() if mail.migration_id}
    assert set(mails) == {"received", "ready_to_match", "ready_to_review", "finalised"}
    assert set(mails.values()) == {SOURCE.name}


def test_the_live_client_is_shown_with_the_name_of_its_system(finished: Finished) -> None:
    megan, clients = finished.move.megan, f"/sandbox/{WORKSPACE}/clients"
    addresses = re.findall(rf'href="({clients}/[^"/]+)"', finished.move.page(clients).text)
    shown = [words(megan.get(address)) for address in addresses]
    assert sum("In Tidewater Number s" in text for text in shown) == 2


def test_no_page_of_the_move_names_another_system(finished: Finished) -> None:
    move, known = finished.move, set[str]()
    waiting = [move.at]
    while waiting and len(known) < 120:
        address = waiting.pop()
        known.add(address)
        page = move.megan.get(address, follow_redirects=True)
        assert page.status_code == 200, f"{address}: {page.status_code}"
        if page.headers["content-type"].startswith("text/html"):
            assert "Cliniko" not in words(page), address
            linked = set(re.findall(rf'href="({move.at}/[^"#?]*)"', page.text))
            waiting += sorted(linked - known - set(waiting))
    assert len(known) > 40


def test_a_later_export_comes_from_the_same_system_unless_the_clinic_says_otherwise(finished: Finished) -> None:
    page = finished.move.page("/start")
    assert headline(page) == "Harbour Street Physiotherapy is live on Caspen"
    assert "Which system is your export from?" in words(page)
    assert chosen(page.text) == ["tidewater"]


def chosen(page: str) -> list[str]:
    """The values of the radio buttons of the systems that are on."""
    return re.findall(r'type="radio" name="system" id="[^"]*" value="(\w+)" checked', page)


def test_the_first_system_is_chosen_until_the_clinic_has_a_move(product: Product) -> None:
    page = product.visitor(MEGAN).get("/start")
    assert chosen(page.text) == ["cliniko"]
    assert page.text.count('type="radio" name="system"') == 2


@pytest.mark.parametrize("system", ["", "atlantis"])
def test_a_move_never_starts_from_an_unknown_system(product: Product, system: str) -> None:
    megan = product.visitor(MEGAN)
    answer = megan.post("/start", data={"workspace": WORKSPACE, "system": system})
    if system:
        assert answer.status_code == 422
        assert "Choose the system that your clinic leaves." in words(answer)
    else:
        assert done(answer).headers["location"] == f"/start?workspace={WORKSPACE}"
    assert headline(megan.see("/")) == "Move Harbour Street Physiotherapy to Caspen", "no move began"


def test_an_open_move_keeps_its_system(product: Product) -> None:
    megan = product.visitor(MEGAN)
    first = done(megan.post("/start", data={"system": "tidewater"})).headers["location"]
    assert done(megan.post("/start", data={"system": "cliniko"})).headers["location"] == first
    assert "from Tidewater" in headline(megan.get(first))


def test_a_stopped_move_leads_back_to_the_choice(product: Product) -> None:
    megan = product.visitor(MEGAN)
    at = done(megan.post("/start", data={"system": "tidewater"})).headers["location"].removesuffix("/overview")
    done(megan.post(f"{at}/progress/cancel"))
    form = {"workspace": WORKSPACE}
    again = done(megan.post("/start", data=form)).headers["location"]
    assert "Which system does your clinic leave?" in words(megan.get(again))
