"""Matching names: sure suggestions are chosen, others are asked about, and each choice shows its number of rows."""

import re

import pytest
from sqlmodel import Session

from app.migration.models import Waiver
from app.migration.plans import plan_of
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, headline, typed, words
from tests.harness.product import ANA, MEGAN, VERA, Product
from tests.wizard.choices import acknowledge, save, tab
from tests.wizard.questionable import few, handed_over

HTMX = {"HX-Request": "true", "sec-fetch-site": "same-origin"}
OUT = r"left out by you (\d+)"


def open_names(product: Product, show: str) -> set[str]:
    return {name for name, each in tab(product, show).items() if not each.chosen}


def count(pattern: str, text: str) -> int:
    match = re.search(pattern, text)
    assert match, f"{pattern} is not said"
    return int(match.group(1))


def terms(product: Product, show: str = "leave_out") -> str:
    return words(product.visitor(MEGAN).get(f"{product.at}/matches?show={show}"))


def test_there_is_nothing_to_match_before_the_export_is_read(shown_at: At) -> None:
    product = shown_at("preparing")
    page = product.visitor(MEGAN).get(f"{product.at}/matches")
    assert headline(page) == "There are no names to match yet"


def test_equal_names_are_decided_and_the_others_are_asked(shown_at: At) -> None:
    product = shown_at("matching")
    people = tab(product, "practitioners")
    grace = people["Grace Okonkwo"]
    assert grace.options[grace.chosen] == "Grace Okonkwo"
    assert open_names(product, "practitioners") == {"Ruby Castellano"}
    assert open_names(product, "locations") == {"Newport"}
    assert headline(product.visitor(MEGAN).get(f"{product.at}/matches?show=nonsense")) == "Who is who in Caspen?"


def test_a_choice_is_kept_and_shown_again(product_at: At) -> None:
    product = product_at("matching")
    ruby = tab(product, "practitioners")["Ruby Castellano"]
    marcus = ruby.value("Marcus Tran")
    done(save(product, "practitioners", **{ruby.field: marcus}))
    assert tab(product, "practitioners")["Ruby Castellano"].chosen == marcus
    assert "save_plan" in product.acts()
    done(save(product, "practitioners", **{ruby.field: ""}))
    assert tab(product, "practitioners")["Ruby Castellano"].chosen == ""


def test_choices_of_other_tabs_are_kept(product_at: At) -> None:
    product = product_at("matching")
    ruby, newport = tab(product, "practitioners")["Ruby Castellano"], tab(product, "locations")["Newport"]
    done(save(product, "practitioners", **{ruby.field: "create"}))
    done(save(product, "locations", **{newport.field: "create"}))
    assert tab(product, "practitioners")["Ruby Castellano"].chosen == "create"
    assert tab(product, "locations")["Newport"].chosen == "create"


@pytest.mark.parametrize("value", ["pra_4Z958DEHRNM1HJ1SC00H1VA9V2", "drop table", "loc_of_another_clinic"])
def test_nothing_outside_the_workspace_can_be_chosen(product_at: At, value: str) -> None:
    product = product_at("matching")
    newport = tab(product, "locations")["Newport"]
    assert save(product, "locations", **{newport.field: value}).status_code == 409
    assert value not in f"{plan_of(product.move()).locations}"
    assert tab(product, "locations")["Newport"].chosen == ""


def test_leaving_a_person_out_leaves_out_their_records(product_at: At) -> None:
    product = product_at("matching")
    assert "left out by you" not in terms(product)
    ruby = tab(product, "practitioners")["Ruby Castellano"]
    done(save(product, "practitioners", **{ruby.field: "leave_out"}))
    assert count(OUT, terms(product)) > 1, "her appointments and notes stay behind too"
    assert re.search(r"Appointments, 3\d\d rows \(\d+ of them left out by other choices\)", terms(product))


def test_a_whole_kind_and_older_appointments_can_be_left_out(product_at: At) -> None:
    product = product_at("matching")
    done(save(product, "leave_out", kinds="treatment_notes", before="1/7/2018"))
    plan = plan_of(product.move())
    assert plan.leave_out_kinds == ("treatment_notes",)
    assert plan.leave_out_before is not None
    assert plan.leave_out_before.isoformat() == "2018-06-30T14:00:00+00:00", "midnight in Sydney"
    page = product.visitor(MEGAN).get(f"{product.at}/matches?show=leave_out")
    assert typed(page, "before") == "01/07/2018"
    assert re.search(r'value="treatment_notes"[^>]* checked', page.text)
    assert 180 < count(OUT, words(page)) <= count(r"Progress notes, (\d+) rows", words(page))
    done(save(product, "leave_out", kinds="", before=""))
    assert plan_of(product.move()).leave_out_kinds == ()
    assert plan_of(product.move()).leave_out_before is None


