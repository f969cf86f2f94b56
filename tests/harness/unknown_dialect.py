"""A dialect that no table of the product names: a native sample with other headers, order, columns and file
names. The answers that it needs are here too, as a person who knows the files would give them."""

import csv
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from app.reading.naming import name_of
from app.reading.recognise import Header, match_columns, recognise_by_header
from app.sources import source
from app.sources.cliniko.sample import Expectation, SizeName, write_sample
from app.sources.cliniko.sample.expectation import ProblemCount

EXTRA = ("Marker", "Farbe")
FOLDER = "Abzug"
SOURCE = source(None)


@dataclass(frozen=True)
class UnknownDialectExport:
    """The export, the expected import, and the answers that it needs: kinds and pairs by path."""

    path: Path
    expected: Expectation
    kinds: Mapping[str, str]
    pairs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def pairs_by_kind(self) -> frozenset[str]:
        """The kinds of which columns have to be paired: those that move."""
        return frozenset(self.kinds[path] for path in self.pairs)

    def plan(self, to: Path) -> Path:
        """The answers as a file for the command line, by the files' bare names."""
        bare = {path: path.rsplit("/", 1)[-1] for path in self.kinds}
        said = {
            "file_kinds": {bare[path]: kind for path, kind in self.kinds.items()},
            "column_pairs": {bare[path]: dict(pairs) for path, pairs in self.pairs.items()},
        }
        to.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
        return to


def write_unknown_dialect(to: Path, size: SizeName = "tiny", seed: int = 1) -> UnknownDialectExport:
    """Writes the sample again in the unknown dialect. Documents stay as they are."""
    plain = to.with_suffix(".native.zip")
    expected = write_sample(plain, size=size, seed=seed, dialect="native")
    kinds: dict[str, str] = {}
    pairs: dict[str, dict[str, str]] = {}
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as after:
        for number, name in enumerate(before.namelist(), start=1):
            if not name.endswith(".csv"):
                after.writestr(name, before.read(name))
                continue
            path = f"{FOLDER}/Blatt {number:02}.csv"
            lines = list(csv.reader(io.StringIO(before.read(name).decode(), newline=""), strict=True))
            header = recognise_by_header(lines[0], name_of(name, SOURCE), SOURCE)
            kind = header.kind if isinstance(header, Header) else name_of(name, SOURCE).kind(SOURCE)
            assert kind is not None, name
            kinds[path] = kind.name
            if kind.imported:
                pairs[path] = {
                    _strange(number, at): "" if column.startswith("?") else column
                    for at, column in enumerate(match_columns(kind, lines[0]).columns)
                }
            after.writestr(path, _rewritten(lines, number))
    plain.unlink()
    return UnknownDialectExport(to, _with_more_columns(expected, pairs, kinds), kinds, pairs)


def _with_more_columns(expected: Expectation, pairs: Mapping[str, object], kinds: Mapping[str, str]) -> Expectation:
    """Adds two unknown columns to every file that moves."""
    counts = {(p.code, p.kind, p.level): p for p in expected.problems}
    for path in pairs:
        place = ("unknown_columns", kinds[path], "info")
        known = counts.get(place, ProblemCount("unknown_columns", "info", kinds[path], 0))
        counts[place] = replace(known, count=known.count + len(EXTRA))
    return replace(expected, problems=tuple(counts.values()))


def _strange(file: int, column: int) -> str:
    return f"feld_{file}_{column}_x"


def _rewritten(lines: list[list[str]], number: int) -> str:
    """Unknown headers, the columns from last to first, and two more columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    headers = [_strange(number, at) for at in range(len(lines[0]))]
    writer.writerow([EXTRA[0], *reversed(headers), EXTRA[1]])
    for row, line in enumerate(lines[1:]):
        writer.writerow([str(row % 7), *reversed(line), "blau" if row % 2 else ""])
    return out.getvalue()
