"""Measures the rate of loading a part against a bare bulk insert of the same rows into the same table.

python -m tests.caspen.rates DATABASE_URL [RECORDS]
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from app.caspen.gateway import create_workspace
from app.caspen.load_part import RowRecords
from app.caspen.readback import read_back
from app.caspen.row_codec import shape
from app.caspen.statements import at, canonical_columns, driver, listed
from app.caspen.stores import Store, Stores
from tests.caspen.story import (
    NOON,
    WORKSPACE,
    appointment,
    category,
    client,
    go_live,
    load,
    location,
    note,
    open_trial,
    practitioner,
    rows,
    service,
    tax,
    user,
    workspace_version,
)

PART = 4000


@dataclass(frozen=True)
class Rates:
    """Records per second."""

    loaded: float
    bare: float
    read_back: float
    promoted: float

    @property
    def ratio(self) -> float:
        return self.loaded / self.bare


def parts_of(records: int) -> list[list[RowRecords]]:
    """Clients, visits and notes in equal numbers, in parts of 4,000."""
    made: list[RowRecords] = []
    for n in range(records // 3):
        key = str(1558354464010000000 + n * 7)
        born = date(1940, 1, 1) + timedelta(days=n % 25000)
        made.append((n, (client(key, email=f"p{n}@example.com", phone_number="+61400123456", date_of_birth=born),)))
    for n in range(records // 3):
        of, starts = str(1558354464010000000 + n * 7), NOON + timedelta(minutes=15 * n)
        made.append((n, (appointment(str(n + 1), of, starts_at=starts, note="Bring the X-ray"),)))
    for n in range(records // 3):
        body = "<p>Sore knee, better after rest. Näxt week again.</p>" * 10
        made.append((n, (note(str(n + 1), str(1558354464010000000 + n * 7), body=body),)))
    return [made[start : start + PART] for start in range(0, len(made), PART)]


def measure(stores: Stores, records: int) -> Rates:
    """Loads, reads back, bulk inserts the same rows without proof, and promotes."""
    parts = parts_of(records)
    store = open_trial(stores)
    needed = rows(location(), user(), practitioner(), category(), tax(), service())  # the visits lead to these
    load(stores, store, needed, part=len(parts))
    loaded = _timed(lambda: [load(stores, store, part, part=n) for n, part in enumerate(parts)])
    digests = read_back(store, WORKSPACE).digests
    reading = _timed(lambda: read_back(store, WORKSPACE))
    other = open_trial(stores, 2)
    pieces = [piece for name in ("clients", "appointments", "progress_notes") for piece in _stored(store, name)]
    bare = _timed(lambda: _insert_all(other, pieces))
    promoted = _timed(lambda: go_live(stores, store, digests))
    return Rates(*(records / seconds for seconds in (loaded, bare, reading, promoted)))


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _stored(store: Store, name: str) -> list[tuple[str, list[tuple[object, ...]]]]:
    to = shape(name)
    with store.database.connection(reading=True) as connection:
        columns = canonical_columns(connection, to, to.columns)
        cursor = driver(connection).cursor()
        cursor.execute(f'SELECT {columns} FROM {at(store.schema, name)} ORDER BY "id"')
        rows = cursor.fetchall()
    return [(name, rows[start : start + PART]) for start in range(0, len(rows), PART)]


def _insert_all(store: Store, pieces: list[tuple[str, list[tuple[object, ...]]]]) -> None:
    for name, cells in pieces:
        _insert(store, name, cells)


def _insert(store: Store, name: str, rows: list[tuple[object, ...]]) -> None:
    columns = listed(shape(name).columns)
    with store.database.connection() as connection:
        if store.is_sqlite:
            marks = ", ".join("?" * len(rows[0]))
            driver(connection).executemany(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})', rows)
            return
        with (
            driver(connection).cursor() as cursor,
            cursor.copy(f"COPY {at(store.schema, name)} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)


def main() -> None:
    stores = Stores(sys.argv[1])
    stores.start()
    create_workspace(stores, WORKSPACE, "Harbour Street Physiotherapy")
    assert workspace_version(stores) == 1
    rates = measure(stores, int(sys.argv[2]) if len(sys.argv) > 2 else 60_000)
    sys.stdout.write(f"{rates} ratio {rates.ratio:.2f}\n")


if __name__ == "__main__":
    main()
