"""Files that abort, loop or eat memory, in every place of the inventory where bytes from outside are parsed."""

import tempfile
from pathlib import Path

from app.isolated.places import Process, places_of
from tests.figures.figure import Measure, Reached
from tests.harness.prepared_moves import PreparedFolders, running
from tests.hostile import web, worker

SHORT_LOOPS = ("a file's preview", "the link doctor")
SHORT_WORKER = ("a file of an archive",)


def take(long: bool) -> Reached:
    """All places of the web and of the worker. The short form has files that loop in two places of the web alone,
    because each takes until its deadline, and one place of the worker."""
    wrong: list[str] = []
    tried = 0
    with tempfile.TemporaryDirectory(prefix="caspen-killers-") as folder:
        for product in running(PreparedFolders(Path(folder) / "points"), "preparing", Path(folder) / "web"):
            web.arm(web.reviewed(product))
            for place in places_of(Process.LIMITED_READER):
                for killer in web.KILLERS:
                    if killer == "loops" and not (long or place.name in SHORT_LOOPS):
                        continue
                    wrong += [f"{place.name}, {killer}: {line}" for line in web.tried(product, place.name, killer)]
                    tried += 1
        for number, place in enumerate(worker.worker_places()):
            if long or place.name in SHORT_WORKER:
                found = worker.tried(Path(folder) / f"worker{number}", place.name)
                wrong += [f"{place.name}: {line}" for line in found]
                tried += len(worker.KILLERS)
    words = f"{tried} tried, {len(wrong)} wrong; pages answered all the while, no process left"
    return Reached(words, ok=not wrong, why=tuple(wrong[:10]))


MEASURES = (
    Measure(
        "3 killers x every place where bytes are parsed",
        "each named and laid aside, everything else there, at most 3 child deaths a killer",
        take,
    ),
)
