"""A clinic in tests: its migration, a runtime in a folder of its own, and an export of invented people."""

import io
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlmodel import col, select

from app.access.access_tables import KeyCheck
from app.caspen.gateway import create_workspace
from app.fetch.hand_over import hand_over_files
from app.migration.advance import By, Cause, advance
from app.migration.begin import begin
from app.migration.both_lists import acknowledge_lists
from app.migration.exports import Handed
from app.migration.guards import pausable, undoable
from app.migration.models import Migration, ProblemLine, Trial, Work
from app.migration.states import Actor, Event, State
from app.migration.trials import approve, start_trial
from app.settings import Environment, Settings
from app.trial.trial_context import trial_contexts
from app.worker.runtime import Runtime, open_runtime
from app.worker.work_loop import Drained, WorkerTurn, drain
from tests.harness.waiting import patience

MEGAN = By("megan@harbour.example", Actor.CLINIC)
ANA = By("ana@caspen.example", Actor.SUPPORT)
WORKSPACE = "wsp_harbour"


def settings_in(folder: Path, **more: object) -> Settings:
    """Settings of a test: nothing outside the folder, and a lease of a second and a half."""
    given = {
        "environment": Environment.TEST,
        "var": folder,
        "database_url": "",
        "caspen_database_url": "",
        "redis_url": "",
        "embedded_redis": False,
        "smtp_url": "",
        "lease_seconds": patience(1.5),
        "heartbeat_seconds": 0.5,
        "sweep_seconds": 0.5,
        "drain_seconds": 2.0,
        **more,
    }
    return Settings.model_validate(given)


def patients(number: int = 20, **more: str) -> str:
    """A file of clients; `more` gives further columns one value each."""
    header = ["Patient ID", "First Name", "Last Name", "Date of Birth", "Created At", *more]
    rows = [
        [str(1000 + n), "Ann", f"Lee{n}", "1980-02-13", "2020-01-01 10:00:00 +1000", *more.values()]
        for n in range(number)
    ]
    return _csv(header, rows)


def appointments(number: int = 20, clients: int = 20, name: str = "Sick leave") -> str:
    """A file of appointments, one in ten of them cancelled for a reason that is only named."""
    header = ["Appointment ID", "Start Time", "End Time", "Patient ID", "Practitioner ID", "Business ID"]
    header += ["Appointment Type ID", "Cancellation Time", "Cancellation Reason", "Notes"]
    when = "2024-01-02 {:02}:00:00 +1000"
    rows = [
        [
            str(20_000 + n),
            when.format(8 + n % 8),
            when.format(9 + n % 8),
            str(1000 + n % clients),
            "7",
            "5",
            "9",
            *((when.format(7), name) if n % 10 == 0 else ("", "")),
            f"visit {n}",
        ]
        for n in range(number)
    ]
    return _csv(header, rows)


def clinic_files(clients: int = 20, visits: int = 20) -> dict[str, str]:
    """A whole small export."""
    return {
        "Patients.csv": patients(clients),
        "Appointments.csv": appointments(visits, clients),
        "businesses.csv": _csv(["id", "business_name", "time_zone"], [["5", "Main Street", "Sydney"]]),
        "practitioners.csv": _csv(
            ["id", "user_id", "label", "first_name", "last_name", "designation", "active"],
            [["7", "1", "Dr Sam Lee", "Sam", "Lee", "Physio", "true"]],
        ),
        "appointment_types.csv": _csv(["id", "name", "duration_in_minutes"], [["9", "Initial", "30"]]),
    }


def _csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(",".join(row) for row in (header, *rows)) + "\n"


