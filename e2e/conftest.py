"""A running product for the stories of this folder, and a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from e2e.product import Product, running
from tests.harness.browser import chromium


@pytest.fixture
def product() -> Iterator[Product]:
    """The whole product, fresh for one story."""
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened
