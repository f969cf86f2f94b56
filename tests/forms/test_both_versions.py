"""The page that a person gets if a colleague was faster, and how a choice on the names page survives a click."""

import re

from httpx import Response

from app.migration.plans import plan_of
from tests.conftest import At
from tests.forms.outdated import Sending, filled_in
from tests.forms.page_forms import forms_of
from tests.forms.routes import LINES, Line, M, always, another_digest, next_export, nothing, people_left_out, went_on
from tests.harness.page_text import done, headline, words
from tests.harness.product import GRACE, MEGAN, Product
from tests.wizard.choices import save, tab

NAMES = Line(f"{M}/matches", "matching", nothing, people_left_out)
DATE = next(line for line in LINES if line.route.endswith("checklist/dates"))
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def answer(sending: Sending, **more: str) -> Response:
    return sending.browser.post_exactly(sending.address, {**sending.form, **more})


def kept_form(page: Response) -> dict[str, str]:
    """The form of the page with both versions, as its button sends it."""
    return dict(HIDDEN.findall(page.text))


def practitioners(product: Product) -> list[str]:
    return [choice.to for choice in plan_of(product.move()).practitioners.values()]


def test_both_versions_are_shown_side_by_side_and_the_answer_can_be_sent_on_purpose(product_at: At) -> None:
    product = product_at("preparing")
    grace, megan = filled_in(product, DATE, GRACE), filled_in(product, DATE, MEGAN)
    done(answer(grace, conversion="5/1/2027"))
    page = answer(megan)
    assert page.status_code == 409
    assert headline(page) == "This changed while you had it open"
    assert "Since you opened the page, Grace Okonkwo made changes in this move, the last today" in words(page)
    assert re.search(r"Trial Conversion date You chose 18/12/2026 It is now 05/01/2027", words(page))
    assert product.move().conversion_date == "2027-01-05"
    done(megan.browser.post_exactly(megan.address, kept_form(page)))
    assert product.move().conversion_date == "2026-12-18"


def test_what_changed_and_changed_back_is_no_reason_to_refuse(product_at: At) -> None:
    product = product_at("preparing")
    sending = filled_in(product, DATE)
    product.put(conversion_date="2027-01-05")
    product.put(conversion_date=None)
    done(answer(sending))
    assert product.move().conversion_date == "2026-12-18"


def test_after_another_export_an_old_tab_matches_nobody(product_at: At) -> None:
    product = product_at("matching")
    old = {one.field: "leave_out" for one in tab(product, "practitioners").values()}
    line = Line(f"{M}/matches", "matching", nothing, always(show="practitioners", act="save", **old))
    sending = filled_in(product, line)
    next_export(product)
    before = product.move().plan
    page = answer(sending)
    assert page.status_code == 409
    assert "export 2" in words(page)
    assert product.move().plan == before
    answer_of_other_names = kept_form(page)
    assert not [name for name in answer_of_other_names if name[:2] == "c:"], "the same numbers name other people now"


def test_a_choice_survives_a_click_on_another_tab(product_at: At) -> None:
    product = product_at("matching")
    ruby = tab(product, "practitioners")["Ruby Castellano"]
    browser = product.visitor(MEGAN)
    before = words(browser.get(f"{product.at}/matches"))
    form = {"show": "practitioners", "go": "locations", ruby.field: "create"}
    left = done(browser.post(f"{product.at}/matches", data=form))
    assert left.headers["location"].endswith("/matches?show=locations")
    after = words(browser.get(f"{product.at}/matches?show=locations"))
    assert "Practitioners, 13 of 14" in before
    assert "Practitioners, 14 of 14" in after
    assert tab(product, "practitioners")["Ruby Castellano"].chosen == "create"


def test_leaving_a_tab_decides_nothing_that_was_not_chosen(product_at: At) -> None:
    product = product_at("matching")
    shown = {one.field: one.chosen for one in tab(product, "locations").values()}
    form = {"show": "locations", "go": "services", **shown}
    before = product.move().plan
    done(product.visitor(MEGAN).post(f"{product.at}/matches", data=form))
    assert product.move().plan == before


