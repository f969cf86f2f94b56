"""A refused form names each person only for that person's own changes."""

import pytest

from app.migration.audit import READ_ONLY_ENDINGS, write_act
from app.migration.states import Actor, Event
from app.wizard.history import ACTS
from tests.conftest import At
from tests.forms.outdated import filled_in
from tests.forms.test_both_versions import DATE, answer
from tests.harness.page_text import done, words
from tests.harness.product import ANA, GRACE, MEGAN, Product

LATER = sorted(ACTS.keys() - set(Event))


def act(product: Product, name: str) -> None:
    """An act of support about something else."""
    product.write(lambda session: write_act(session, product.move(), ANA, Actor.SUPPORT.value, name, {}))


@pytest.mark.parametrize("later", ["client_seen", "check_link", "person_invited", "waive"])
def test_the_page_of_both_versions_names_everybody_who_changed_the_move(product_at: At, later: str) -> None:
    product = product_at("preparing")
    grace, megan = filled_in(product, DATE, GRACE), filled_in(product, DATE, MEGAN)
    done(answer(grace, conversion="5/1/2027"))
    act(product, later)
    text = words(answer(megan))
    people = "Grace Okonkwo" if later.endswith(READ_ONLY_ENDINGS) else "Grace Okonkwo and Ana Ferreira"
    assert f"Since you opened the page, {people} made changes in this move, the last today" in text
    assert "Ana Ferreira changed it" not in text


def test_the_page_of_a_step_that_is_over_names_who_ended_it(product_at: At) -> None:
    product = product_at("preparing")
    megan = filled_in(product, DATE, MEGAN)
    done(product.visitor(GRACE).post(f"{product.at}/progress/cancel"))
    for later in LATER:
        act(product, later)
    page = answer(megan)
    assert page.status_code == 409
    assert "Grace Okonkwo took the last step today" in words(page)
    assert "Ana Ferreira" not in words(page)
