"""Two versions of the product give equal answers and equal records: `python -m tests.figures.two_versions CHECKOUT`.

CHECKOUT is the folder of the other version, with its own `.venv`. Every small sample (three dialects, three seeds) and
every case is tried by both versions. Compared are the answer, without times and memory, and each record file byte for
byte, without ids of moves and moments of importing. An export without locations gets one with an id of its own: that id
and the digests are not compared.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.figures.cases import FOLDER
from tests.figures.sample_bytes import SEEDS
from tests.figures.samples import DIALECTS, sample
from tests.harness.waiting import patience

OWN = Path(__file__).parents[2]
MEASURED = ("seconds", "peak_rss_mb")
"""Keys of an answer that differ between two runs of one version."""
OF_A_RUN = re.compile(rb'"(?:migration_id|imported_at|created_at)":\s*"[^"]*"|mig_[0-9a-f]+')
"""What differs in the records of two runs of one version."""
OWN_PLACE = re.compile(rb"loc_[0-9A-Z]{26}")
DIGESTS = ("digest", "source_digest", "caspen_digest")
LONGEST_SECONDS = 600


def exports() -> Iterator[tuple[str, Path]]:
    """A name and the export, which exists until the next one."""
    for dialect in DIALECTS:
        for seed in SEEDS:
            with sample("small", seed, dialect) as (path, _):
                yield f"{dialect} {seed}", path
    for path in sorted(FOLDER.glob("*.zip")):
        yield path.stem, path


def tried(version: Path, export: Path, into: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The answer of a version's `trial`, and its record files by name."""
    answer, records = into / "answer.json", into / "records"
    into.mkdir()
    command = [str(version / ".venv/bin/python"), "-m", "app.cli", "trial", str(export)]
    subprocess.run(
        [*command, "--json", str(answer), "--records", str(records)],
        cwd=version,
        capture_output=True,
        timeout=patience(LONGEST_SECONDS),
        check=False,  # the status is in the answer
    )
    found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    for name in MEASURED:
        found.pop(name, None)
    files = {path.name: OF_A_RUN.sub(b"", path.read_bytes()) for path in sorted(records.glob("*"))}
    if files and not files.get("locations.jsonl"):
        files = {name: OWN_PLACE.sub(b"", content) for name, content in files.items()}
        for counted in (found, *found["kinds"]):
            for name in DIGESTS:
                counted.pop(name, None)
    return found, files


def differences(other: Path, export: Path) -> list[str]:
    """What differs between the answers and records of two versions for one export; empty if nothing does."""
    with tempfile.TemporaryDirectory(prefix="caspen-versions-") as folder, ThreadPoolExecutor(2) as at_once:
        own = at_once.submit(tried, OWN, export, Path(folder) / "own")
        before = at_once.submit(tried, other, export, Path(folder) / "other")
        (own_answer, own_records), (other_answer, other_records) = own.result(), before.result()
    names = own_answer.keys() | other_answer.keys()
    found = [f"answer {name}" for name in sorted(names) if own_answer.get(name) != other_answer.get(name)]
    files = own_records.keys() | other_records.keys()
    return found + [f"records {name}" for name in sorted(files) if own_records.get(name) != other_records.get(name)]


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.figures.two_versions", description=__doc__)
    asked.add_argument("checkout", type=Path, help="the folder of the other version")
    other = asked.parse_args().checkout.resolve()
    different = count = 0
    for name, export in exports():
        found = differences(other, export)
        count, different = count + 1, different + bool(found)
        if found:
            sys.stdout.write(f"{name}: {', '.join(found)}\n")
    sys.stdout.write(f"{count - different} of {count} exports give equal answers and records\n")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
