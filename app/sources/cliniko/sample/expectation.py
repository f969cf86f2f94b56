"""The expected result of importing a sample: rows by outcome, problems and records.

The generator counts what it planted and never uses the importer, so that the two can be compared.
"""

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Literal, TypedDict, cast

from app.sources.cliniko.sample.levels import LEVELS
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.sizes import AS_OF

Outcome = Literal["created", "left_out", "skipped", "held", "refused"]

IDS_KEPT = 50
"""The number of source ids kept for each plant, so that a test can check their records."""


@dataclass(frozen=True)
class KindCount:
    """The expected number of rows of one kind, by outcome."""

    read: int = 0
    created: int = 0
    left_out: int = 0
    skipped: int = 0
    held: int = 0
    refused: int = 0

    @property
    def balances(self) -> bool:
        """Whether every row that is read has an outcome."""
        return self.read == self.created + self.left_out + self.skipped + self.held + self.refused


@dataclass(frozen=True)
class ProblemCount:
    """The expected number of one problem in rows of one kind."""

    code: str
    level: str
    kind: str
    count: int


class KindCountJson(TypedDict):
    """The expected rows of one kind as JSON, with the fields of KindCount."""

    read: int
    created: int
    left_out: int
    skipped: int
    held: int
    refused: int


class ProblemCountJson(TypedDict):
    """The expected number of one problem as JSON, with the fields of ProblemCount."""

    code: str
    level: str
    kind: str
    count: int


class ExpectationJson(TypedDict):
    """An expectation as JSON, with the fields of Expectation. Days and times are in ISO format."""

    size: str
    seed: int
    dialect: str
    as_of: str
    kinds: dict[str, KindCountJson]
    problems: list[ProblemCountJson]
    records: dict[str, int]
    ids: dict[str, dict[str, list[str]]]
    files: dict[str, int]
    unmarked_later: list[tuple[str, int]]


@dataclass(frozen=True)
class Expectation:
    """The expected result of importing one sample on the day `as_of`."""

    size: str
    seed: int
    dialect: str
    as_of: date
    kinds: dict[str, KindCount]
    problems: tuple[ProblemCount, ...]
    records: dict[str, int]
    """The number of records by table."""
    ids: dict[str, dict[str, tuple[str, ...]]]
    """By kind and plant, the source ids of the first IDS_KEPT rows with that plant."""
    files: dict[str, int]
    """Rows of each file in the sample, by its path."""
    unmarked_later: tuple[tuple[datetime, int], ...]
    """Appointments without attendance that are ahead at `as_of`: when they end, and how many end then."""

    def at(self, moment: datetime) -> "Expectation":
        """The expected result of importing the sample later: appointments that have ended are past and unmarked."""
        passed = sum(count for ends, count in self.unmarked_later if ends < moment)
        problems = tuple(
            replace(p, count=p.count + passed) if p.code == "past_appointment_unmarked" else p for p in self.problems
        )
        later = tuple(pair for pair in self.unmarked_later if pair[0] >= moment)
        return replace(self, as_of=moment.date(), problems=problems, unmarked_later=later)

    def count_of(self, code: str, kind: str) -> int:
        """The expected number of a problem in rows of one kind."""
        return sum(p.count for p in self.problems if p.code == code and p.kind == kind)

    def to_json(self) -> ExpectationJson:
        """The expectation as values that JSON can hold."""
        return {
            "size": self.size,
            "seed": self.seed,
            "dialect": self.dialect,
            "as_of": self.as_of.isoformat(),
            "kinds": {kind: cast(KindCountJson, asdict(count)) for kind, count in self.kinds.items()},
            "problems": [cast(ProblemCountJson, asdict(problem)) for problem in self.problems],
            "records": dict(self.records),
            "ids": {kind: {name: list(ids) for name, ids in plants.items()} for kind, plants in self.ids.items()},
            "files": dict(self.files),
            "unmarked_later": [(ends.isoformat(), count) for ends, count in self.unmarked_later],
        }


@dataclass
class ExpectationTally:
    """Collects the expectation while rows are written. Holds counts and a few ids, never a row."""

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    problems: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    once: dict[str, set[str]] = field(default_factory=dict)
    ids: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    later: Counter[datetime] = field(default_factory=Counter)

    def kind(self, kind: str) -> None:
        """Add a kind of which the sample has a file, even without rows."""
        self.outcomes.setdefault(kind, Counter())

    def row(self, kind: str, row: SampleRow) -> None:
        """Count the outcome, the problems and the records of one row."""
        self.outcomes[kind][row.outcome] += 1
        for problem in row.problems:
            code, _, level = problem.partition(":")
            self.problems[code, kind, level or LEVELS[code]] += 1
        if row.outcome == "created":
            for name in row.records:
                self.records[name] += 1
            for name, keys in row.shared_records.items():
                self.once.setdefault(name, set()).update(keys)
        for mark in row.marks:
            kept = self.ids.setdefault(kind, {}).setdefault(mark, [])
            if len(kept) < IDS_KEPT:
                kept.append(row.source_id)
        if row.unmarked_until is not None:
            self.later[row.unmarked_until] += 1

    def not_imported(self, kind: str) -> None:
        """Count one row of a kind that is never imported."""
        self.outcomes[kind]["skipped"] += 1
        self.problems["kind_not_imported", kind, "skipped"] += 1

    def file_problem(self, code: str, kind: str, count: int = 1) -> None:
        """Count a problem that is reported for a file."""
        if count:
            self.problems[code, kind, LEVELS[code]] += count

    def seal(self, *, size: str, seed: int, dialect: str, files: dict[str, int]) -> Expectation:
        """The expectation, when all rows are written."""
        records = Counter(self.records)
        for name, keys in self.once.items():
            records[name] += len(keys)
        return Expectation(
            size=size,
            seed=seed,
            dialect=dialect,
            as_of=AS_OF,
            kinds={kind: KindCount(read=sum(rows.values()), **rows) for kind, rows in self.outcomes.items()},
            problems=tuple(
                ProblemCount(code, level, kind, count) for (code, kind, level), count in sorted(self.problems.items())
            ),
            records=dict(sorted(records.items())),
            ids={kind: {name: tuple(ids) for name, ids in plants.items()} for kind, plants in self.ids.items()},
            files=files,
            unmarked_later=tuple(sorted(self.later.items())),
        )
