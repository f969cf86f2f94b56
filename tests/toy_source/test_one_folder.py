"""A second source is one folder: no other line of the product, of its tests or of its settings names it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toy_source.journey import PACKAGE
from tests.toy_source.tidewater.source import SOURCE

ROOT = Path(__file__).parents[2]
FOLDER = "tests/toy_source/"
SEARCHED = ("app", "workers", "templates", "static", "tests", "e2e", "pyproject.toml", "Makefile", ".env.example")

READ = {".py", ".html", ".txt", ".toml", ".js", ".css", ".example", ""}


def own_words() -> re.Pattern[str]:
    """The names that only this source has: its own, those of its kinds, and the headers and names of its columns."""
    columns = [placed for kind in SOURCE.kinds for placed in kind.columns if placed.column.native]
    names = {PACKAGE, PACKAGE.replace(".", "/"), SOURCE.name, SOURCE.label, *(kind.name for kind in SOURCE.kinds)}
    names |= {placed.column.native for placed in columns if " " in placed.column.native}
    names |= {placed.name for placed in columns if "_" in placed.name}
    return re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b")


def test_the_second_source_is_one_folder_and_no_other_line(capsys: pytest.CaptureFixture[str]) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *SEARCHED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    known = own_words()
    folders, other_lines, files = set(), [], 0
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if "/vendor/" in name or path.suffix not in READ or not path.is_file():
            continue
        files += 1
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        hits = [f"{name}:{number}" for number, line in enumerate(lines, 1) if known.search(line)]
        if name.startswith(FOLDER):
            folders |= {FOLDER} if hits else set()
        else:
            other_lines += hits
    with capsys.disabled():
        sys.stdout.write(
            f"\nsecond source: folders {len(folders)}, other lines {len(other_lines)}, {files} files read\n"
        )
    assert files > 1_000
    assert (len(folders), other_lines) == (1, [])
