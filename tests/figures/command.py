"""The command line as a person runs it: a process of its own, its exit status, and its answer as JSON."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from app.cli import app
from tests.harness.ready_process import run_ready
from tests.harness.turns_here import turns_here

LONGEST_SECONDS = 3600


@dataclass(frozen=True)
class Tried:
    """The answer of `caspen-import trial`."""

    status: int
    answer: dict[str, Any]

    @property
    def balances(self) -> bool:
        return self.status == 0 and self.answer["balanced"] is True

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each kind, as Caspen holds it."""
        return {kind["kind"]: kind["caspen_digest"] for kind in self.answer["kinds"]}

    def sum_of(self, *outcomes: str) -> int:
        return sum(kind[outcome] for kind in self.answer["kinds"] for outcome in outcomes)

    @property
    def rows(self) -> int:
        return self.sum_of("read")

    @property
    def seconds(self) -> float:
        """Seconds of reading, trial and reconciliation, without the start of the process."""
        seconds = self.answer["seconds"]
        return float(seconds["read"] + seconds["trial"])


def trial(export: Path, *options: str, environment: Mapping[str, str] | None = None) -> Tried:
    """Runs `trial` on an export. Raises if the command answers nothing."""
    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        answer = Path(folder) / "answer.json"
        done = run_ready(
            "app.cli",
            *("trial", str(export), "--json", str(answer), *options),
            environment={**os.environ, **(environment or {})},
            folder=Path.cwd(),
            seconds=LONGEST_SECONDS,
        )
        return _tried(answer, done.returncode, done.stderr)


def trial_here(export: Path, *options: str) -> Tried:
    """The same in this process, which also takes the turns: for claims about an export, not about processes."""
    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder, turns_here():
        answer = Path(folder) / "answer.json"
        done = CliRunner().invoke(app, ["trial", str(export), "--json", str(answer), *options])
        return _tried(answer, done.exit_code, done.output)


def _tried(answer: Path, status: int, words: str) -> Tried:
    if not answer.exists():
        raise RuntimeError(f"no answer, status {status}: {words[-1500:]}")
    return Tried(status, json.loads(answer.read_text(encoding="utf-8")))
