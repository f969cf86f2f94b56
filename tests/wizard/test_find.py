"""Text typed into "Find" is in no address and no link, and gives the same results with and without JavaScript."""

import hashlib
import re
from urllib.parse import quote

import pytest

from app.formatting import own_number
from app.sources import source
from app.web.search_text import search_address, typed_text
from app.wizard.problems import named_columns
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.product import MEGAN, OLIVE, VERA

LISTS = ("/m/{id}/clients", "/m/{id}/records/contacts", "/sandbox/wsp_demo/clients")
TYPED = ("Zadie", "zadie@example.com", "0400 000 111", "O\u2019Brien & Söhne", "a" * 300, "x#y?z=1&w=2")


def test_no_address_holds_the_typed_text(shown_at: At) -> None:
    product = shown_at("reviewing")
    megan = product.visitor(MEGAN)
    for path in LISTS:
        address = path.format(id=product.migration_id)
        for typed in TYPED:
            to = done(megan.post(address, data={"q": typed})).headers["location"]
            assert to.startswith(f"{address}?find=")
            page = megan.get(to)
            assert page.status_code == 200
            held = [to, *re.findall(r'(?:href|action|hx-get)="([^"]*)"', page.text)]
            assert [line for line in held if typed[:5] in line or quote(typed[:5]) in line] == [], typed
            assert 'method="post"' in page.text.split('class="filters"', 1)[1][:200]


def test_the_list_shows_the_typed_text_and_its_matches(shown_at: At) -> None:
    product = shown_at("reviewing")
    megan, at = product.visitor(MEGAN), f"{product.at}/clients"
    everybody = headline(megan.get(at))
    surname = re.search(r"<th[^>]*>.*?<bdi>\w+ (\w+)</bdi>", megan.get(at).text, re.DOTALL)
    assert surname is not None
    matches = megan.get(done(megan.post(at, data={"q": surname[1]})).headers["location"])
    assert headline(matches) != everybody
    assert f'value="{surname[1]}"' in matches.text
    nobody = megan.get(done(megan.post(at, data={"q": "nobody-of-this-name"})).headers["location"])
    assert "Nobody fits what you typed." in words(nobody)
    assert done(megan.post(at, data={"q": "  "})).headers["location"] == at
    assert headline(megan.get(f"{at}?q={surname[1]}")) == everybody, "text in the clear is not looked for"


@pytest.mark.parametrize("find", ["x", "s1.", "s1.AAAA", "%00", "Zadie"])
def test_an_address_that_we_did_not_make_finds_everybody(shown_at: At, find: str) -> None:
    product = shown_at("reviewing")
    megan, at = product.visitor(MEGAN), f"{product.at}/clients"
    answer = megan.get(f"{at}?find={find}")
    assert answer.status_code in (200, 422)
    if answer.status_code == 200:
        assert headline(answer) == headline(megan.get(at))


def test_text_typed_for_a_list_opens_only_for_that_list(shown_at: At) -> None:
    runtime = shown_at("reviewing").runtime
    sealed = search_address(runtime, "/m/a/clients", "Zadie").partition("?find=")[2]
    assert typed_text(runtime, "/m/a/clients", sealed) == "Zadie"
    assert typed_text(runtime, "/m/b/clients", sealed) == ""


@pytest.mark.parametrize("who", [VERA, OLIVE])
def test_only_who_may_see_records_may_find_them(shown_at: At, who: str) -> None:
    product = shown_at("reviewing")
    for path in LISTS[:2]:
        address = path.format(id=product.migration_id)
        assert product.visitor(who).post(address, data={"q": "Zadie"}).status_code in (403, 404)


def test_the_number_of_a_row_in_the_source_is_never_a_fingerprint_of_ours() -> None:
    shown = {own: own_number(own) for own in ("1558354464010667075", "77:1234567", "name:physio", "a" * 63)}
    assert all(number == own for own, number in shown.items())
    assert own_number(hashlib.sha256(b"a file").hexdigest()) == own_number(None) == ""


def test_a_problem_names_a_column_by_the_files_header() -> None:
    kind = source("cliniko").kind("appointments")
    native = {each.name: each.column.native for each in kind.columns if each.column.native}
    assert len(native) > 5
    named = named_columns(kind, native.values())
    assert {name: named[name] for name in ("starts_at", "ends_at")} == {
        "starts_at": "Start Time",
        "ends_at": "End Time",
    }
    assert set(named.values()) <= set(native.values())
    assert named_columns(kind, ["colour"]) == {}