def test_a_choice_is_kept_when_it_is_made_and_the_numbers_with_it(product_at: At) -> None:
    product = product_at("matching")
    ruby = tab(product, "practitioners")["Ruby Castellano"]
    browser = product.visitor(MEGAN)
    form = {"show": "practitioners", "act": "keep", ruby.field: "create"}
    kept = browser.post(
        f"{product.at}/matches", data=form, headers={"HX-Request": "true", "sec-fetch-site": "same-origin"}
    )
    assert kept.status_code == 200
    assert "Practitioners, 14 of 14" in words(kept)
    assert practitioners(product).count("create") == 1
    again = {**form, ruby.field: "leave_out", "basis": kept_form(kept)["basis"]}
    assert browser.post_exactly(f"{product.at}/matches", again).status_code == 303
    assert (practitioners(product).count("create"), practitioners(product).count("leave_out")) == (0, 1)


def test_two_people_who_choose_different_names_are_both_right(product_at: At) -> None:
    product = product_at("matching")
    some = list(tab(product, "practitioners").values())
    shown = {one.field: one.chosen for one in some}
    first = Line(
        NAMES.route, "matching", nothing, always(show="practitioners", act="save", **{**shown, some[0].field: "create"})
    )
    second = Line(
        NAMES.route, "matching", nothing, always(show="practitioners", act="save", **{**shown, some[1].field: "create"})
    )
    megan, grace = filled_in(product, first, MEGAN), filled_in(product, second, GRACE)
    done(answer(megan))
    done(answer(grace))
    assert practitioners(product) == ["create", "create"]


def test_a_trial_starts_with_nothing_that_its_starter_did_not_see(product_at: At) -> None:
    product = product_at("matching")
    start = Line(NAMES.route, "matching", nothing, always(show="practitioners", act="start"))
    megan = filled_in(product, start, MEGAN)
    first = next(iter(tab(product, "practitioners").values()))
    done(save(product, "practitioners", **{first.field: "leave_out"}))
    page = answer(megan)
    assert page.status_code == 409
    assert first.name in words(page)
    assert product.move().trial_number == 0


APPROVE = next(line for line in LINES if line.route.endswith("/approve"))


def next_trial(product: Product) -> None:
    """A colleague makes another trial of the same export; a worker has not begun it."""
    done(product.visitor(GRACE).post(f"{product.at}/review/start-again"))


def test_an_approval_of_an_earlier_trial_leads_to_the_review_of_the_new_one(product_at: At) -> None:
    product = product_at("reviewing")
    megan = filled_in(product, APPROVE)
    next_trial(product)
    product.work()
    page = answer(megan)
    assert page.status_code == 409
    assert headline(page) == "Trial 2 is the current one now"
    sentence = "Trial 2 was made after you opened the page of trial 1, so your approval was not used."
    assert sentence in words(page)
    assert f'href="{product.at}/review">Review trial 2</a>' in page.text
    assert "Use my answer" not in words(page)
    assert product.move().clinic in words(page).partition("You chose")[2], "what was typed is shown"
    assert product.move().approved_at is None


def test_an_approval_while_the_next_trial_is_made_says_so(product_at: At) -> None:
    product = product_at("reviewing")
    megan = filled_in(product, APPROVE)
    next_trial(product)
    page = answer(megan)
    assert page.status_code == 409
    assert "Trial 2 was started after you opened the page of trial 1, so your approval was not used." in words(page)
    assert f'href="{product.at}/progress">Go to the trial</a>' in page.text


def test_an_approval_of_a_trial_whose_proof_changed_offers_a_new_trial(product_at: At) -> None:
    product = product_at("reviewing")
    megan = filled_in(product, APPROVE)
    another_digest(product)
    page = answer(megan)
    assert page.status_code == 409
    assert f"{product.at}/review/start-again" in {form.action for form in forms_of(page)}
    assert "Use my answer" not in words(page)
    assert product.move().approved_at is None


def test_an_approval_of_the_same_trial_can_be_sent_on_purpose(product_at: At) -> None:
    product = product_at("reviewing")
    megan = filled_in(product, APPROVE)
    went_on(product)
    page = answer(megan)
    form = next(form for form in forms_of(page) if form.action.endswith("/approve"))
    again: dict[str, list[str]] = {}
    for name, value in form.hidden:
        again.setdefault(name, []).append(value)
    done(megan.browser.post_exactly(megan.address, again))
    assert product.move().approved_digest
