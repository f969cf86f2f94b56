"""The pages of a move that is over say what was, promise nothing, and link only to existing pages and places.

Generated over every page that opens, for a move that was stopped at each point of its way, before and after its copies
are deleted, and for a live move.
"""

import re
from html import unescape
from urllib.parse import SplitResult, urlsplit

import pytest
from httpx import Response

from app.migration.states import State
from app.worker.clean_up import purge
from tests.access.test_offers import OWN, pages
from tests.conftest import At
from tests.forms.page_forms import forms_of
from tests.harness.page_text import done, headline
from tests.harness.product import MEGAN, VERA, Product
from tests.wizard.test_every_state import put
from tests.wizard.test_over import STILL

PROMISES = re.compile(
    r"\byou will\b|\bwe will\b|\bwill be\b|\bgoes? live\b|\bnot live yet\b|\byet\b|\bwe e-mail you\b|\bnext, you\b"
    r"|\bwhen (?:a|the|your) (?:trial|export|move) is\b|\bonce approved\b|\b(?:when|before|until) you approve\b"
    r"|\b(?:before|until|into) the trial\b|\bneeds you\b|\bwaits? for an answer\b|\bwhen you like\b|\bgo on\b"
    r"|\bgoes on\b|\bhand (?:\w+ ){0,3}over\b|\b(?:can|may) be (?:changed|paired)\b|\byou can change\b|\bchange it\b"
    r"|\btell us what\b|\bget your workspace ready\b|\bwe ask you\b|\bat the review we\b|\bat review\b"
    r"|\bmay not be whole: look\b|\bsay (?:here|that it is meant)\b|\belse, say so\b|\byou tick it\b|\bget ready\b"
)
"""Words of what is to come, and of acts that only an open move has."""
STILL_TRUE = (
    "Also look at clients as they will be",
    "Caspen has no place for them yet.",
    "Nothing can be changed here.",
)
"""What a role may do in any move, a rule of Caspen, and a denial."""
LINK = re.compile(r'<a\b[^>]*\bhref="([^"]+)"')
POINTS = ("preparing", "matching", "reviewing")


def stopped(product: Product, *, is_deleted: bool) -> Product:
    done(product.visitor(MEGAN).post(f"{product.at}/progress/cancel"))
    if is_deleted:
        purge(product.runtime, product.migration_id)
    return product


def addresses_of(product: Product) -> list[str]:
    """Every address of the move, while its records exist."""
    return list(pages(product))


def opened(product: Product, email: str, addresses: list[str]) -> dict[str, Response]:
    """Every page that opens for this person, by its address, including the pages of deleted and missing things."""
    visitor = product.visitor(email)
    answers = {address: visitor.see(address) for address in addresses}
    assert not [address for address, page in answers.items() if page.status_code >= 500]
    return {a: page for a, page in answers.items() if page.headers.get("content-type", "").startswith("text/html")}


def main_of(page: Response) -> str:
    """The title of the page, and the page without head and foot, sidebar included."""
    title = re.findall(r"<title>(.*?)</title>", page.text, re.S)
    return (
        "".join(f"<p>{each}</p>" for each in title)
        + page.text.partition("<main")[2].partition("</main")[0].partition(">")[2]
    )


def sentences(page: Response) -> list[str]:
    shown = re.sub(r"<(script|style|svg|template)\b.*?</\1>", " ", main_of(page), flags=re.S)
    shown = re.sub(r"</?(?:p|h\d|li|td|th|dt|dd|section|div|button|label|option|small)\b[^>]*>", "\n", shown)
    lines = (" ".join(unescape(re.sub(r"<[^>]+>", "", line)).split()) for line in shown.split("\n"))
    return [line for line in lines if line]


def promises(shown: dict[str, Response]) -> list[str]:
    offers = []
    for address, page in shown.items():
        for line in sentences(page):
            rest = line
            for phrase in STILL_TRUE:
                rest = rest.replace(phrase, "")
            if PROMISES.search(rest.lower()):
                offers.append(f"{address}: {line[:200]}")
    return sorted(offers)


def dead_ends(product: Product, shown: dict[str, Response]) -> list[str]:
    """Links to missing pages or anchors. Of many links to a kind of page, only the first is followed."""
    megan = product.visitor(MEGAN)
    links: dict[tuple[str, str], tuple[str, SplitResult]] = {}
    for at, page in shown.items():
        for to in LINK.findall(main_of(page)):
            target = urlsplit(str(page.url.join(unescape(to))))
            if f"/{product.migration_id}" in target.path:
                route = next((route for route, own in OWN.items() if own.fullmatch(target.path)), target.path)
                links.setdefault((route, target.fragment), (at, target))
    wrong = []
    for at, target in links.values():
        page = megan.see(f"{target.path}?{target.query}")
        if page.status_code != 200:
            wrong.append(f"{at} leads to {target.path}: {page.status_code} {headline(page)}")
        elif target.fragment and f'id="{target.fragment}"' not in page.text:
            wrong.append(f"{at} leads to a place that is not there: {target.path}#{target.fragment}")
    return wrong


def acts(product: Product, shown: dict[str, Response], state: State) -> list[str]:
    still = [re.compile(re.sub(r"\{\w+\}", "[^/]+", route)) for route in STILL[state]]
    return sorted(
        f"{address} offers {form.action}"
        for address, page in shown.items()
        for form in forms_of(page)
        if form.method == "post"
        and f"/{product.migration_id}" in form.action
        and not any(route.fullmatch(form.action) for route in still)
    )


@pytest.mark.parametrize("is_deleted", [False, True])
@pytest.mark.parametrize("point", POINTS)
def test_a_cancelled_move_offers_no_act_of_an_open_move(product_at: At, point: str, is_deleted: bool) -> None:
    product = product_at(point)
    addresses = addresses_of(product)
    stopped(product, is_deleted=is_deleted)
    for email in (MEGAN, VERA):
        shown = opened(product, email, addresses)
        assert len(shown) > 15
        assert promises(shown) == [], email
        assert acts(product, shown, State.CANCELLED) == [], email
    assert dead_ends(product, opened(product, MEGAN, addresses)) == []


@pytest.mark.parametrize("state", [State.FINALISED, State.UNDONE])
def test_a_live_move_is_described_as_done(product_at: At, state: State) -> None:
    product = product_at("finalised")
    addresses = addresses_of(product)
    put(product, state)
    for email in (MEGAN, VERA):
        shown = opened(product, email, addresses)
        assert len(shown) > 15
        assert promises(shown) == [], email
        assert acts(product, shown, state) == [], email
    assert dead_ends(product, opened(product, MEGAN, addresses)) == []


def test_the_searched_words_belong_to_an_open_move(shown_at: At) -> None:
    product = shown_at("matching")
    offers = promises(opened(product, MEGAN, addresses_of(product)))
    assert {line.partition(":")[0].removeprefix(product.at) for line in offers} >= {
        "/checklist",
        "/export",
        "/review",
        "/report",
        "/uses",
        "/uses/counts",
        "/problems",
        "/progress",
    }
