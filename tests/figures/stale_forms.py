"""Every POST route with the form of an outdated page, and two people who save at the same moment."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import repeat
from pathlib import Path

from app.access.rights import RIGHTS
from app.web.form_fingerprint import FENCED
from tests.figures.figure import Measure, Reached
from tests.forms.databases import on_postgresql
from tests.forms.outdated import changed, filled_in, ledger_of
from tests.forms.routes import LINES
from tests.forms.savers import PAIRS, Round, at_once, reset
from tests.harness.postgres import postgres_url
from tests.harness.prepared_moves import PreparedFolders, running
from tests.harness.product import Product

NAME = "POST routes x stale and concurrent"
ASKED = (
    "every POST route stale, every pair of saves at once on SQLite and PostgreSQL: 0 applied to something else, 0 lost"
)
ROUNDS = 10


def take(long: bool) -> Reached:
    """The short form takes each pair once on each database; the long one ten times."""
    posts = {route for method, route in RIGHTS if method == "POST"}
    missing = posts - {line.route for line in LINES} - set(FENCED)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        folders = PreparedFolders(home / "points")
        stale = [wrong for wrong in applied_to_something_else(folders, home) if wrong]
        rounds = concurrent_on_sqlite(folders, home, ROUNDS if long else 1)
        rounds += concurrent_on_postgresql(home, ROUNDS if long else 1)
    lost = [f"{' and '.join(one.names)}: {', '.join(one.lost)}" for one in rounds if one.lost]
    count = sum(line.change is not None for line in LINES)
    return Reached(
        f"{len(posts)} routes, {count} stale forms, {len(rounds)} rounds of two saves: "
        f"{len(stale)} applied to something else, {len(lost)} lost",
        ok=not missing and not stale and not lost,
        why=(*(f"{route} has no line" for route in sorted(missing)), *stale, *lost),
    )


@contextmanager
def product_at(folders: PreparedFolders, point: str, to: Path) -> Iterator[Product]:
    with contextmanager(running)(folders, point, to) as product:
        yield product


def applied_to_something_else(folders: PreparedFolders, home: Path) -> Iterator[str]:
    """For each form, what it changed from an outdated page; empty if nothing."""
    for number, line in enumerate(LINES):
        if line.change is None:
            continue
        with product_at(folders, line.point, home / f"stale{number}") as product:
            line.before(product)
            sending = filled_in(product, line)
            line.change(product)
            before = ledger_of(product)
            status, _ = sending.post()
            tables = changed(before, ledger_of(product))
            yield f"{line.route} answered {status} and changed {', '.join(tables)}" if tables else ""


def concurrent_on_sqlite(folders: PreparedFolders, home: Path, times: int) -> list[Round]:
    with product_at(folders, "matching", home / "sqlite") as product:
        return rounds_of(product, times)


def concurrent_on_postgresql(home: Path, times: int) -> list[Round]:
    rounds: list[Round] = []
    for url in postgres_url():
        with on_postgresql(home / "postgres", url) as product:
            rounds = rounds_of(product, times)
    return rounds


def rounds_of(product: Product, times: int) -> list[Round]:
    before, rounds = product.move(), []
    for pairs in repeat(PAIRS, times):
        for pair in pairs:
            rounds.append(at_once(product, pair))
            reset(product, before)
    return rounds


MEASURES: tuple[Measure, ...] = (Measure(NAME, ASKED, take),)
