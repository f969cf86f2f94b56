"""Every route, for people before and after an invitation, a removal, and a change of their role."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.access.colleagues import SITUATIONS, Situation, opened_wrongly, put_upload
from tests.points import Folders, running
from tests.product import Product


@pytest.fixture(scope="module")
def product(folders: Folders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with contextmanager(running)(folders, "reviewing", tmp_path_factory.mktemp("invited") / "var") as started:
        put_upload(started)
        yield started


@pytest.mark.parametrize("number", range(len(SITUATIONS)), ids=[situation.name for situation in SITUATIONS])
def test_a_person_opens_what_the_rights_table_says_and_nothing_else(product: Product, number: int) -> None:
    situation: Situation = SITUATIONS[number]
    colleague = situation.arrive(product, f"robin{number}@x.example")
    asked, wrong = opened_wrongly(product, colleague)
    assert asked > 150
    assert not wrong, f"{situation.name}: {wrong}"
