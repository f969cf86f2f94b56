"""The demo clinic with a move whose export can be handed over, in the copy of the product."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.sandbox.demo import seed
from app.sources import source
from tests.harness.page_text import done
from tests.harness.product import MEGAN, Product, Visitor, start, stop

KEPT = Path(__file__).parents[2] / "var-of-started-move"
"""The clinic's folder, which the first use makes for all."""


@contextmanager
def started_move() -> Iterator[tuple[Product, Visitor]]:
    """The product on a copy of the clinic's folder, and Megan's browser."""
    if not KEPT.exists():
        _make(Path(tempfile.mkdtemp())).rename(KEPT)
    product = start(Path(shutil.copytree(KEPT, Path(tempfile.mkdtemp()) / "var")))
    try:
        yield product, product.visitor(MEGAN)
    finally:
        stop(product)


def _make(folder: Path) -> Path:
    product = start(folder)
    seed(product.runtime)
    megan = product.visitor(MEGAN)
    product.migration_id = done(megan.post("/start")).headers["location"].split("/")[2]
    done(megan.post(f"{product.at}/overview", data={"ack": "1"}))
    done(megan.post(f"{product.at}/checklist/services", data={"way": "bring"}))
    done(megan.post(f"{product.at}/uses", data={"uses": [use.name for use in source().uses]}))
    done(megan.post(f"{product.at}/export", data={"ready": "1"}))
    stop(product)
    return folder