@pytest.mark.parametrize("before", ["2016-01-05", "5/1/16", "5.1.2016"])
def test_an_old_date_is_parsed_in_any_notation(product_at: At, before: str) -> None:
    product = product_at("matching")
    done(save(product, "leave_out", before=before))
    start = plan_of(product.move()).leave_out_before
    assert start is not None
    assert start.isoformat() == "2016-01-04T13:00:00+00:00"


@pytest.mark.parametrize("before", ["last year", "31/02/2018", "1/1/99999", "0/0/0"])
def test_an_invalid_date_is_reported_and_comes_back_as_typed(product_at: At, before: str) -> None:
    product = product_at("matching")
    answer = save(product, "leave_out", before=before)
    assert answer.status_code == 422
    assert "Write the date as day/month/year" in words(answer)
    assert typed(answer, "before") == before
    assert plan_of(product.move()).leave_out_before is None


def test_a_kind_that_does_not_exist_is_not_kept(product_at: At) -> None:
    product = product_at("matching")
    done(save(product, "leave_out", kinds="nonsense"))
    assert plan_of(product.move()).leave_out_kinds == ()


def test_no_trial_starts_while_the_checklist_has_an_open_line(product_at: At) -> None:
    product = product_at("matching")
    acknowledge(product)
    answer = save(product, "practitioners", act="start")
    assert answer.status_code == 422
    assert product.state() is State.MATCHING
    assert 'id="start"' in answer.text
    checks = product.visitor(MEGAN).get(f"{product.at}/checklist")
    shown = {"summary": answer, "names": product.visitor(MEGAN).get(f"{product.at}/matches"), "checklist": checks}
    for where, page in shown.items():
        links = dict(re.findall(rf'<a href="{product.at}/checklist#check-(\w+)">([^<]+)</a>', page.text))
        assert set(links) == {"locations", "practitioners", "invitations"}, f"{where} names every open line"
        assert all(f'id="check-{name}"' in checks.text for name in links)
        assert links["locations"] == "Add every location in Caspen"
    assert "The trial starts when these 3 things are done: Add every location in Caspen" in words(answer)
    assert "The trial starts when these 3 things are done: Add every location in Caspen" in words(checks)


def test_support_may_let_the_invitations_pass(product_at: At) -> None:
    product = product_at("matching")
    acknowledge(product)
    ruby, newport = tab(product, "practitioners")["Ruby Castellano"], tab(product, "locations")["Newport"]
    done(save(product, "practitioners", **{ruby.field: "leave_out"}))
    done(save(product, "locations", **{newport.field: "create"}))
    refused = save(product, "practitioners", act="start")
    assert "Practitioners accept their invitation" in words(refused)
    form = {"check": "invitations", "reason": "Priya is on leave until March and joins then."}
    done(product.visitor(ANA).post(f"/support/{product.migration_id}/waive", data=form))
    done(save(product, "practitioners", act="start"))
    assert product.state() is State.TRIALLING


def test_a_waiver_of_another_check_opens_nothing(product_at: At) -> None:
    product = product_at("matching")
    acknowledge(product)

    def waive(session: Session) -> None:
        session.add(Waiver(migration_id=product.migration_id, check="locations", reason="A reason.", by=ANA))

    product.write(waive)
    assert save(product, "practitioners", act="start").status_code == 422
    assert product.state() is State.MATCHING


def test_no_trial_starts_before_the_contents_are_acknowledged(product_at: At) -> None:
    product = product_at("matching")
    product.close_gaps()
    text = "Look at what is in your export, and go on from there"
    names = product.visitor(MEGAN).get(f"{product.at}/matches")
    assert f"Before the trial: {text}" in words(names)
    assert f'href="{product.at}/handover">{text}' in names.text
    answer = save(product, "practitioners", act="start")
    assert answer.status_code == 422
    assert f"The trial starts when this is done: {text}" in words(answer)
    assert f'href="{product.at}/handover">{text}' in answer.text
    assert product.state() is State.MATCHING
    acknowledge(product)
    assert "Before the trial:" not in words(product.visitor(MEGAN).get(f"{product.at}/matches"))


