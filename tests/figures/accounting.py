"""One export in many shapes (shuffled, split, other encodings, other delimiters), with several workers and on another
database, gives one digest."""

import csv
import io
import random
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from app.commands.drive import Driver
from app.fetch.hand_over import hand_over_files
from app.migration.exports import Handed
from app.migration.models import Migration, Trial
from app.migration.trials import current_trial
from app.trial.trial_context import trial_contexts
from app.worker.runtime import Runtime, open_runtime
from app.worker.work_loop import WorkerTurn, drain
from tests.figures.again import postgres
from tests.figures.faults import MEMORY
from tests.figures.figure import Measure, Reached
from tests.harness.clinic import settings_in
from tests.harness.waiting import patience
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
    further: int = 0
    wrong: list[str] = field(default_factory=list)


def shaped(files: Mapping[str, bytes], dice: random.Random) -> dict[str, bytes]:
    """The same rows in other files, another order, other letters and other signs."""
    found: dict[str, bytes] = {}
    for name, body in files.items():
        if not name.endswith(".csv"):
            found[name] = body
            continue
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


@dataclass(frozen=True)
class Way:
    """How an export is brought: by how many workers, into which databases, and whether again when it is live."""

    workers: int = 1
    databases: Mapping[str, str] = field(default_factory=dict)
    twice: bool = False


def digest_of(files: Mapping[str, bytes], folder: Path, way: Way) -> tuple[str, list[str]]:
    """The digest of a trial of these files, and its faults."""
    runtime = open_runtime(settings_in(folder, **way.databases))
    try:
        trial = _tried(runtime, files, way.workers)
        if not trial.balanced:
            return trial.digest, [f"{way}: it does not balance"]
        if not way.twice:
            return trial.digest, []
        finish(runtime, trial.migration_id)
        again = _tried(runtime, files, way.workers)
        changed = [kind["kind"] for kind in again.kinds if kind["created"] or kind["updated"]]
        wrong = [f"changed by the second time: {changed}"] if changed else []
        return trial.digest, wrong if again.balanced else [*wrong, "it does not balance the second time"]
    finally:
        trial_contexts.clear()
        runtime.close()


def _tried(runtime: Runtime, files: Mapping[str, bytes], workers: int) -> Trial:
    at = arrive(runtime)
    handed = [Handed(name, io.BytesIO(body)) for name, body in files.items()]
    hand_over_files(runtime, move(runtime, at), handed, by=MEGAN, name="export")
    drain(runtime, at, patience(60), WorkerTurn("worker"))
    decide(runtime, at)
    if workers > 1:
        with Driver(runtime, workers) as driver:
            driver.run(at, "Trial")
    else:
        drain(runtime, at, patience(60), WorkerTurn("worker"))
    with runtime.ledger.read() as session:
        trial = current_trial(session, session.get_one(Migration, at))
    assert trial is not None
    return trial


@contextmanager
def databases(server: str, number: int) -> Iterator[dict[str, str]]:
    """A ledger and a Caspen database on PostgreSQL, dropped when the block ends."""
    names = {"database_url": f"ledger_{number}", "caspen_database_url": f"caspen_{number}"}
    _each(server, 'CREATE DATABASE "{}"', names.values())
    try:
        yield {setting: server.removesuffix("postgres") + name for setting, name in names.items()}
    finally:
        _each(server, 'DROP DATABASE "{}" WITH (FORCE)', names.values())


def _each(server: str, order: str, names: Iterable[str]) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(order.format(name).encode())


def accounted(exports: int) -> Found:
    """Exports of different sizes, each as it is and in some shapes; every tenth one is brought twice, and every fifth
    one by several workers and into PostgreSQL."""
    found, dice = Found(), random.Random(SEED)
    with (
        tempfile.TemporaryDirectory(prefix="caspen-shapes-", dir=MEMORY if MEMORY.is_dir() else None) as folder,
        postgres() as server,
    ):
        for number in range(exports):
            packed, _ = planted(60 + number, 120 - number, 80 + number % 7)
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                files = {name: archive.read(name) for name in archive.namelist()}
            home = Path(folder) / str(number)
            results = [digest_of(files, home / "as it is", Way(twice=number % 10 == 0))]
            results += [digest_of(shaped(files, dice), home / f"shape {n}", Way()) for n in range(1, SHAPES + 1)]
            if number % 5 == 0:
                workers = 2 + number // 5 % 3
                results.append(digest_of(shaped(files, dice), home / "several", Way(workers=workers)))
                with databases(server, number) as urls:
                    results.append(digest_of(shaped(files, dice), home / "elsewhere", Way(databases=urls)))
                found.further += 2
            wrong = [f"export {number}: {line}" for _, lines in results for line in lines]
            if len({digest for digest, _ in results}) != 1:
                wrong.append(f"export {number}: {len({digest for digest, _ in results})} digests")
            found.exports += not wrong
            found.wrong += wrong
    return found


def take(long: bool) -> Reached:
    exports = 55 if long else 50
    try:
        found = accounted(exports)
    except pytest.skip.Exception as missing:
        return Reached("not taken", ok=False, why=(str(missing),))
    words = f"{found.exports} of {exports} exports in {SHAPES + 1} shapes, 1 digest each; {found.further} more, "
    words += "by 2 to 4 workers or on PostgreSQL"
    return Reached(words, found.exports == exports, seed=SEED, why=tuple(found.wrong[:30]))


MEASURES = (
    Measure(
        "exports shuffled, split, re-encoded, brought twice, by 1 to 4 workers, on SQLite and PostgreSQL",
        "50 exports, 1 digest each",
        take,
    ),
)
