"""A file that aborts, loops or exhausts memory ends no page: the page names it, and other pages keep answering."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from app.isolated.places import PLACES, Process, places_of
from app.links import inspection
from app.mapping import parse
from app.reading import encoding, json_stream, parts, unpack, workbook
from app.reading.archive import Archive
from app.reading.entries import ExportFiles
from tests.access.test_matrix import filled
from tests.harness.prepared_moves import PreparedFolders, running
from tests.harness.product import MEGAN, Product
from tests.hostile.web import ACTS, KILLERS, arm, hostile_export, name_of, reviewed, tried
from tests.wizard.questionable import number_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile-web")]
WEB = tuple(place.name for place in places_of(Process.LIMITED_READER))


@pytest.fixture(scope="module")
def product(folders: PreparedFolders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    for made in running(folders, "preparing", tmp_path_factory.mktemp("hostile") / "var"):
        reviewed(made)
        arm(made)
        yield made


def test_every_place_of_the_inventory_has_its_killer() -> None:
    assert set(WEB) == set(ACTS)


def test_every_route_of_the_inventory_exists(product: Product) -> None:
    known = {route.path for route in iter_route_contexts(product.app.routes)}
    asked = {route for place in PLACES if place.process is not Process.WORKER_CHILD for route in place.reached_by}
    assert asked <= known


@pytest.mark.parametrize("killer", KILLERS)
@pytest.mark.parametrize("place", WEB)
def test_a_killer_ends_no_page(product: Product, place: str, killer: str) -> None:
    assert tried(product, place, killer) == []


def test_other_files_of_the_export_are_still_shown(product: Product) -> None:
    other = next(name for name in hostile_export() if "Practitioners-" in name)
    page = product.visitor(MEGAN).get(f"{product.at}/files/{number_of(product, other)}")
    assert (page.status_code, "could not be looked into" in page.text) == (200, False)


TRAPS = (
    (Archive, "__init__"),
    (ExportFiles, "__init__"),
    (workbook.Workbook, "__init__"),
    (json_stream.JsonStream, "__init__"),
    (unpack.Unpacked, "__init__"),
    (parts.PartReader, "__init__"),
    (encoding.FileProfile, "text"),
    (inspection, "inspect"),
    (parse, "parse_row"),
)


def test_no_route_parses_anything_in_the_process_of_the_pages(
    product: Product, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sprung: list[str] = []
    for owner, name in TRAPS:
        where = f"{getattr(owner, '__name__', owner)}.{name}"

        def trap(*_: object, where: str = where, **__: object) -> None:
            sprung.append(where)
            raise AssertionError(where)

        monkeypatch.setattr(owner, name, trap)
    megan, asked = product.visitor(MEGAN), 0
    for route in iter_route_contexts(product.app.routes):
        if route.path and "GET" in (getattr(route, "methods", None) or ()) and not route.path.endswith("/events"):
            megan.get(filled(product, route.path, product.migration_id))
            asked += 1
    assert asked > 40
    assert sprung == []
    number = number_of(product, next(name for name in hostile_export() if name not in map(name_of, KILLERS)))
    assert megan.get(f"{product.at}/files/{number}").status_code == 200
    assert sprung == []
