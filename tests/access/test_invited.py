"""Every route, for people before and after an invitation, a removal, and a change of their role."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.access.rights import Role
from app.sandbox.demo import WORKSPACE
from app.web.page_context import COOKIE
from app.wizard import progress
from app.wizard.progress import may_view, stream, watch_of
from tests.access.colleagues import SITUATIONS, Situation, joined, opened_wrongly, put_upload
from tests.harness.invitations import change, person_id, remove
from tests.harness.page_text import done
from tests.harness.prepared_moves import PreparedFolders, running
from tests.harness.product import Product
from tests.harness.waiting import patience


@pytest.fixture(scope="module")
def product(folders: PreparedFolders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with contextmanager(running)(folders, "reviewing", tmp_path_factory.mktemp("invited") / "var") as started:
        put_upload(started)
        yield started


@pytest.mark.parametrize("number", range(len(SITUATIONS)), ids=[situation.name for situation in SITUATIONS])
def test_a_person_opens_exactly_what_the_rights_table_allows(product: Product, number: int) -> None:
    situation: Situation = SITUATIONS[number]
    colleague = situation.arrive(product, f"robin{number}@x.example")
    asked, wrong = opened_wrongly(product, colleague)
    assert asked > 150
    assert not wrong, f"{situation.name}: {wrong}"


@pytest.mark.parametrize("act", ["removed", "disabled", "signed out"])
def test_an_open_event_stream_ends_with_the_access_of_its_reader(
    product: Product, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert progress.RIGHTS_AGAIN * 1.25 <= 30, "an end of access reaches an open stream within half a minute"
    monkeypatch.setattr(progress, "RIGHTS_AGAIN", 0.4)
    email = f"{act.replace(' ', '')}@x.example"
    browser = joined(product, email, Role.REVIEWER)
    secret, ledger, asked = browser.cookies[COOKIE], product.runtime.ledger, list[bool]()
    done(change(product, email, "viewer"))

    def end_access() -> None:
        if act == "removed":
            done(remove(product, email))
        elif act == "disabled":
            product.end_access(person_id(product, email))
        else:
            browser.post("/signout")

    def may_still_view() -> bool:
        """The product's own check. The access ends after the stream was allowed."""
        asked.append(may_view(ledger, secret, WORKSPACE))
        if len(asked) == 1:
            end_access()
        return asked[-1]

    async def listen() -> None:
        move = product.move()
        async for _ in stream(watch_of(product.app), move.id, move.state, may_still_view):
            pass

    asyncio.run(asyncio.wait_for(listen(), patience(60)))
    assert asked == [True, False], "a lower role may still look, and ended access may not"
