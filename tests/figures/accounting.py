"""One export in many shapes: shuffled, split, in other letters, with other signs; it comes to one digest."""

import csv
import io
import random
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.engine.bench import benches
from app.engine.drain import Turn, drain
from app.engine.runtime import Runtime, open_runtime
from app.engine.submit import hand_over_files
from app.migration.exports import Handed
from app.migration.models import Migration
from app.migration.trials import current_trial
from tests.engine.story import settings_in
from tests.figures.faults import MEMORY
from tests.figures.figure import Measure, Reached
from tests.world.export import planted
from tests.world.move import MEGAN, arrive, decide, finish, move

SEED = 20
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252")
SIGNS = (",", ";", "\t", "|")
SHAPES = 2


@dataclass
class Found:
    """How many exports came to one digest in all their shapes, and which did not."""

    exports: int = 0
    wrong: list[str] = field(default_factory=list)


def shaped(files: Mapping[str, bytes], dice: random.Random) -> dict[str, bytes]:
    """The same rows in other files, another order, other letters and other signs."""
    found: dict[str, bytes] = {}
    for name, body in files.items():
        header, *rows = csv.reader(io.StringIO(body.decode(), newline=""))
        dice.shuffle(rows)
        pieces = [rows]
        if len(rows) > 20 and dice.random() < 0.5:
            cut = dice.randrange(5, len(rows) - 5)
            pieces = [rows[:cut], rows[cut:]]
        for number, piece in enumerate(pieces, start=1):
            out = io.StringIO()
            writer = csv.writer(out, delimiter=dice.choice(SIGNS), lineterminator=dice.choice(("\n", "\r\n")))
            writer.writerows([header, *piece])
            stem = name.removesuffix(".csv")
            called = f"{stem}.csv" if len(pieces) == 1 else f"{stem}-{number}.csv"
            found[called] = out.getvalue().encode(dice.choice(ENCODINGS))
    return found


def digests(files: Mapping[str, bytes], folder: Path, *, twice: bool = False) -> tuple[str, list[str]]:
    """The digest of a trial of these files, and what is wrong; `twice` brings it live and tries it again."""
    runtime = open_runtime(settings_in(folder))
    wrong: list[str] = []
    try:
        first = arrive(runtime)
        handed = [Handed(name, io.BytesIO(body)) for name, body in files.items()]
        hand_over_files(runtime, move(runtime, first), handed, by=MEGAN, name="export")
        drain(runtime, first, 60, Turn("worker"))
        decide(runtime, first)
        drain(runtime, first, 60, Turn("worker"))
        with runtime.ledger.read() as session:
            trial = current_trial(session, session.get_one(Migration, first))
        if trial is None or not trial.balanced:
            return "", ["it does not balance"]
        if twice:
            finish(runtime, first)
            wrong = _again(runtime, files)
        return trial.digest, wrong
    finally:
        benches.clear()
        runtime.close()


def _again(runtime: Runtime, files: Mapping[str, bytes]) -> list[str]:
    """The same files a second time, into the workspace where they are live."""
    second = arrive(runtime)
    handed = [Handed(name, io.BytesIO(body)) for name, body in files.items()]
    hand_over_files(runtime, move(runtime, second), handed, by=MEGAN, name="export")
    drain(runtime, second, 60, Turn("worker"))
    decide(runtime, second)
    drain(runtime, second, 60, Turn("worker"))
    with runtime.ledger.read() as session:
        trial = current_trial(session, session.get_one(Migration, second))
    if trial is None or not trial.balanced:
        return ["it does not balance the second time"]
    changed = [told["kind"] for told in trial.kinds if told["created"] or told["updated"]]
    return [f"changed by the second time: {changed}"] if changed else []


def accounted(exports: int) -> Found:
    """Exports of different sizes, each as it is and in some shapes; every tenth one is brought twice."""
    found, dice = Found(), random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="caspen-shapes-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        for number in range(exports):
            packed, _ = planted(60 + number, 120 - number, 80 + number % 7)
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
            told = [digests(files, Path(folder) / f"{number}-0", twice=number % 10 == 0)]
            told += [digests(shaped(files, dice), Path(folder) / f"{number}-{n}") for n in range(1, SHAPES + 1)]
            wrong = [f"export {number}: {line}" for _, lines in told for line in lines]
            if len({digest for digest, _ in told}) != 1:
                wrong.append(f"export {number}: {len({digest for digest, _ in told})} digests")
            found.exports += not wrong
            found.wrong += wrong
    return found


def take(long: bool) -> Reached:
    exports = 55 if long else 50
    found = accounted(exports)
    words = f"{found.exports} of {exports} exports in {SHAPES + 1} shapes, 1 digest each"
    return Reached(words, found.exports == exports, seed=SEED, why=tuple(found.wrong[:30]))


MEASURES = (Measure("exports shuffled, split, re-encoded and brought twice", "50 exports, 1 digest each", take),)
