"""The product at the point where names are matched, with both of its databases on a PostgreSQL server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.prepared_moves import PREPARED_STATES
from tests.harness.product import Product, start, stop

REACHED = ("nothing", "begun", "preparing", "matching")


@contextmanager
def on_postgresql(folder: Path, url: str) -> Iterator[Product]:
    """Walks there by the pages themselves, as the copies of the other tests were made."""
    for point in REACHED:
        product = start(folder, database_url=url, caspen_database_url=url)
        PREPARED_STATES[point](product)
        stop(product)
    product = start(folder, database_url=url, caspen_database_url=url)
    try:
        yield product
    finally:
        stop(product)
