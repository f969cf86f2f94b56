"""The names page saves automatically in a browser, and a button pressed meanwhile waits for the answer."""

from queue import SimpleQueue
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, Route, expect

from tests.conftest import At
from tests.forms.browser import BASIS
from tests.harness.product import MEGAN
from tests.harness.waiting import patience
from tests.look.pages import served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("look")]
HTMX = {"HX-Request": "true", "sec-fetch-site": "same-origin"}


@pytest.mark.parametrize("button", ["Save and start the trial", "Save for later", "Locations"])
def test_a_button_waits_for_the_running_save_and_sends_its_fingerprint(page: Page, product_at: At, button: str) -> None:
    product = product_at("matching")
    megan = product.visitor(MEGAN)
    drawn = megan.get(f"{product.at}/matches?show=leave_out").text
    saves: list[Route] = []
    posts: list[dict[str, list[str]]] = []

    def answer(route: Route) -> None:
        sent = parse_qs(route.request.post_data or "")
        if "hx-request" in route.request.headers:
            saves.append(route)
        else:
            posts.append(sent)
            route.fulfill(body="<title>Posted</title>", content_type="text/html")

    page.route(f"**{product.at}/matches", answer)
    with served({"/names": drawn}) as site:
        page.goto(f"{site}/names")
        page.get_by_label("Appointments that start before").fill("1/3/2022")
        with page.expect_request(f"**{product.at}/matches"):
            page.get_by_role("button", name=button).click(no_wait_after=True)
        expect(page).not_to_have_title("Posted")
        assert (len(saves), posts) == (1, [])
        sent = {name: values[0] for name, values in parse_qs(saves[0].request.post_data or "").items()}
        kept = megan.post_exactly(f"{product.at}/matches", sent, headers=HTMX)
        assert kept.status_code == 200
        saves[0].fulfill(body=kept.text, content_type="text/html")
        expect(page).to_have_title("Posted")
    fresh = BASIS.search(kept.text)
    assert fresh is not None
    assert [post["basis"] for post in posts] == [[fresh[1]]]
    assert posts[0]["before"] == ["1/3/2022"]
    assert posts[0].keys() >= ({"go"} if button == "Locations" else {"act"})


def test_a_choice_is_kept_when_its_person_leaves_before_it_is_saved(page: Page, product_at: At) -> None:
    product = product_at("matching")
    drawn = product.visitor(MEGAN).get(f"{product.at}/matches?show=leave_out").text
    posted: SimpleQueue[str] = SimpleQueue()

    def answer(route: Route) -> None:
        if "hx-request" not in route.request.headers:  # a save gets no answer: the network is slow
            route.continue_()

    page.route(f"**{product.at}/matches", answer)
    with served({"/names": drawn, "/other": "<title>Another page</title>"}, posted) as site:
        page.goto(f"{site}/names")
        field = page.get_by_label("Appointments that start before")
        with page.expect_request(f"**{product.at}/matches"):
            field.fill("1/3/2022")
            field.press("Tab")
        field.fill("1/4/2022")
        page.goto(f"{site}/other")
        form = parse_qs(posted.get(timeout=patience(30)))
    assert (form["before"], form["act"]) == (["1/4/2022"], ["keep"])
