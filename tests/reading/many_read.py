"""Reads a zip of very many files in a process of its own and prints the cost as JSON.

`python -m tests.reading.many_read ZIP FOLDER whole|listed`: `whole` reads and stores every file, `listed` only walks
through the directory and the list of files.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import run

from app.reading.entries import open_export, private_scratch
from app.reading.given_files import from_path
from app.reading.limits import Limits
from app.worker.memory import peak_mb
from tests.reading.story import SOURCE, Desk


@dataclass(frozen=True, slots=True)
class Taken:
    """`files` is the file count; `peak_mb` the process's peak memory in MiB; `grown_mb` the part caused by reading;
    `cpu_us` the CPU time per file in microseconds."""

    files: int
    peak_mb: float
    grown_mb: float
    cpu_us: float


def read_apart(path: Path, folder: Path, *, whole: bool) -> Taken:
    """Reads a zip in another process. Raises CalledProcessError if that process fails."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.reading.many_read", str(path), str(folder), "whole" if whole else "listed"]
    return Taken(**json.loads(run(command, check=True, capture_output=True, text=True).stdout))


def _read(path: Path, folder: Path, *, whole: bool) -> Taken:
    before, began = peak_mb(), time.process_time()
    if whole:
        count = sum(file.rows for file in Desk(folder).read(from_path(path)).files)
    else:
        with open_export(from_path(path), SOURCE, Limits(), private_scratch(folder)) as found:
            count = sum(1 for _ in found.entries) + sum(1 for _ in found.attached)
    spent, peak = time.process_time() - began, peak_mb()
    return Taken(count, round(peak, 1), round(peak - before, 1), round(spent / max(count, 1) * 1e6, 1))


if __name__ == "__main__":
    taken = _read(Path(sys.argv[1]), Path(sys.argv[2]), whole=sys.argv[3] == "whole")
    sys.stdout.write(json.dumps(asdict(taken)))
