"""No export arrives before both lists are acknowledged, on any path."""

import io
import re
from collections.abc import Callable

import pytest
from httpx import Response
from sqlmodel import func, select

from app.fetch.hand_over import hand_over_files, hand_over_link
from app.links.normalise import normalise
from app.migration.advance import By, GuardRefused
from app.migration.exports import Handed
from app.migration.models import Export, Migration
from app.migration.states import Actor, State
from tests.conftest import At
from tests.forms.routes import LINES, Line, M, begun, waiting_link
from tests.harness.page_text import done, headline, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import ANA, MEGAN, VERA, Product

HANDS_OVER = {f"{M}/handover/upload", f"{M}/handover/sample", f"{M}/upload/finish", f"{M}/link/confirm"}
LEADS_THERE = {f"{M}/link", f"{M}/link/again", f"{M}/upload/begin"}
"""The forms that hand over an export, and the forms before them."""
AT_BEGINNING = [line for line in LINES if line.point == "preparing" and line.route.startswith(M)]
FIRST = "First read what moves and what stays"


def routes(*wanted: str) -> list[Line]:
    return [line for line in AT_BEGINNING if line.route in wanted]


def exports(product: Product) -> int:
    with product.runtime.ledger.read() as session:
        return session.exec(select(func.count()).select_from(Export)).one()


def kept(product: Product) -> set[str]:
    return set(product.runtime.objects.list(product.migration_id))


def forget_acknowledgement(product: Product) -> None:
    """The move is older than the acknowledgement."""
    product.put(moves_acknowledged_at=None)


def acknowledge(product: Product) -> None:
    done(product.visitor(MEGAN).post(f"{product.at}/overview", data={"ack": "1"}))


def press(product: Product, line: Line) -> Response:
    megan = product.visitor(MEGAN)
    files = {"files": {"files": ("export.zip", tiny_export())}} if line.files else {}
    answer: Response = megan.post(line.at(product), data=line.fills(product, megan), **files)
    return answer


def way_on(page: Response) -> str:
    """The target of a refusal's only button."""
    return "".join(re.findall(r'<a class="btn btn-primary" href="([^"]+)"', page.text))


def test_every_form_of_the_hand_over_has_a_story() -> None:
    assert {line.route for line in routes(*HANDS_OVER, *LEADS_THERE)} == HANDS_OVER | LEADS_THERE


@pytest.mark.parametrize("line", routes(*HANDS_OVER), ids=lambda line: line.route)
def test_an_export_arrives_only_after_the_acknowledgement(product_at: At, line: Line) -> None:
    product = product_at("preparing")
    line.before(product)
    forget_acknowledgement(product)
    before = kept(product)
    refused = press(product, line)
    assert (refused.status_code, headline(refused)) == (409, FIRST)
    assert way_on(refused) == f"{product.at}/overview"
    assert (exports(product), kept(product), product.state()) == (0, before, State.PREPARING)
    acknowledge(product)
    assert press(product, line).status_code in (200, 303)
    assert (exports(product), product.state()) == (1, State.FETCHING)


@pytest.mark.parametrize("line", routes(*LEADS_THERE), ids=lambda line: line.route)
def test_handover_is_refused_before_any_check(product_at: At, line: Line) -> None:
    product = product_at("preparing")
    line.before(product)
    forget_acknowledgement(product)
    before = len(product.acts())
    refused = press(product, line)
    assert (refused.status_code, headline(refused)) == (409, FIRST)
    assert way_on(refused) == f"{product.at}/overview"
    assert len(product.acts()) == before


OTHER_FORMS = [line for line in AT_BEGINNING if line.route not in HANDS_OVER]


@pytest.mark.parametrize("line", OTHER_FORMS, ids=lambda line: line.route)
def test_no_other_form_of_a_move_at_its_beginning_hands_an_export_over(product_at: At, line: Line) -> None:
    product = product_at("preparing")
    line.before(product)
    press(product, line)
    assert exports(product) == 0


