"""The speed of a trial, compared with a plain bulk load of the same records on the same machine in the same run."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from app.caspen.row_codec import TableShape, shape
from app.caspen.statements import at, driver, listed
from app.caspen.stores import Store, Stores
from app.caspen.tables import OBJECTS
from app.sources.cliniko.sample import SizeName
from tests.caspen.story import open_trial
from tests.figures.again import postgres, sqlite
from tests.figures.command import Tried, trial
from tests.figures.figure import Measure, Reached
from tests.figures.samples import sample

PART = 4000
Rows = list[tuple[object, ...]]
Database = Callable[[], AbstractContextManager[str]]
DATABASES: dict[str, Database] = {"SQLite": sqlite, "PostgreSQL": postgres}


@dataclass(frozen=True)
class Speed:
    """One trial and one plain load of its records."""

    tried: Tried
    records: int
    bare_seconds: float

    @property
    def rows_a_second(self) -> float:
        return self.tried.rows / self.tried.seconds

    @property
    def bare_a_second(self) -> float:
        return self.records / self.bare_seconds

    @property
    def ratio(self) -> float:
        """How many times as long as the bare load a trial takes, from the first byte read to the proof."""
        return self.tried.seconds / self.bare_seconds

    def __str__(self) -> str:
        times = self.tried.answer["seconds"]
        steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in times.items())
        return (
            f"{self.rows_a_second:,.0f} rows/s ({self.tried.rows:,} rows; {steps}; "
            f"{self.tried.answer['peak_rss_mb']:.0f} MB), {self.ratio:.1f} times a bare bulk load "
            f"({self.bare_a_second:,.0f} records/s)"
        )


def measure(size: SizeName, database: Database) -> Speed:
    """Tries a sample with one worker, then loads the records of that trial once more, bare."""
    with sample(size) as (export, _), tempfile.TemporaryDirectory(prefix="caspen-figure-") as kept, database() as url:
        tried = trial(export, "--database", url, "--keep", kept)
        stores = Stores(url)
        try:
            (name,) = stores.trial_names()
            migration_id, _, number = name.removeprefix("trial_").rpartition("_")
            return Speed(tried, *_loaded_bare(stores, stores.trial(migration_id, int(number))))
        finally:
            stores.dispose()


def _loaded_bare(stores: Stores, made: Store) -> tuple[int, float]:
    bare = open_trial(stores)
    records, seconds = 0, 0.0
    for table in OBJECTS:
        to = shape(str(table.__tablename__))
        for rows in _stored(made, to):
            began = time.perf_counter()
            _insert(bare, to, rows)
            seconds += time.perf_counter() - began
            records += len(rows)
    return records, seconds


def _stored(store: Store, to: TableShape) -> Iterator[Rows]:
    """The records of a table, as the driver gives them, a part at a time."""
    after = ""
    place = to.columns.index("id")
    asked = f'SELECT {listed(to.columns)} FROM {at(store.schema, to.name)} WHERE "id" > ? ORDER BY "id" LIMIT {PART}'
    while True:
        with store.database.connection(reading=True) as connection:
            cursor = driver(connection).cursor()
            cursor.execute(asked if store.is_sqlite else asked.replace("?", "%s"), (after,))
            rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        after = rows[-1][place]


def _insert(store: Store, to: TableShape, rows: Rows) -> None:
    columns = listed(to.columns)
    with store.database.connection() as connection:
        if store.is_sqlite:
            marks = ", ".join("?" * len(to.columns))
            driver(connection).executemany(f'INSERT INTO "{to.name}" ({columns}) VALUES ({marks})', rows)
            return
        with (
            driver(connection).cursor() as cursor,
            cursor.copy(f"COPY {at(store.schema, to.name)} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)


def first_figure(long: bool) -> Reached:
    found = measure("large" if long else "mid", sqlite)
    return Reached(str(found), ok=found.tried.balances)


MEASURES = (Measure("speed of a trial, mid sample, one worker, SQLite", "first figure", first_figure),)
