"""People before and after an invitation, a removal and a change of role: every route answers as the table says."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.access.colleagues import SITUATIONS, opened_wrongly, put_upload
from tests.figures.figure import Measure, Reached
from tests.harness.prepared_moves import PreparedFolders, running

MOST_NAMED = 10
TIMES_LONG = 3


def routes_by_people(long: bool) -> Reached:
    """Asks every route in every situation; the long form does so for several people in each situation."""
    asked, wrong, people = 0, list[str](), 0
    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        folders = PreparedFolders(Path(folder) / "points")
        with contextmanager(running)(folders, "reviewing", Path(folder) / "var") as product:
            put_upload(product)
            for turn in range(TIMES_LONG if long else 1):
                for number, situation in enumerate(SITUATIONS):
                    colleague = situation.arrive(product, f"robin{turn}-{number}@x.example")
                    requests, faults = opened_wrongly(product, colleague, fragments_of_all=long)
                    asked, people = asked + requests, people + 1
                    wrong += [f"{situation.name}: {fault}" for fault in faults]
    reached = f"{asked:,} requests of {people} people, {len(wrong)} opened wrongly"
    return Reached(reached, ok=asked > 0 and not wrong, why=tuple(wrong[:MOST_NAMED]))


MEASURES = (
    Measure(
        "routes x people before and after invitation, acceptance, removal and a lower role",
        "0 opened wrongly",
        routes_by_people,
    ),
)
