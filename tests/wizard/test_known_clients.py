"""Clients who may be in Caspen already are questions on the names page, with a line for each."""

from datetime import date

import pytest

from app.caspen.record_ids import new_id
from app.caspen.tables import Client
from app.migration.models import Work
from app.migration.plans import plan_of
from tests.conftest import At
from tests.forms.browser import basis_in
from tests.harness.page_text import done, words
from tests.harness.product import MEGAN, VERA, Product
from tests.wizard.choices import save

MATCHED = "1003"


@pytest.fixture
def product(product_at: At) -> Product:
    """After a trial that found a client who is there already, with the names opened again."""
    product = product_at("reviewing")
    there = Client(
        workspace_id=product.move().workspace_id,
        id=new_id("clients"),
        first_name="Zoë",
        last_name="O'Brien",
        date_of_birth=date(1980, 2, 13),
    )
    with product.runtime.caspen.live.database.write() as session:
        session.add(there)
        session.flush()
        client = there.id
    with product.runtime.ledger.write() as session:
        run = f"trial:{product.move().trial_number}"
        opened = session.get_one(Work, (product.migration_id, run, "open", 0))
        opened.result = {**opened.result, "known_clients": {MATCHED: {"to": "wait", "id": client}}}
        session.add(opened)
    done(product.visitor(MEGAN).post(f"{product.at}/review/change-plan"))
    return product


def known_text(product: Product, who: str = MEGAN) -> str:
    return words(product.visitor(who).get(f"{product.at}/matches?show=clients"))


def test_each_known_client_is_a_line_with_caspens_name_and_the_view_is_recorded(product: Product) -> None:
    text = known_text(product)
    assert "Clients, 0 of 1" in text
    assert "1 line of this tab needs your answer" in text
    assert f"{MATCHED} Zoë O'Brien, born 13 Feb 1980" in text
    assert "known_clients_listed" in product.acts()


def test_a_viewer_sees_no_name(product: Product) -> None:
    assert "O'Brien" not in known_text(product, VERA)
    assert "A client of the clinic" in known_text(product, VERA)


@pytest.mark.parametrize("to", ["match", "create", "leave_out"])
def test_a_choice_is_kept_and_can_be_withdrawn(product: Product, to: str) -> None:
    done(save(product, "clients", **{f"c:{MATCHED}": to}))
    choice = plan_of(product.move()).clients[MATCHED]
    assert choice.to == to
    assert choice.id
    assert "Clients, 1 of 1" in known_text(product)
    done(save(product, "clients", **{f"c:{MATCHED}": ""}))
    assert plan_of(product.move()).clients == {}


def test_a_move_without_known_clients_has_no_clients_tab(product_at: At) -> None:
    product = product_at("matching")
    assert "Clients, " not in words(product.visitor(MEGAN).get(f"{product.at}/matches"))
    assert "No client of this export is in Caspen already" in known_text(product)


def test_a_choice_about_a_client_who_is_not_asked_about_any_more_is_shown_and_not_lost(product: Product) -> None:
    megan = product.visitor(MEGAN)
    page = megan.get(f"{product.at}/matches?show=clients")
    form = {
        "show": "clients",
        "act": "save",
        f"c:{MATCHED}": "leave_out",
        "basis": basis_in(page, f"{product.at}/matches"),
    }
    with product.runtime.ledger.write() as session:
        opened = session.get_one(Work, (product.migration_id, f"trial:{product.move().trial_number}", "open", 0))
        opened.result = {**opened.result, "known_clients": {}}
        session.add(opened)
    answer = megan.post_exactly(f"{product.at}/matches", form)
    assert answer.status_code == 409
    assert (
        f"Client {MATCHED} is You chose Leave out, with all their history This choice is no longer offered."
        in words(answer)
    )
    assert "Use my answer" not in words(answer)
