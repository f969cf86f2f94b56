"""Exports built in code as a clinic hands them over, read with real storage, index and archives."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from app.index.store import Index
from app.mapping.context import Context
from app.problems import Problem
from app.reading.cut import PartStore
from app.reading.entries import open_export, private_scratch
from app.reading.file_reading import ReadingContext
from app.reading.given_files import GivenFile
from app.reading.limits import Limits
from app.reading.parts import PartHead, PartRow, read_part
from app.reading.read_export import read_export, store_attachments
from app.reading.results import AlreadyRead, FileDone
from app.resolving.settle_index import bundle_problems
from app.sources import SOURCES
from app.storage.objects import LocalObjects

SOURCE = next(iter(SOURCES.values()))
KEY = bytes(range(32))
CONTEXT = Context(ZoneInfo("Australia/Sydney"), "AU", date(2026, 11, 22))
HEADER = "Patient ID,First Name,Last Name,Date of Birth"


def native(kind: str = "Patients", run: str = "20261120", rest: str = "") -> str:
    """Returns a file name as the source itself writes it."""
    return f"{kind}-{SOURCE.label}-{run}{rest}.csv"


def patients(rows: int = 3, first: int = 1, header: str = HEADER) -> str:
    lines = [header]
    lines += [f"{n},Ann{n},Lee{n},1980-02-{n % 28 + 1:02}" for n in range(first, first + rows)]
    return "\n".join(lines) + "\n"


def zipped(files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def given(files: Mapping[str, str | bytes], announced: int | None = None) -> list[GivenFile]:
    """Returns files as in a folder."""
    found = []
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        found.append(GivenFile(name, len(data), lambda data=data: io.BytesIO(data), announced))  # type: ignore[misc]  # early binding
    return found


@dataclass
class ReadResult:
    """The result of reading an export."""

    files: Sequence[FileDone]
    problems: Sequence[Problem]
    objects: LocalObjects
    index: Index
    by_path: Mapping[str, FileDone] = field(init=False)

    def __post_init__(self) -> None:
        self.by_path = {f.path: f for f in self.files}

    @property
    def codes(self) -> set[str]:
        return {p.code for f in self.files for p in f.problems} | {p.code for p in self.problems}

    @property
    def only_file(self) -> FileDone:
        assert len(self.files) == 1, [f.path for f in self.files]
        return self.files[0]

    def problem(self, code: str) -> Problem:
        found = [p for f in self.files for p in f.problems if p.code == code]
        found += [p for p in self.problems if p.code == code]
        assert found, f"{code} is not among {self.codes}"
        return found[0]

    def parts(self, file: FileDone) -> list[tuple[PartHead, list[PartRow]]]:
        found = []
        for part in file.parts:
            head, rows = read_part(self.objects, part.object_key, KEY)
            found.append((head, list(rows)))
        return found

    def rows(self, file: FileDone | None = None) -> list[PartRow]:
        return [row for _, rows in self.parts(file or self.only_file) for row in rows]

    def indexed(self) -> int:
        found: int = self.index.connection.execute("SELECT COUNT(*) FROM rows").fetchone()[0]
        return found


@dataclass
class Desk:
    """Reads exports in a folder."""

    folder: Path
    limits: Limits = field(default_factory=Limits)
    password: str | None = None
    file_kinds: Mapping[str, str] = field(default_factory=dict)
    column_pairs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    encodings: Mapping[str, str] = field(default_factory=dict)

    def read(
        self, files: Sequence[GivenFile] | Mapping[str, str | bytes], already: Sequence[AlreadyRead] = ()
    ) -> ReadResult:
        handed = given(files) if isinstance(files, Mapping) else files
        objects = LocalObjects(self.folder / "objects")
        index = Index.create(self.folder / "index.sqlite")
        reading = ReadingContext(
            SOURCE,
            CONTEXT,
            PartStore(objects, "export-1/part-", KEY, self.limits),
            index,
            self.file_kinds,
            self.column_pairs,
            encodings=self.encodings,
        )
        with open_export(handed, SOURCE, self.limits, private_scratch(self.folder), self.password) as found:
            for _ in store_attachments(found, reading):
                pass
            done = list(read_export(found, reading, already))
            result = [*found.problems, *bundle_problems(done, SOURCE)]
        return ReadResult(done, result, objects, index)

    def csv(self, content: str | bytes, name: str = "patients.csv") -> ReadResult:
        return self.read({name: content})

    def zip(self, files: Mapping[str, str | bytes]) -> ReadResult:
        return self.read({"export.zip": zipped(files)})

    def with_limits(self, **changes: int | float) -> "Desk":
        return replace(self, limits=replace(self.limits, **changes))  # type: ignore[arg-type]  # numbers all of them
