"""A product that knows a second source, as an operator gets it with the setting SOURCE_PACKAGES."""

from collections.abc import Iterator

import pytest

from app import sources
from app.isolated.reader import reader
from app.sources import register_sources
from tests.conftest import At
from tests.harness.product import Product
from tests.toy_source.journey import PACKAGE


@pytest.fixture(scope="module", autouse=True)
def tidewater() -> Iterator[None]:
    """Registers the second source for one file of tests. Limited processes begin anew before and after them."""
    reader().close()
    register_sources(PACKAGE)
    yield
    for registered in (sources._registered, sources._packages):
        del registered["tidewater"]
    reader().close()


@pytest.fixture
def product(product_at: At) -> Product:
    """The product before anybody has a move."""
    return product_at("nothing", source_packages=PACKAGE)
