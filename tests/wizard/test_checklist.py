"""The checklist page: lines tick automatically, and answers are kept."""

import re

import pytest
from httpx import Response

from app.checklist import CHECKS
from tests.conftest import At
from tests.harness.page_text import done, headline, typed, words
from tests.harness.product import MEGAN, VERA, Product


def marks(answer: Response) -> dict[str, str]:
    pairs = re.findall(r'<li class="task task-(\w+)" id="check-(\w+)"', answer.text)
    return {name: mark for mark, name in pairs}


def checklist_page(product: Product) -> Response:
    answer: Response = product.visitor(MEGAN).get(f"{product.at}/checklist")
    return answer


def test_the_checklist_lists_what_a_new_clinic_must_set_up(product_at: At) -> None:
    product = product_at("nothing")
    olive = product.visitor("olive@riverbend.example")
    page = olive.get(f"/m/{product.other_id}/checklist")
    assert headline(page) == "Get your workspace ready"
    assert len(marks(page)) == len(CHECKS)
    expected = {
        "locations": "needs",
        "practitioners": "needs",
        "invitations": "later",
        "services": "needs",
        "activities": "later",
        "contents": "needs",
        "export": "later",
        "dates": "later",
    }
    assert marks(page).items() >= expected.items()
    assert "Four lines need you." in words(page)


def test_a_location_that_is_added_in_caspen_ticks_by_itself(product_at: At) -> None:
    product = product_at("nothing")
    olive, at = product.visitor("olive@riverbend.example"), f"/m/{product.other_id}/checklist"
    assert marks(olive.get(at))["locations"] == "needs"
    form = {"name": "Riverbend Clinic", "zone": "Australia/Perth"}
    done(olive.post("/sandbox/wsp_other/locations", data=form))
    assert marks(olive.get(at))["locations"] == "done"
    assert "1 location: Riverbend Clinic." in words(olive.get(at))


def test_a_place_that_only_the_export_names_is_asked_for_and_ticks_when_added(product_at: At) -> None:
    product = product_at("matching")
    before = checklist_page(product)
    assert marks(before)["locations"] == "needs"
    assert "In your export and not in Caspen." in words(before)
    assert "Newport" in words(before)
    form = {"name": "newport", "zone": "Australia/Sydney"}
    done(product.visitor(MEGAN).post("/sandbox/wsp_demo/locations", data=form))
    assert marks(checklist_page(product))["locations"] == "done"


def test_an_invitation_ticks_when_the_person_accepts(product_at: At) -> None:
    product = product_at("preparing")
    before = checklist_page(product)
    assert marks(before)["invitations"] == "wait"
    assert "Priya Raghunathan" in words(before)
    user = re.findall(r"/people/(\w+)/accept", product.visitor(MEGAN).get("/sandbox/wsp_demo").text)[0]
    done(product.visitor(MEGAN).post(f"/sandbox/wsp_demo/people/{user}/accept"))
    assert marks(checklist_page(product))["invitations"] == "done"


def test_the_way_of_the_services_is_kept(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    for way in ("set_up", "bring"):
        done(megan.post(f"{product.at}/checklist/services", data={"way": way}))
        assert product.move().services_way == way
        assert re.search(rf'value="{way}"[^>]*checked', checklist_page(product).text)
    assert marks(checklist_page(product))["services"] == "done"


@pytest.mark.parametrize("way", ["", "other", "bring; drop"])
def test_a_way_that_does_not_exist_is_asked_for_again(product_at: At, way: str) -> None:
    product = product_at("preparing")
    answer = product.visitor(MEGAN).post(f"{product.at}/checklist/services", data={"way": way})
    assert answer.status_code == 422
    assert "Choose one of the two ways." in words(answer)
    assert product.move().services_way is None


def test_the_conversion_date_is_kept_changed_and_taken_away(product_at: At) -> None:
    product = product_at("preparing")
    megan, at = product.visitor(MEGAN), f"{product.at}/checklist/dates"
    done(megan.post(at, data={"conversion": "18/12/2026"}))
    assert typed(checklist_page(product), "conversion") == "18/12/2026"
    assert "Best on 17 December 2026" in words(checklist_page(product)) or "17 December" in words(
        checklist_page(product)
    )
    done(megan.post(at, data={"conversion": ""}))
    assert product.move().conversion_date is None


def test_an_invalid_date_comes_back_as_typed(product_at: At) -> None:
    product = product_at("preparing")
    answer = product.visitor(MEGAN).post(f"{product.at}/checklist/dates", data={"conversion": "soon"})
    assert answer.status_code == 422
    assert typed(answer, "conversion") == "soon"


def test_a_trial_keeps_its_way_of_services(product_at: At) -> None:
    product = product_at("reviewing")
    answer = product.visitor(MEGAN).post(f"{product.at}/checklist/services", data={"way": "set_up"})
    assert answer.status_code == 409
    assert headline(answer) == "This step is over: the trial is ready to review"
    assert product.move().services_way == "bring"


def test_the_button_leads_to_the_next_step(product_at: At) -> None:
    product = product_at("preparing")
    assert f'href="{product.at}/export"' in checklist_page(product).text
    done(product.visitor(MEGAN).post(f"{product.at}/export", data={"ready": "1"}))
    assert f'href="{product.at}/handover"' in checklist_page(product).text


@pytest.mark.parametrize("point", ["preparing", "matching", "reviewing", "finalised"])
def test_the_checklist_opens_in_every_state(shown_at: At, point: str) -> None:
    product = shown_at(point)
    assert product.visitor(VERA).get(f"{product.at}/checklist").status_code == 200


def test_with_every_gap_closed_nothing_is_in_the_way(product_at: At) -> None:
    product = product_at("matching")
    product.close_gaps()
    page = checklist_page(product)
    assert {mark for name, mark in marks(page).items() if name != "dates"} == {"done"}
    assert "The trial starts when this is done" not in words(page)
