"""A trial that was changed outside the product is never shown as good: the pages offer a new trial."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from app.caspen.statements import at, fetch
from app.caspen.stores import Store
from app.migration.states import State
from app.records.kinds import BY_NAME
from app.web.search_text import search_address
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.prepared_moves import approve
from tests.harness.product import ANA, MEGAN, Product
from tests.world.ledger_lies import LIES, LIES_AFTER

NOT_WHOLE = "no longer whole"
Harm = Callable[[Product], object]


def store_of(product: Product) -> Store:
    return product.runtime.caspen.trial(product.migration_id, product.move().trial_number)


def moved_place(product: Product) -> None:
    """The first client names the last client's row."""
    store = store_of(product)
    with store.database.connection() as connection:
        rows = fetch(connection, f'SELECT "id", "part", "line" FROM {at(store.schema, "clients")} ORDER BY "id"')
        sql = f"UPDATE {at(store.schema, 'clients')} SET part = :part, line = :line WHERE id = :id"
        connection.execute(sa.text(sql), {"id": rows[0][0], "part": rows[-1][1], "line": rows[-1][2]})


def first_client(product: Product) -> str:
    store = store_of(product)
    with store.database.connection(reading=True) as connection:
        return str(fetch(connection, f'SELECT "id" FROM {at(store.schema, "clients")} ORDER BY "id"')[0][0])


HARMS: dict[str, Harm] = {
    "store lost": lambda product: product.runtime.caspen.drop_trial(store_of(product)),
    "digest overwritten": lambda product: LIES["the trial's digest overwritten"](product.runtime),
    "row moved": lambda product: LIES["a row moved from created to held"](product.runtime),
    "no account": lambda product: LIES["the account of every kind removed"](product.runtime),
    "row moved in its part": lambda product: LIES["a row moved in the account and in its part"](product.runtime),
    "place moved": moved_place,
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_no_page_calls_a_changed_trial_balanced(product_at: At, harm: Harm) -> None:
    product = product_at("reviewing")
    harm(product)
    megan = product.visitor(MEGAN)
    for path in ("review", "approve"):
        page = megan.get(f"{product.at}/{path}")
        assert page.status_code == 200
        assert NOT_WHOLE in words(page)
        assert "trial_damaged" in page.text
        assert "It balances" not in words(page)
        assert "Every line balances" not in words(page)
        assert f'action="{product.at}/approve"' not in page.text
        assert f'action="{product.at}/review/start-again"' in page.text
    support = product.visitor(ANA).get(f"/support/{product.migration_id}")
    assert support.status_code == 200
    assert "trial_damaged" in support.text


def test_a_changed_account_is_left_by_a_new_trial(product_at: At) -> None:
    product = product_at("reviewing")
    page = product.visitor(MEGAN).get(f"{product.at}/approve")
    assert 'name="digest"' in page.text
    HARMS["row moved"](product)
    refused = approve(product)
    assert refused.status_code == 409
    assert product.state() is State.REVIEWING
    done(product.visitor(MEGAN).post(f"{product.at}/review/start-again"))
    product.work()
    done(approve(product))


def test_the_row_of_another_client_is_not_shown_as_this_clients(product_at: At) -> None:
    product = product_at("reviewing")
    address = f"{product.at}/clients/{first_client(product)}"
    assert "did not make this record" not in words(product.visitor(MEGAN).get(address))
    moved_place(product)
    page = product.visitor(MEGAN).get(address)
    assert page.status_code == 200
    assert "a row of your export that did not make this record" in words(page)
    assert f'href="{product.at}/review#start"' in page.text
    assert "In your Cliniko export" not in words(page)


@pytest.mark.parametrize(
    "name",
    [
        "a row moved from created to held",
        "the trial's digest overwritten",
        "the account of every kind removed",
        "in the trial and in the report: a row moved from created to held",
        "a row of the report moved from created to held",
        "a record told as kept",
        "a row moved in the account and in its part",
    ],
)
def test_no_page_of_a_live_move_shows_a_changed_number(product_at: At, name: str) -> None:
    product = product_at("finalised")
    megan = product.visitor(MEGAN)
    honest = words(megan.get(f"{product.at}/report"))
    assert "Everything you approved arrived" in honest
    assert LIES_AFTER[name](product.runtime)
    for path in ("report", "review", "problems"):
        page = megan.get(f"{product.at}/{path}")
        assert page.status_code == 200, path
        assert ("ledger_changed" in page.text) is (path != "problems"), path
        assert "Everything you approved arrived" not in words(page)
        assert 'id="rec"' not in page.text
    report = megan.get(f"{product.at}/report")
    assert "We counted your workspace just now" in words(report)
    assert f'action="{product.at}/report/undo"' in report.text
    assert megan.get(f"{product.at}/review/table.csv").status_code == 409
    support = product.visitor(ANA).get(f"/support/{product.migration_id}")
    assert support.status_code == 200
    assert "trial_damaged" in support.text


@pytest.mark.parametrize("harm", ["row moved", "no account", "row moved in its part", "digest overwritten"])
def test_no_page_of_a_kind_shows_a_number_of_a_changed_account(product_at: At, harm: str) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    addresses = [f"{product.at}/records/{kind}" for kind in BY_NAME if kind != "clients"]
    honest = {
        address: words(megan.get(search_address(product.runtime, address, "no record says this")))
        for address in addresses
    }
    assert all("changed outside" not in page for page in honest.values())
    assert any("matched to" in page for page in honest.values())
    HARMS[harm](product)
    for address in addresses:
        page = words(megan.get(address))
        assert "matched to" not in page, address
        assert "none came across" not in page, address
        assert "brought none" not in page, address
