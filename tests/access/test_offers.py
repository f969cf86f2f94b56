"""No page offers a person an act or a page that the person's role does not include; a sentence says who can act.

Generated: every page that opens for a role, at every point of a move and in every state, with every form and link.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from html import unescape
from urllib.parse import urlsplit

import pytest
from httpx import Response

from app.access.rights import RIGHTS, Right
from app.migration.states import WORKING, State
from app.migration.upload_tables import UploadFile
from app.sandbox.demo import WORKSPACE
from tests.access.test_matrix import ENDLESS, VISITORS, allowed, filled
from tests.conftest import At
from tests.forms.page_forms import forms_of
from tests.forms.routes import waiting_link
from tests.harness.page_text import words
from tests.harness.product import MEGAN, VERA, Product, Visitor

ROLES = ("viewer", "reviewer", "support", "support lead")
"""Everybody who can open a move and cannot act for its clinic."""
TABS = (
    "?show=practitioners",
    "?show=locations",
    "?show=services",
    "?show=custom_fields",
    "?show=clients",
    "?show=leave_out",
)
TO_KEEP = (".csv", ".txt")
"""How the address of a file ends that a person keeps: it offers nothing, whoever opens it."""
LATE = {State.FINALISED: "finalised", State.UNDONE: "finalised", State.UNDOING: "finalised"}
EARLY = (State.PREPARING, State.FETCHING, State.FETCHING_FAILED, State.READING, State.READING_FAILED, State.CANCELLED)
SCENES = [*(("preparing", state) for state in EARLY), *((LATE.get(state, "reviewing"), state) for state in State)]
CAN_ACT = "Grace Okonkwo and Megan Doyle can act for the clinic."
LINK = re.compile(r'<a\b[^>]*\bhref="([^"#][^"]*)"')
OWN = {route: re.compile(re.sub(r"\{\w+\}", "[^/]+", route)) for _, route in RIGHTS}


@cache
def right_at(method: str, address: str) -> Right | None:
    """The right that an address of the product asks for; None for an address that is not a route."""
    path = urlsplit(address).path
    exact = RIGHTS.get((method, path))
    rights = (right for (verb, route), right in RIGHTS.items() if verb == method and OWN[route].fullmatch(path))
    return exact or next(rights, None)


def address_of(product: Product, route: str) -> str:
    """The address of a page; before a trial, pages of records have nothing to show."""
    if product.move().trial_number:
        return filled(product, route, product.migration_id)
    first = route.replace("{migration_id}", product.migration_id).replace("{kind}", "contacts")
    return re.sub(r"\{\w+\}", "1", first)


def pages(product: Product) -> Iterator[str]:
    """Every page of one move, with each tab of the names."""
    for method, route in sorted(RIGHTS):
        if method == "GET" and "{migration_id}" in route and not route.endswith(ENDLESS) and "{upload_id}" not in route:
            address = address_of(product, route)
            yield from (f"{address}{tab}" for tab in (TABS if route.endswith("/matches") else ("",)))


def may(who: str, right: Right | None) -> bool:
    _, workspace, role = VISITORS[who]
    if right in (Right.ANYONE, Right.SIGNED_IN):
        return True
    return right is not None and allowed(right, role, workspace, WORKSPACE)


def offered(page: Response) -> Iterator[tuple[str, str]]:
    """The offers of a page: the address of each form and of each link to a page of the product, with its method."""
    for form in forms_of(page):
        yield form.method.upper(), form.action
    for address in dict.fromkeys(LINK.findall(page.text)):
        if address.startswith(("/m/", "/support", "/start", "?")):
            yield "GET", str(page.url.join(unescape(address)).path)


def scene(product: Product, state: State) -> Product:
    product.put(state=state.value, paused_from="fetching" if state is State.PAUSED else None)
    return product


def opened(browser: Visitor, addresses: Sequence[str]) -> dict[str, Response]:
    """The pages that open for this person, by address."""
    answers = {address: browser.get(address) for address in addresses}
    html = {a: page for a, page in answers.items() if page.headers.get("content-type", "").startswith("text/html")}
    assert not [address for address, page in answers.items() if page.status_code >= 500]
    return {address: page for address, page in html.items() if page.status_code == 200}


@pytest.mark.parametrize(("point", "state"), SCENES)
def test_pages_offer_only_acts_that_the_role_includes(shown_at: At, point: str, state: State) -> None:
    product = scene(shown_at(point), state)
    every = list(pages(product))
    acts = {
        address
        for address, page in opened(product.visitor(MEGAN), every).items()
        for form in forms_of(page)
        if right_at(form.method.upper(), form.action) in (Right.ACT, Right.START)
    }
    assert acts or state in WORKING
    offering = [address for address in every if not address.endswith(TO_KEEP)]
    for who in ROLES:
        shown = opened(product.visitor(VISITORS[who][0]), offering)
        assert len(shown) > 5
        wrong = [
            f"{address} offers {method} {target}"
            for address, page in shown.items()
            for method, target in offered(page)
            if not may(who, right_at(method, target))
        ]
        silent = [f"{address} names nobody" for address in acts & shown.keys() if CAN_ACT not in words(shown[address])]
        assert sorted({*wrong, *silent}) == [], who


def link_waits(product: Product) -> None:
    waiting_link(product)


def upload_waits(product: Product) -> None:
    row = UploadFile(
        migration_id=product.migration_id, number=1, id="an-upload", name="a.zip", size=9, object_key=f"{product.at}/x"
    )
    product.write(lambda session: session.add(row))


@pytest.mark.parametrize("before", [link_waits, upload_waits])
def test_a_hand_over_that_waits_offers_a_viewer_nothing(product_at: At, before: Callable[[Product], None]) -> None:
    product = product_at("preparing")
    before(product)
    vera = product.visitor(VERA)
    for path in ("handover", "link"):
        page = vera.get(f"{product.at}/{path}", follow_redirects=True)
        assert page.status_code == 200
        assert CAN_ACT in words(page)
        wrong = [(method, target) for method, target in offered(page) if not may("viewer", right_at(method, target))]
        assert wrong == []


def test_the_server_enforces_the_table(product_at: At) -> None:
    product = product_at("reviewing")
    vera = product.visitor(VERA)
    for page in opened(vera, list(pages(product))).values():
        for form in forms_of(page):
            if form.method == "post" and form.action != "/signout":
                assert vera.post_exactly(form.action, {}).status_code != 403, form.action


def test_a_refused_act_names_who_can(product_at: At) -> None:
    product = product_at("matching")
    page = product.visitor(VERA).post_exactly(f"{product.at}/files", {})
    assert page.status_code == 403
    assert CAN_ACT in words(page)
