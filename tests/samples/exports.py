"""Samples on disk, and a plain reader of them that knows nothing of how they were made."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app.sources.cliniko.sample import DialectName, Expectation, SizeName, write_sample

csv.field_size_limit(10 * 1024 * 1024)
_FOLDER = TemporaryDirectory(prefix="sample-")
"""Emptied when the tests end."""

DIALECTS: tuple[DialectName, ...] = ("native", "api", "mixed")

Cells = dict[str, object]


@dataclass(frozen=True)
class Sample:
    path: Path
    expected: Expectation

    def texts(self) -> Iterator[tuple[str, str]]:
        """The tables, without clients' files and notes as pages."""
        with zipfile.ZipFile(self.path) as archive:
            for name in archive.namelist():
                if not is_document(name):
                    yield name, archive.read(name).decode("utf-8")

    def documents(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name) for name in archive.namelist() if is_document(name)}

    def rows(self, kind: str) -> list[Cells]:
        """Every row of the files whose name begins with this kind's, whatever their dialect."""
        return [row for name, text in self.texts() if _is_of(name, kind) for row in parsed(name, text)]


def is_document(name: str) -> bool:
    return "/Patient files/" in name or name.endswith((".html", ".pdf"))


def _is_of(name: str, kind: str) -> bool:
    stem = name.rsplit("/", 1)[-1].lower().replace(" ", "_")
    return stem.startswith((f"{kind}.", f"{kind}-"))


def parsed(name: str, text: str) -> list[Cells]:
    if name.endswith(".csv"):
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        return [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    if name.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    whole = json.loads(text)
    if isinstance(whole, list):
        return whole
    (items,) = (value for value in whole.values() if isinstance(value, list))
    return list(items)


def unguarded(value: object) -> str:
    return str(value or "").removeprefix('="').removesuffix('"')


@cache
def sample(dialect: DialectName = "native", size: SizeName = "tiny", seed: int = 7) -> Sample:
    path = Path(_FOLDER.name) / f"{size}-{dialect}-{seed}.zip"
    return Sample(path, write_sample(path, size=size, seed=seed, dialect=dialect))