def test_starting_twice_starts_a_single_trial(product_at: At) -> None:
    product = product_at("matching")
    product.close_gaps()
    acknowledge(product)
    for _ in range(3):
        answer = done(save(product, "practitioners", act="start"))
        assert answer.headers["location"] == f"{product.at}/progress"
    assert product.move().trial_number == 1
    assert product.acts().count("start_trial") == 1


def test_other_choices_that_come_too_late_are_not_taken_silently(product_at: At) -> None:
    product = product_at("matching")
    product.close_gaps()
    acknowledge(product)
    ruby = tab(product, "practitioners")["Ruby Castellano"]
    done(save(product, "practitioners", act="start"))
    answer = save(product, "practitioners", act="start", **{ruby.field: "leave_out"})
    assert answer.status_code == 409
    assert headline(answer) == "This step is over: the trial is being made"


def test_a_service_that_is_brought_may_be_an_activity(product_at: At) -> None:
    product = product_at("matching")
    services = tab(product, "services")
    brought = next(each for each in services.values() if each.chosen == "create")
    done(save(product, "services", **{brought.field: "create", f"n{brought.field[1:]}": "activity"}))
    assert "activity" in plan_of(product.move()).service_kinds.values()
    done(save(product, "services", **{f"n{brought.field[1:]}": "nonsense"}))
    assert "nonsense" not in plan_of(product.move()).service_kinds.values()


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        ("reviewing", "The names are shown as they were for this trial."),
        ("finalised", "As it was chosen for this move."),
    ],
)
def test_the_names_are_unchanged_after_the_trial(product_at: At, point: str, sentence: str) -> None:
    product = product_at(point)
    page = product.visitor(MEGAN).get(f"{product.at}/matches")
    assert sentence in words(page)
    assert "<select" not in page.text
    assert save(product, "practitioners", c0="leave_out").status_code == 409


def test_the_names_page_opens_after_the_deletion(product_at: At) -> None:
    product = product_at("matching")
    ruby = tab(product, "practitioners")["Ruby Castellano"]
    done(save(product, "practitioners", **{ruby.field: "leave_out"}))
    done(product.visitor(MEGAN).post(f"{product.at}/progress/cancel"))
    product.work()
    assert product.visitor(MEGAN).get(f"{product.at}/matches").status_code == 200


def test_viewers_have_no_buttons(shown_at: At) -> None:
    product = shown_at("matching")
    page = product.visitor(VERA).get(f"{product.at}/matches")
    assert page.status_code == 200
    assert 'value="start"' not in page.text


def test_a_person_chosen_for_two_names_reopens_the_other_name_with_a_reason(product_at: At) -> None:
    product = product_at("matching")
    product.close_gaps()
    people = tab(product, "practitioners")
    kept = plan_of(product.move()).practitioners
    sure = next(each for each in people.values() if each.chosen and each.field.removeprefix("c:") not in kept)
    other = next(each for each in people.values() if each.field != sure.field)
    megan = product.visitor(MEGAN)
    form = {"show": "practitioners", "act": "keep", other.field: sure.chosen}
    answer = megan.post(f"{product.at}/matches", data=form, headers=HTMX)
    in_caspen = sure.options[sure.chosen]
    why = f"{in_caspen} in Caspen is matched to {other.name} already"
    assert f"{sure.name} is not decided any more : {why}." in words(answer)
    page = megan.get(f"{product.at}/matches?show=practitioners")
    assert tab(product, "practitioners")[sure.name].chosen == ""
    assert why in words(page), "without scripts the page says it, too"
    form = {"show": "practitioners", "act": "keep", sure.field: sure.chosen}
    both = words(megan.post(f"{product.at}/matches", data=form, headers=HTMX))
    assert "is not decided any more" not in both
    assert {tab(product, "practitioners")[each.name].chosen for each in (sure, other)} == {sure.chosen}


def test_a_tab_without_names_is_explained_and_the_page_opens_a_tab_with_names(product_at: At) -> None:
    files = {name: data for name, data in few().items() if "Practitioners-" not in name}
    product = handed_over(product_at("preparing"), files)
    megan = product.visitor(MEGAN)
    first = megan.get(f"{product.at}/matches")
    named = ("practitioners", "locations", "services")
    tabs = {name: words(megan.get(f"{product.at}/matches?show={name}")) for name in named}
    empty = [name for name, page in tabs.items() if "Your export names none of them" in page]
    assert empty
    for page in tabs.values():
        assert "0 of 0" not in page
        assert "Your export names none of them" not in page or "Every line of this tab has an answer" not in page
    assert len(empty) == len(tabs) or "Your export names none of them" not in words(first)
