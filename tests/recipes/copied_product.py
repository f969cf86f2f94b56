"""A copy of the product, and processes in the copy that run code in forked children.

Run as a module in the copy, this is such a process. It imports the libraries once, and nothing of the product: each
child imports the product as it is in the copy then. With the argument `whole`, it imports the product as well, and its
children find the product imported.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO

from tests.harness.waiting import patience

ROOT = Path(__file__).parents[2]
COPIED = ("app", "templates", "workers", "static", "tests", "e2e")
FILES = ("*.toml", "*.md", ".env.example")
NOT_COPIED = shutil.ignore_patterns("*.zip", "*.png")
NOT_PASSED = ("PYTHONPATH", "PYTEST_CURRENT_TEST")
OWN = ("app", "workers", "tests", "e2e")
WHOLE = "whole"
LIBRARIES = "import app.main, tests.harness.product, tests.test_conventions, sys; print(*sys.modules)"


@dataclass
class CopyProcess:
    """A process in a copy of the product."""

    requests: IO[str]
    answers: IO[str]

    def run(self, code: str) -> tuple[bool, str]:
        """Whether the code ended in a child without an exception, and what it printed, with the traceback."""
        self.requests.write(json.dumps(code) + "\n")
        self.requests.flush()
        answer = self.answers.readline()
        assert answer, "the process of the copy has ended"
        is_fine, output = json.loads(answer)
        return bool(is_fine), str(output)


def copy_product(folder: Path) -> None:
    """Copies the product and its tests into the folder, without archives and pictures."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=NOT_COPIED)
    for path in (path for pattern in FILES for path in ROOT.glob(pattern)):
        shutil.copy(path, folder)


@contextmanager
def process_in(folder: Path, *arguments: str) -> Iterator[CopyProcess]:
    """Starts a process in the copy. The process ends with the context."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_PASSED}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.recipes.copied_product", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield CopyProcess(process.stdin, process.stdout)
    finally:
        process.stdin.close()
        process.wait(patience(60))


def run_in_child(code: str) -> tuple[bool, str]:
    """Runs the code in a forked child. The child's folder for temporary files is removed with the files in it."""
    with tempfile.TemporaryFile("w+b") as output, tempfile.TemporaryDirectory() as scratch:
        child = os.fork()
        if child == 0:
            status = 1
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            tempfile.tempdir = scratch
            try:
                exec(code, {"__name__": "__main__"})
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        return status == 0, output.read().decode("utf-8", "replace")


def main() -> None:
    """Answers each line of JSON on the standard input, a text of code, with a line of JSON: success, and output."""
    is_fine, names = run_in_child(LIBRARIES)  # with bytecode, which the copy of a new checkout lacks
    assert is_fine, names
    sys.dont_write_bytecode = True  # a piece that comes and goes within a second would leave a wrong file
    for name in names.split():
        if WHOLE in sys.argv or name.partition(".")[0] not in OWN:
            with suppress(Exception):
                import_module(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run_in_child(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
