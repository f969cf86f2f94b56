"""A form does not conflict with what the same person's page has saved automatically meanwhile."""

import re
from collections.abc import Mapping
from html import unescape

import pytest

from app.migration.plans import plan_of
from app.migration.states import State
from tests.conftest import At
from tests.forms.outdated import Sending, filled_in
from tests.forms.routes import Line, M, always, nothing
from tests.harness.page_text import done, words
from tests.harness.product import GRACE, Product
from tests.wizard.choices import acknowledge, tab

HTMX = {"HX-Request": "true", "sec-fetch-site": "same-origin"}
WRITTEN = {
    "leave_out": ("matches", "matching", {"show": "leave_out", "act": "save"}, "before", ("1/3/2022", "01-03-22")),
    "conversion": ("checklist/dates", "preparing", {}, "conversion", ("5/1/2027", " 05.01.27 ")),
    "overview": ("overview", "preparing", {"ack": "1"}, "conversion", ("5/1/2027", "2027-01-05")),
    "counts": ("uses/counts", "preparing", {}, "count-patients", ("12480", " 12 480 ")),
}
"""Fields that keep another spelling than the typed one: page, state, the rest of the form, field, two spellings."""


def sending(product: Product, page: str, state: str, form: Mapping[str, str], who: str = "") -> Sending:
    return filled_in(product, Line(f"{M}/{page}", state, nothing, always(**form)), who)


def keep(drawn: Sending) -> None:
    """Saves the form as the page does on a change. The form itself keeps its old fingerprint."""
    answer = drawn.browser.post_exactly(drawn.address, {**drawn.form, "act": "keep"}, headers=HTMX)
    assert answer.status_code == 200, words(answer)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_same_answer_in_another_spelling_is_no_conflict(product_at: At, name: str) -> None:
    page, state, form, field, spellings = WRITTEN[name]
    product = product_at(state)
    drawn = [sending(product, page, state, {**form, field: typed}) for typed in (*spellings, "")]
    for each in drawn[:2]:
        done(each.browser.post_exactly(each.address, each.form))
    kept = product.move().model_dump(include={"plan", "conversion_date", "own_counts"})
    done(drawn[2].browser.post_exactly(drawn[2].address, drawn[2].form))
    assert product.move().model_dump(include=set(kept)) == kept, "who left the field alone takes nothing back"


@pytest.mark.parametrize("field", ["c", "before", "kinds"])
@pytest.mark.parametrize("act", ["save", "start", "go"])
def test_every_button_works_after_the_page_saved_by_itself(product_at: At, act: str, field: str) -> None:
    product = product_at("matching")
    product.close_gaps()
    acknowledge(product)
    show = "practitioners" if field == "c" else "leave_out"
    people = tab(product, "practitioners").values()
    form = {"show": show, **({one.field: one.chosen for one in people} if field == "c" else {"kinds": ""})}
    form |= {"act": act} if act != "go" else {"go": "locations"}
    form |= {next(iter(people)).field: "create"} if field == "c" else {}
    form |= {"before": "1/3/2022"} if field == "before" else {"kinds": "treatment_notes"} if field == "kinds" else {}
    drawn = sending(product, "matches", "matching", form)
    keep(drawn)
    kept = plan_of(product.move())
    done(drawn.browser.post_exactly(drawn.address, drawn.form))
    assert (State(product.move().state) is State.TRIALLING) == (act == "start")
    assert plan_of(product.move()).leave_out_before == kept.leave_out_before
    assert plan_of(product.move()).leave_out_kinds == kept.leave_out_kinds


@pytest.mark.parametrize("show", ["practitioners", "leave_out"])
def test_a_trial_does_not_start_with_what_a_colleague_chose_meanwhile(product_at: At, show: str) -> None:
    product = product_at("matching")
    product.close_gaps()
    acknowledge(product)
    person = next(iter(tab(product, "practitioners").values()))
    form = {person.field: person.chosen} if show == "practitioners" else {"before": "", "kinds": ""}
    drawn = sending(product, "matches", "matching", {"show": show, "act": "start", **form})
    theirs = {person.field: "leave_out"} if show == "practitioners" else {"before": "1/3/2022", "kinds": ""}
    other = sending(product, "matches", "matching", {"show": show, "act": "save", **theirs}, GRACE)
    done(other.browser.post_exactly(other.address, other.form))
    page = drawn.browser.post_exactly(drawn.address, drawn.form)
    assert page.status_code == 409
    assert "Grace Okonkwo made changes in this move" in words(page)
    assert ("Leave out" if show == "practitioners" else "01/03/2022") in words(page)
    assert State(product.move().state) is State.MATCHING
    (mine,) = [form for form in re.findall(r"<form.*?</form>", page.text, re.S) if "Use my answer" in form]
    again = {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', mine)}
    landed = drawn.browser.get(done(drawn.browser.post_exactly(drawn.address, again)).headers["location"])
    assert "Your answer is saved, and the trial has not started" in words(landed)
    assert State(product.move().state) is State.MATCHING