def by_files(product: Product, by: By) -> None:
    handed = [Handed("export.zip", io.BytesIO(tiny_export()))]
    hand_over_files(product.runtime, product.move(), handed, by=by, name="export.zip")


def by_link(product: Product, by: By) -> None:
    hand_over_link(
        product.runtime, product.move(), normalise("https://files.example/export.zip"), hint="files.example", by=by
    )


@pytest.mark.parametrize("way", [by_files, by_link])
@pytest.mark.parametrize("actor", [Actor.CLINIC, Actor.SUPPORT])
def test_the_engine_refuses_and_stores_no_export_before_the_acknowledgement(
    product_at: At, way: Callable[[Product, By], None], actor: Actor
) -> None:
    product = product_at("begun")
    by = By(MEGAN if actor is Actor.CLINIC else ANA, actor)
    with pytest.raises(GuardRefused) as refused:
        way(product, by)
    assert refused.value.problem.code == "lists_not_acknowledged"
    assert (exports(product), kept(product), product.state()) == (0, set(), State.PREPARING)
    acknowledge(product)
    way(product, by)
    assert exports(product) == 1


@pytest.mark.parametrize("before", [lambda _: None, begun, waiting_link], ids=["nothing", "upload", "link"])
def test_the_handover_page_names_the_first_step_and_offers_no_refused_form(
    product_at: At, before: Callable[[Product], None]
) -> None:
    product = product_at("preparing")
    before(product)
    forget_acknowledgement(product)
    megan = product.visitor(MEGAN)
    for path in ("handover", "link"):
        page = megan.see(f"{product.at}/{path}")
        assert FIRST in words(page)
        assert f'href="{product.at}/overview"' in page.text.partition("<main")[2]
        offered = set(re.findall(r'action="([^"]+)"', page.text))
        assert not offered & {line.at(product) for line in routes(*HANDS_OVER, *LEADS_THERE)}
    assert FIRST in words(product.visitor(VERA).get(f"{product.at}/handover"))
    acknowledge(product)
    page = megan.get(f"{product.at}/handover")
    assert FIRST not in words(page)
    assert f'action="{product.at}/handover/upload"' in page.text


def test_the_checklist_leads_to_the_lists_and_then_to_the_export(product_at: At) -> None:
    product = product_at("begun")
    megan = product.visitor(MEGAN)
    page = megan.get(f"{product.at}/checklist")
    assert way_on(page).endswith(f"{product.at}/overview")
    assert "You can hand over your export now" not in words(page)
    acknowledge(product)
    assert way_on(megan.get(f"{product.at}/checklist")).endswith(f"{product.at}/uses")


def test_who_acknowledged_and_when_is_in_the_history_once(product_at: At) -> None:
    product = product_at("begun")
    acknowledge(product)
    acknowledge(product)
    assert [(entry.act, entry.by) for entry in product.audit()] == [("start", MEGAN), ("acknowledge_lists", MEGAN)]
    assert "What moves and what stays was read" in words(product.visitor(MEGAN).get(f"{product.at}/people"))


def test_another_export_of_the_same_move_needs_no_second_acknowledgement(product_at: At) -> None:
    product = product_at("matching")
    done(product.visitor(MEGAN).post(f"{product.at}/handover/replace"))
    done(press(product, routes(f"{M}/handover/upload")[0]))
    assert (exports(product), product.state()) == (2, State.FETCHING)


def test_a_new_move_begins_with_the_lists_again(product_at: At) -> None:
    product = product_at("matching")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/progress/cancel"))
    started = done(megan.post("/start")).headers["location"]
    assert started.endswith("/overview")
    with product.runtime.ledger.read() as session:
        assert session.get_one(Migration, started.split("/")[2]).moves_acknowledged_at is None
    assert FIRST in words(megan.get(started.replace("/overview", "/handover")))
