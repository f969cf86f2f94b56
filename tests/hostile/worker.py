"""Imports an export with attack files at one place of the worker, and returns the result of every file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlmodel import select

from app.isolated.places import ParsingPlace, Process, places_of
from app.migration.models import ExportFile
from app.migration.states import State
from tests.harness.clinic import Clinic, clinic_files, clinic_in, patients, runtime_in
from tests.harness.waiting import patience, until
from tests.reading.story import zipped
from tests.workers.story import a_worker

MARKER = "killer"
KILLERS = ("aborts", "loops", "eats")
MOST_ENDINGS = 3
TIMES: Mapping[str, object] = {"silence_seconds": patience(6), "child_memory_mb": 900, "lease_seconds": patience(60)}
PAGE = "<!DOCTYPE html><html><body><h1>First visit</h1><p>Knee</p></body></html>"
RESTS = (State.MATCHING, State.READING_FAILED, State.REVIEWING, State.TRIALLING_FAILED)
LONGEST = 300.0


@dataclass(frozen=True)
class Planted:
    """An attack file in one place: whether it acts from the beginning or only in verification, and the code that names
    it. `counted_by_row` is for files that are rows of a folder, each reported by its line.
    """

    files: Callable[[str], Mapping[str, str | bytes]]
    name: Callable[[str], str]
    code: str = "file_stops_reader"
    acts_later: bool = False
    counted_by_row: bool = False


def _file(path: str) -> Callable[[str], str]:
    return lambda killer: path.format(f"{MARKER}-{killer}")


def _alone(path: str, content: str | bytes) -> Planted:
    return Planted(lambda killer: {path.format(f"{MARKER}-{killer}"): content}, _file(path))


def _packed_row(path: str, content: str | bytes) -> Planted:
    return replace(_packed(path, content), counted_by_row=True)


def _packed(path: str, content: str | bytes) -> Planted:
    return Planted(lambda killer: {"more.zip": zipped({path.format(f"{MARKER}-{killer}"): content})}, _file(path))


def of_other_clients(killer: str) -> str:
    """Three clients for each killer, whom no other file has."""
    return patients(3).replace("\n100", f"\n9{KILLERS.index(killer)}00")


PLANTED: Mapping[str, Planted] = {
    "a table": _alone("{}.csv", "Contact ID,First Name,Last Name\n1,Ann,Lee\n"),
    "a file of an archive": _packed("{}.json", '[{"id": "1", "first_name": "Ann"}]'),
    "a document of a note": _packed_row("Treatment notes/1001 - Lee, Ann/{} [901].html", PAGE),
    "a client's own file": _packed_row("Patient files/1001 - Lee, Ann/{}.pdf", b"%PDF-1.4 a referral"),
    "the second check": Planted(
        lambda killer: {f"{MARKER}-{killer} Patients.csv": of_other_clients(killer)},
        lambda killer: f"{MARKER}-{killer} Patients.csv",
        "not_verified",
        acts_later=True,
    ),
}
"""By the name of the place in the inventory."""


def worker_places() -> tuple[ParsingPlace, ...]:
    """The places of the inventory where a worker's child reads files of an export."""
    return tuple(place for place in places_of(Process.WORKER_CHILD) if place.reads_export)


def tried(folder: Path, place: str, killers: Sequence[str] = KILLERS) -> list[str]:
    """Hands over an export with attack files to a real worker. Returns the faults."""
    planted = PLANTED[place]
    wrong: list[str] = []
    files: dict[str, str | bytes] = {**clinic_files()}
    for killer in killers:
        files |= {name.replace("more", f"more {killer}"): body for name, body in planted.files(killer).items()}
    with runtime_in(folder, **TIMES) as runtime:
        clinic = clinic_in(runtime)
        clinic.hand_over(files)
        armed = runtime.settings.model_copy(update={"killer_file": MARKER})
        deaths = Deaths()
        if planted.acts_later:
            clinic.drain()
            clinic.start_trial()
        with a_worker(armed) as worker:
            until(lambda: deaths.count(worker.child) and clinic.state() in RESTS, LONGEST)
            if clinic.state() is State.MATCHING:
                clinic.start_trial()
                until(lambda: deaths.count(worker.child) and clinic.state() in RESTS, LONGEST)
        wrong += _wrong(clinic, planted, killers)
        if not len(killers) < deaths.children <= len(killers) * MOST_ENDINGS + 1:
            wrong.append(f"{deaths.children} children were started for {len(killers)} killers")
    return wrong


class Deaths:
    """Counts the dead children."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    @property
    def children(self) -> int:
        return len(self._seen)

    def count(self, child: int | None) -> bool:
        if child is not None:
            self._seen.add(child)
        return True


def _wrong(clinic: Clinic, planted: Planted, killers: Sequence[str]) -> list[str]:
    if clinic.state() is not State.REVIEWING:
        return [f"it rests at {clinic.state()}"]
    wrong = [] if clinic.trial.balanced else ["the trial does not balance"]
    lines = [line for line in (*clinic.problems("export:1"), *clinic.problems("trial:1")) if line.code == planted.code]
    if planted.counted_by_row:
        rows = sum(line.count for line in lines)
        wrong += [] if rows >= len(killers) else [f"{rows} rows have {planted.code}"]
    else:
        missed = {planted.name(killer) for killer in killers} - {line.file for line in lines}
        wrong += [f"{name} is not named" for name in sorted(missed)]
    kinds = {kind["kind"]: kind for kind in clinic.trial.kinds}
    if kinds["patients"]["created"] < 20 or kinds["appointments"]["created"] < 20:
        wrong.append("something else of the export is missing")
    with clinic.runtime.ledger.read() as session:
        refused = session.exec(select(ExportFile.path).where(ExportFile.refused == "file_stops_reader")).all()
    wrong += [f"{path} was refused, too" for path in refused if MARKER not in path]
    return wrong