@dataclass
class Clinic:
    """One clinic's migration, with the runtime that works on it in this process."""

    runtime: Runtime
    id: str

    def hand_over(self, files: Mapping[str, str | bytes]) -> None:
        handed = [Handed(name, io.BytesIO(c if isinstance(c, bytes) else c.encode())) for name, c in files.items()]
        hand_over_files(self.runtime, self.migration, handed, by=MEGAN, name="export")

    @property
    def migration(self) -> Migration:
        with self.runtime.ledger.read() as session:
            return session.get_one(Migration, self.id)

    def state(self) -> State:
        return State(self.migration.state)

    @property
    def trial(self) -> Trial:
        with self.runtime.ledger.read() as session:
            return session.get_one(Trial, (self.id, self.migration.trial_number))

    def work(self, **where: object) -> list[Work]:
        with self.runtime.ledger.read() as session:
            pieces = session.exec(
                select(Work).where(Work.migration_id == self.id).order_by(Work.phase, col(Work.number))
            )
            return [w for w in pieces if all(getattr(w, name) == value for name, value in where.items())]

    def problems(self, run: str) -> list[ProblemLine]:
        with self.runtime.ledger.read() as session:
            return list(
                session.exec(select(ProblemLine).where(ProblemLine.migration_id == self.id, ProblemLine.run == run))
            )

    def codes(self, run: str) -> set[str]:
        return {line.code for line in self.problems(run)}

    def drain(self, name: str = "worker", seconds: float = patience(60)) -> Drained:
        return drain(self.runtime, self.id, seconds, WorkerTurn(name))

    def start_trial(self, version: int | None = None) -> None:
        with self.runtime.ledger.write() as session:
            start_trial(session, self.id, MEGAN, lambda *_: None, workspace_version=version)

    def approve(self) -> None:
        with self.runtime.ledger.write() as session:
            approve(session, self.id, self.trial.digest, MEGAN, lambda *_: None)

    def act(self, event: Event, by: By = MEGAN, cause: Cause | None = None) -> None:
        guards = {"pausable": pausable(by.actor), "undoable": undoable}
        with self.runtime.ledger.write() as session:
            advance(session, self.id, event, by, cause, guards)

    def tried(self, files: Mapping[str, str | bytes] | None = None) -> "Clinic":
        """Hands over files, by default a small export, reads them and makes a trial of them, all in this process."""
        self.hand_over(files or clinic_files())
        self.drain()
        self.start_trial()
        self.drain()
        return self

    def finalised(self) -> "Clinic":
        self.approve()
        self.drain()
        return self


def clinic_in(runtime: Runtime, workspace: str = WORKSPACE, source: str = "cliniko") -> Clinic:
    """A new migration of a workspace."""
    create_workspace(runtime.caspen, workspace, "Harbour Street Physiotherapy")
    with runtime.ledger.write() as session:
        migration = begin(
            session,
            workspace_id=workspace,
            clinic="Harbour Street Physiotherapy",
            source=source,
            wrapped_key=runtime.new_wrapped_key(),
            by=MEGAN,
        )
        acknowledge_lists(session, migration, MEGAN)
    return Clinic(runtime, migration.id)


@contextmanager
def runtime_in(folder: Path, **more: object) -> Iterator[Runtime]:
    """A runtime with its files in `folder`; closed, and its scratch folder emptied, at the end of the block."""
    settings = settings_in(folder, **more)
    if not settings.database_url and not settings.caspen_database_url:
        copy_empty_databases(folder)
    runtime = open_runtime(settings)
    try:
        yield runtime
    finally:
        trial_contexts.clear()
        runtime.close()


@contextmanager
def runtime_of_copy(folder: Path, to: Path) -> Iterator[Runtime]:
    """A runtime with a copy of the files of a closed runtime, so that several tests begin from one state."""
    shutil.copytree(folder, to)
    with runtime_in(to) as runtime:
        yield runtime


def copy_empty_databases(folder: Path) -> None:
    """Writes both databases, migrated and empty, where the folder has none."""
    for name, made in _empty_databases().items():
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(made)


@cache
def _empty_databases() -> dict[str, bytes]:
    """The files of both empty databases by path, for any STORAGE_KEY. They are migrated once in a process."""
    with TemporaryDirectory() as folder:
        runtime = open_runtime(settings_in(Path(folder)))
        with runtime.ledger.write() as session:
            session.connection().execute(sa.delete(KeyCheck))
        runtime.close()
        return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*.sqlite")}
