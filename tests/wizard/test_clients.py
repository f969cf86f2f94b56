"""Clients in the trial, for people who may see clients, with an audit line for every view."""

import re
from typing import Any

import pytest
from sqlmodel import select

from app.records.sections import SECTIONS
from app.sources import source
from app.web.search_text import search_address
from tests.conftest import At
from tests.harness.page_text import headline, words
from tests.harness.product import ANA, MEGAN, RICK, VERA, Product


def first_client(product: Product) -> str:
    page = product.visitor(MEGAN).get(f"{product.at}/clients")
    return str(re.findall(rf'href="({product.at}/clients/cli_\w+)"', page.text)[0])


@pytest.mark.parametrize("point", ["preparing", "matching"])
def test_there_are_no_clients_before_a_trial(shown_at: At, point: str) -> None:
    product = shown_at(point)
    for address in ("clients", "clients/cli_x", "clients/cli_x/notes", "records/contacts", "records/contacts/con_x"):
        page = product.visitor(MEGAN).get(f"{product.at}/{address}")
        assert page.status_code == 404
        assert headline(page) == "There are no records to look at yet"
        assert "no longer part of your move" not in words(page)


def test_the_clients_of_the_trial_are_listed_by_last_name(shown_at: At) -> None:
    product = shown_at("reviewing")
    page = product.visitor(RICK).get(f"{product.at}/clients")
    match = re.match(r"(\d+) clients in the trial", headline(page))
    assert match
    assert int(match.group(1)) > 30


def test_a_client_matches_a_part_of_the_name(shown_at: At) -> None:
    product = shown_at("reviewing")
    megan = product.visitor(MEGAN)
    name = max(headline(megan.get(first_client(product))).split(), key=len)
    every = headline(megan.get(f"{product.at}/clients"))
    narrowed = megan.get(search_address(product.runtime, f"{product.at}/clients", name[:5].upper()))
    assert headline(narrowed) != every
    assert name in words(narrowed)
    for nothing in ("%", "_", "zzzz", "'; --", "x" * 500):
        answer = megan.get(search_address(product.runtime, f"{product.at}/clients", nothing))
        assert answer.status_code == 200
        assert headline(answer).startswith("0 clients"), nothing


def test_a_client_is_shown_with_visits_and_notes(shown_at: At) -> None:
    product = shown_at("reviewing")
    page = product.visitor(RICK).get(first_client(product))
    text = words(page)
    assert "Trial 1: not live yet" in text
    assert "Where this came from" in text
    for name in SECTIONS:
        section = product.visitor(RICK).get(f"{first_client(product)}/{name.name}")
        assert section.status_code == 200
        assert re.search(rf'aria-current="page">{name.label}, [\d,]+<', section.text), name


def test_every_section_shows_its_records(shown_at: At) -> None:
    product = shown_at("reviewing")
    rick = product.visitor(RICK)
    for section in SECTIONS:
        with product.runtime.caspen.trial(product.migration_id, 1).database.read() as session:
            table: Any = section.kind.table
            clients = session.exec(select(table.client_id).distinct().order_by(table.client_id).limit(3)).all()
        assert clients, f"no {section.name} in the trial"
        for client in clients:
            page = rick.get(f"{product.at}/clients/{client}/{section.name}")
            assert page.status_code == 200, (client, section.name)
            assert section.empty not in words(page)


def test_a_note_shows_its_source_outside_its_text(shown_at: At) -> None:
    product = shown_at("reviewing")
    rick = product.visitor(RICK)
    clients = re.findall(rf'href="({product.at}/clients/cli_\w+)"', rick.get(f"{product.at}/clients").text)
    page = next(p for p in (rick.get(f"{c}/notes") for c in clients) if 'class="rich"' in p.text)
    assert f"Imported from {source(None).label}" in words(page)
    bodies = re.findall(r'<div class="rich" hx-ignore>(.*?)</div>\s*<p class="small', page.text, re.S)
    assert bodies
    assert not any("Imported from" in body for body in bodies)


def test_every_client_of_the_trial_can_be_shown(shown_at: At) -> None:
    product = shown_at("reviewing")
    megan = product.visitor(MEGAN)
    page = megan.get(f"{product.at}/clients").text
    for address in set(re.findall(rf'href="({product.at}/clients/cli_\w+)"', page)):
        assert megan.get(address).status_code == 200, address


def test_every_view_of_a_client_is_recorded(product_at: At) -> None:
    product = product_at("reviewing")
    address = first_client(product)
    product.visitor(RICK).get(address)
    entries = [(entry.by, entry.act, entry.facts) for entry in product.audit()][-2:]
    assert entries == [(MEGAN, "clients_listed", {}), (RICK, "client_seen", {"client": address.rsplit("/", 1)[1]})]


def test_text_typed_into_an_address_is_not_recorded(product_at: At) -> None:
    product = product_at("reviewing")
    assert product.visitor(RICK).get(f"{product.at}/clients/Margaret%20Hollis").status_code == 404
    assert "Margaret" not in f"{[entry.facts for entry in product.audit()]}"


@pytest.mark.parametrize("email", [VERA, ANA])
def test_those_without_the_right_see_no_client(shown_at: At, email: str) -> None:
    product = shown_at("reviewing")
    address = first_client(product)
    for path in (f"{product.at}/clients", address):
        answer = product.visitor(email).get(path)
        assert answer.status_code == 403
        assert headline(answer) == "This is for somebody else to do"


def test_another_clinics_client_returns_404(shown_at: At) -> None:
    product = shown_at("reviewing")
    theirs = first_client(product).replace(product.migration_id, product.other_id)
    assert product.visitor("olive@riverbend.example").get(theirs).status_code == 404
