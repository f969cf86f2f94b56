"""The product with its production settings, on this machine."""

import pytest

from app.settings import Environment
from tests.conftest import At
from tests.harness.clinic_fixtures import empty_database, postgres, postgres_at
from tests.harness.product import Product

__all__ = ["empty_database", "postgres", "postgres_at", "production"]


@pytest.fixture
def production(product_at: At) -> Product:
    return product_at("preparing", environment=Environment.PRODUCTION, base_url="https://move.caspen.example")
