"""A trial with references to missing workspace records cannot be approved, and its review explains it."""

from app.caspen.gateway import Gateway
from app.migration.plans import plan_of
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.prepared_moves import approve
from tests.harness.product import ANA, MEGAN, Product

CHANGED = "What this trial relied on was changed"


def delete_a_place(product: Product) -> None:
    """A person deletes, in Caspen, a location that the clinic matched."""
    move = product.move()
    place = next(choice.id for choice in plan_of(move).locations.values() if choice.to == "match")
    assert place is not None
    Gateway(product.runtime.caspen, move.workspace_id, MEGAN).delete("locations", place)


def test_the_review_reports_an_outdated_trial_and_offers_a_new_trial(product_at: At) -> None:
    product = product_at("reviewing")
    megan = product.visitor(MEGAN)
    assert CHANGED not in words(megan.see(f"{product.at}/review"))
    delete_a_place(product)
    for path in ("review", "approve"):
        page = megan.get(f"{product.at}/{path}")
        assert page.status_code == 200
        assert CHANGED in words(page)
        assert "was deleted in Caspen" in words(page)
        assert "no longer whole" not in words(page)
        assert f'action="{product.at}/approve"' not in page.text
        assert "Go on to approve" not in words(page)
        assert f'action="{product.at}/review/start-again"' in page.text
    support = product.visitor(ANA).see(f"/support/{product.migration_id}")
    assert "trial_outdated" in support.text


def test_an_approval_of_an_outdated_trial_is_refused(product_at: At) -> None:
    product = product_at("reviewing")
    product.visitor(MEGAN).get(f"{product.at}/approve")
    delete_a_place(product)
    refused = approve(product)
    assert refused.status_code == 409
    assert CHANGED in words(refused)
    assert product.state() is State.REVIEWING


def test_a_promotion_of_an_outdated_trial_offers_a_new_trial(product_at: At) -> None:
    product = product_at("reviewing")
    done(approve(product))
    delete_a_place(product)
    product.work()
    assert product.state() is State.FINALISING_FAILED
    page = product.visitor(MEGAN).see(product.at)
    assert CHANGED in words(page)
    assert f'action="{product.at}/review/start-again"' in page.text
    assert f'action="{product.at}/progress/retry"' not in page.text
