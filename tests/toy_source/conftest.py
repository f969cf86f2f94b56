"""A product that knows a second source, as an operator gets it with the setting SOURCE_PACKAGES."""

from collections.abc import Iterator

import pytest

from app.isolated.reader import reader
from app.sources import SOURCES, register_sources
from tests.conftest import At
from tests.product import Product
from tests.toy_source.journey import PACKAGE


@pytest.fixture(scope="package", autouse=True)
def tidewater() -> Iterator[None]:
    """Registers the second source for the tests of this folder. Limited processes begin anew before and after them."""
    reader().close()
    register_sources(PACKAGE)
    yield
    SOURCES.pop("tidewater")  # type: ignore[attr-defined]  # a dictionary at run time
    reader().close()


@pytest.fixture
def product(product_at: At) -> Product:
    """The product before anybody has a move."""
    return product_at("nothing", source_packages=PACKAGE)
