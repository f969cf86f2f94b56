"""A person whom a move brought without sign-in needs no invitation, in that move or a later move."""

from app.caspen.workspace_snapshot import load_workspace
from app.migration.plans import plan_of
from app.migration.states import State
from app.sandbox.demo import WORKSPACE, open_gaps
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.prepared_moves import approve, hand_over, tiny_export
from tests.harness.product import MEGAN, Product
from tests.wizard.choices import acknowledge, save, tab

RUBY = "Ruby Castellano"
BRING = "Bring as a person who can't sign in"


def brought_live(product: Product) -> None:
    """The first move, live, with Ruby Castellano brought as a person who cannot sign in."""
    acknowledge(product)
    facts = load_workspace(product.runtime.caspen, WORKSPACE)
    gateway = product.gateway()
    for gap in open_gaps(facts):
        if gap.what == "location":
            gateway.add_location(gap.name)
        elif gap.what == "invitation":
            gateway.accept_invitation(next(person.user_id for person in facts.practitioners if person.name == gap.name))
    ruby = tab(product, "practitioners")[RUBY]
    done(save(product, "practitioners", **{ruby.field: ruby.value(BRING)}))
    done(save(product, "practitioners", act="start"))
    product.work()
    done(approve(product))
    product.work()
    assert product.state() is State.FINALISED


def test_a_later_export_reaches_its_trial_without_an_unsent_invitation(product_at: At) -> None:
    product = product_at("matching")
    brought_live(product)
    megan = product.visitor(MEGAN)
    assert "to accept" not in words(megan.get(f"{product.at}/report"))
    product.migration_id = done(megan.post("/start")).headers["location"].split("/")[2]
    done(megan.post(f"{product.at}/overview", data={"ack": "1"}))
    hand_over(product, tiny_export())
    line = words(megan.get(f"{product.at}/checklist"))
    assert "Not yet" not in line
    acknowledge(product)
    done(save(product, "practitioners", act="start"))
    product.work()
    assert product.state() is State.REVIEWING


def test_a_person_whom_an_earlier_move_brought_is_shown_and_not_asked_about(product_at: At) -> None:
    product = product_at("matching")
    brought_live(product)
    megan = product.visitor(MEGAN)
    product.migration_id = done(megan.post("/start")).headers["location"].split("/")[2]
    done(megan.post(f"{product.at}/overview", data={"ack": "1"}))
    hand_over(product, tiny_export())
    ruby = tab(product, "practitioners")[RUBY]
    assert (ruby.options[ruby.chosen], BRING in ruby.options.values()) == (RUBY, False)
    page = words(megan.get(f"{product.at}/matches?show=practitioners"))
    assert "An earlier move brought it" in page
    assert "Not decided" not in page
    done(save(product, "practitioners", **{ruby.field: "leave_out"}))
    assert tab(product, "practitioners")[RUBY].chosen == "leave_out"
    assert plan_of(product.move()).practitioners
    done(save(product, "practitioners", **{ruby.field: ruby.chosen}))
    assert tab(product, "practitioners")[RUBY].chosen == ruby.chosen
    assert ruby.field.removeprefix("c:") not in plan_of(product.move()).practitioners, "her own record needs no choice"
