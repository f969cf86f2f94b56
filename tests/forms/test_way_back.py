"""A person who was signed out while sending a form signs in and gets a page, whatever the form's address."""

import re
from urllib.parse import unquote

import pytest

from app.access.rights import RIGHTS
from tests.conftest import At
from tests.forms.browser import page_of
from tests.harness.page_text import done
from tests.harness.product import ANA, BASE, MEGAN, OWN_PAGE, Product

POSTED = sorted({path for method, path in RIGHTS if method == "POST" and path.startswith(("/m/", "/support/"))})
BACK = re.compile(r'href="/signin\?next=([^"]+)"')


def way_back(product: Product, address: str, referer: str) -> str:
    """The page after sign-in, if this form was sent without a session."""
    headers = {**OWN_PAGE, **({"referer": BASE + referer} if referer else {})}
    answer = product.visitor(headers=headers).post_exactly(address, {"undo": "1", "text": "Line 12."})
    if answer.status_code == 303:  # a form that streams its files held no answer yet
        return unquote(answer.headers["location"].partition("next=")[2])
    found = BACK.search(answer.text)
    assert found is not None, answer.status_code
    return unquote(found[1])


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("came_from", ["its page", "its own address", "nowhere"])
def test_after_signing_in_again_there_is_a_page(shown_at: At, path: str, came_from: str) -> None:
    product = shown_at("finalised")
    address = re.sub(r"\{(?!migration_id)\w+\}", "1", path).format(migration_id=product.migration_id)
    referer = {"its page": page_of(address) or "", "its own address": address}.get(came_from, "")
    back = way_back(product, address, referer)
    assert ("GET", path) in RIGHTS or back != address, "a browser cannot ask for the address of a button"
    who = product.visitor(ANA if path.startswith("/support") else MEGAN)
    template = back.replace(product.migration_id, "{migration_id}")
    seen = who.see(back)
    is_of_a_thing = template.rstrip("/").rpartition("/")[2] == "1"  # a file or person that the test made up
    assert seen.status_code == 200 or is_of_a_thing, back


def test_a_person_signed_out_while_taking_the_move_back_finds_the_report_again(shown_at: At) -> None:
    product = shown_at("finalised")
    undo = f"{product.at}/report/undo"
    assert way_back(product, undo, undo) == f"{product.at}/report"
    browser = product.visitor()
    done(browser.post_exactly("/signin", {"email": MEGAN, "act": "enter"}))
    assert browser.get(f"{product.at}/report").status_code == 200
