"""Small exports, tried whole: handed over, read, matched by suggestion, brought into a trial and proven."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.caspen.dump import dump
from app.caspen.gateway import Gateway
from app.commands.json_output import JsonAnswer, of_trial
from app.mapping.plan import Choice
from app.migration.plans import plan_of, save_plan
from app.migration.states import State
from app.migration.trials import current_trial
from app.worker.runtime import Runtime
from tests.harness.clinic import MEGAN, Clinic, clinic_in
from tests.kinds.story import ROWS

Rows = Sequence[Mapping[str, str | None]]
Files = Mapping[str, str | bytes]
_numbers = count(1)


def table(header: Sequence[str], *rows: Sequence[str]) -> str:
    """A file of comma separated values as it is written everywhere."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def kind_file(kind: str, rows: Rows) -> str:
    """A file of one kind: the usual row with the test's changes; None removes a column."""
    filled: list[dict[str, str | None]] = [{**ROWS[kind], **changes} for changes in rows]
    header = list(dict.fromkeys(name for row in filled for name, cell in row.items() if cell is not None))
    return table(header, *([row.get(name) or "" for name in header] for row in filled))


def export(*kinds: str, **rows: Rows) -> dict[str, str | bytes]:
    """A file of each named kind with its usual row, and the files whose rows are given."""
    wanted: dict[str, Rows] = {kind: [{}] for kind in ("patients", *kinds)} | dict(rows)
    return {f"{kind}.csv": kind_file(kind, given) for kind, given in wanted.items()}


DIARY = ("businesses", "practitioners", "appointment_types", "users")
"""What a visit needs beside its patient."""


@dataclass(frozen=True)
class Tried:
    """The result of an export. `answer` is the answer of the command line."""

    clinic: Clinic
    answer: JsonAnswer

    def problems(self, code: str, kind: str | None = None) -> list[dict[str, Any]]:
        return [{**p} for p in self.answer["problems"] if p["code"] == code and kind in (None, p["kind"])]

    @property
    def codes(self) -> set[str]:
        return {p["code"] for p in self.answer["problems"]}

    def kind(self, name: str) -> dict[str, Any]:
        return next({**k} for k in self.answer["kinds"] if k["kind"] == name)

    def file(self, path: str) -> dict[str, Any]:
        return next({**f} for f in self.answer["export"]["files"] if f["path"] == path)

    def records(self, table: str) -> list[dict[str, Any]]:
        """The records of one object as the trial holds them, in the order of their ids."""
        store = self.clinic.runtime.caspen.trial(self.clinic.id, self.clinic.trial.number)
        with TemporaryDirectory() as folder:
            dump(store, self.clinic.migration.workspace_id, Path(folder))
            lines = (Path(folder) / f"{table}.jsonl").read_text(encoding="utf-8").split("\n")
        return [json.loads(line) for line in lines if line]

    def record(self, table: str, source_id: str) -> dict[str, Any]:
        return next(r for r in self.records(table) if r["source_id"] == source_id)


@dataclass
class Desk:
    """Where exports are tried: one engine, and for each export a workspace of its own."""

    runtime: Runtime

    def clinic(self) -> Clinic:
        workspace = f"wsp_story_{next(_numbers)}"
        clinic = clinic_in(self.runtime, workspace)
        Gateway(self.runtime.caspen, workspace, "a receptionist").add_location("Main location")
        return clinic

    def read(self, files: Files) -> Tried:
        clinic = self.clinic()
        clinic.hand_over(files)
        clinic.drain()
        return told_of(clinic)

    def tried(self, files: Files, services: Mapping[str, Choice] | None = None) -> Tried:
        clinic = self.clinic()
        clinic.hand_over(files)
        clinic.drain()
        if clinic.state() is State.MATCHING:
            if services:
                plan = plan_of(clinic.migration).model_copy(update={"services": dict(services)})
                with clinic.runtime.ledger.write() as session:
                    save_plan(session, clinic.id, plan, MEGAN)
            clinic.start_trial()
            clinic.drain()
        return told_of(clinic)


def told_of(clinic: Clinic) -> Tried:
    with clinic.runtime.ledger.read() as session:
        migration = clinic.migration
        return Tried(clinic, of_trial(session, migration, current_trial(session, migration), 0.0, 0.0))
