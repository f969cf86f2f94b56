"""Sampled rows of one file compared with stored records and with reported codes, without any database."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from app.mapping.verified_kinds import Cells, Comparison, ReportedProblem, VerifiedColumn, VerifiedKind, bare_header
from app.migration.models import ExportFile
from app.problems import Problem
from app.trial.verification.alike import alike, in_doubt, readable
from app.trial.verification.unread import Unread

FEW, SHARE = 2, 50  # a column differs when one cell in fifty does, and more than one; fewer are a doubt
HALF = 2  # but where hardly any can be compared, half of them are no doubt
LONG = 200  # signs of a cell that may have been too long for what is stored
_NONE: frozenset[str] = frozenset()
_WITHOUT_ID = frozenset({"missing_id", "bad_id", "not_a_record"})  # codes of rows that have no id that can be used
_PLAIN_ID = re.compile(r"[0-9]{1,64}|(?=[A-Za-z_-]*[0-9])(?![0-9]+[Ee][0-9]+$)[A-Za-z0-9_-]{1,64}")
Targets = Mapping[
    VerifiedColumn, Mapping[str, Mapping[str, object]]
]  # by link and the id that a cell names, the record there


class RowCode(NamedTuple):
    """A code that is reported of a row. `column` is the bare name of its cell, empty for a code of the whole row.

    `stops`: a row with this code has no record.
    """

    code: str
    column: str = ""
    stops: bool = False


Reported = Mapping[int, frozenset[RowCode]]  # by line


@dataclass(frozen=True, slots=True)
class Sampled:
    """A row that is compared: its id as the second look reads it, the id's cell as it stands, and all cells."""

    source_id: str
    id_cell: str
    cells: Cells


@dataclass
class Found:
    """By header as it is shown: how many cells were compared, and the lines and ids of rows in which one differs.

    `doubted` are those in which it may have been read in another way, or cannot be read here. `faults` are columns of
    which a cell could not be read or compared, each with the first failure, if it was one.
    """

    compared: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, dict[int, str]] = field(default_factory=dict)
    doubted: dict[str, dict[int, str]] = field(default_factory=dict)
    faults: dict[str, Exception | None] = field(default_factory=dict)

    def add(self, header: str, line: int, key: str, verdict: bool | None, *, is_doubt: bool = False) -> None:
        self.compared[header] += verdict is not None
        if verdict is False:
            if is_doubt:
                self.doubt(header, line, key)
            else:
                self.wrong.setdefault(header, {})[line] = key

    def doubt(self, header: str, line: int, key: str) -> None:
        self.doubted.setdefault(header, {})[line] = key

    @contextmanager
    def doubting(self, header: str, line: int, key: str) -> Iterator[None]:
        """Puts a cell in doubt where its comparison fails."""
        try:
            yield
        except Exception as fault:
            self.unread(header, line, key, fault)

    def unread(self, header: str, line: int, key: str, fault: Exception | None = None) -> None:
        """A cell that could not be read or compared."""
        self.faults[header] = self.faults.get(header) or fault
        self.doubt(header, line, key)

    @property
    def failed(self) -> Set[str]:
        """The columns of which no cell at all could be compared."""
        return {header for header in self.faults if not self.compared[header]}

    def problems(self, file: ExportFile) -> Iterator[Problem]:
        for header, keys in self.wrong.items():
            yield _told(file, header, list(keys.values()), self.compared[header])
        for header, keys in self.doubted.items():
            if header not in self.failed:
                yield _problem("cells_in_doubt", file, header, list(keys.values()))


class ComparedRows:
    """The rows of a file that no other code explains, and how their comparison ends.

    A row with a code that leaves it without a record is accounted for, whatever its cells are; only an id that plainly
    is one refutes that the row has none.
    """

    def __init__(
        self, look: VerifiedKind, sample: Mapping[int, Sampled], reported: Reported, paired: Set[str] = _NONE
    ) -> None:
        """`paired` are the headers, bare, of columns that the clinic paired itself."""
        self.look = look
        self.found = Found()
        self._sample = sample
        self._reported = reported
        known = look.exempts.keys() | {claim.code for claim in look.reported_problems}
        self.cells: dict[int, Cells] = {
            line: {name: cell for name, cell in row.cells.items() if name not in paired} if paired else row.cells
            for line, row in sample.items()
            if self._codes(line) <= known
        }
        self.keys = {line: sample[line].source_id for line in self.cells}
        self.columns = [column for column in look.columns if not (paired and column.pick)]
        self._lines = lines_by_id(self.keys, look.id_suffix)
        self._compared_keys: set[str] = set()

    def _codes(self, line: int) -> frozenset[str]:
        return frozenset(each.code for each in self._reported.get(line, ()))

    def _stopping(self, line: int) -> frozenset[str]:
        return frozenset(each.code for each in self._reported.get(line, ()) if each.stops)

    @property
    def stored_columns(self) -> tuple[str, ...]:
        """The columns of the records that are compared."""
        names = {column.column for column in self.columns} | {column.shared_column for column in self.columns}
        return tuple(sorted(names - {""}))

    @property
    def record_ids(self) -> list[str]:
        """The source ids of the records that are compared."""
        return sorted(self._lines)

    def compare(
        self,
        records: Iterable[tuple[str, Mapping[str, object]]],
        targets: Targets,
        overruled: Callable[[str], frozenset[str]],
        matched_as_one: Set[str],
    ) -> None:
        """Compares every cell with its column. `records` come with their source ids.

        `overruled` gives, by a row's id, the columns on which another kind has the last word. `matched_as_one` are
        clients of whom the export has several.
        """
        for record_id, record in records:
            for line in self._lines[record_id]:
                key, codes = self.keys[line], self._codes(line)
                self._compared_keys.add(key)
                touched = overruled(key).union(*(self.look.exempts.get(code, _NONE) for code in codes))
                for column in self.columns:
                    if column.column in touched or (
                        column.shared_column and record.get(column.shared_column) in matched_as_one
                    ):
                        continue
                    with self.found.doubting(column.label, line, key):
                        self._compare_cell(line, column, record, targets, codes)

    def _compare_cell(
        self, line: int, column: VerifiedColumn, record: Mapping[str, object], targets: Targets, codes: Set[str]
    ) -> None:
        key, row = self.keys[line], self.cells[line]
        cell, stored = column.cell(row), record.get(column.column)
        if not cell and _is_unread(column, row):
            self.found.unread(column.label, line, key)
            return
        verdict = _verdict(column, cell, record, targets, codes)
        is_doubt = verdict is False and in_doubt(column.comparison, cell, stored)
        self.found.add(column.label, line, key, verdict, is_doubt=is_doubt)

    def check_claims(self, targets: Targets, lies_there: Callable[[ReportedProblem, Cells], bool]) -> None:
        """Compares reported codes with the rows. `lies_there`: a claim that a file is not there is refuted."""
        for line, row in self.cells.items():
            for claim in (claim for claim in self.look.reported_problems if self._is_reported(line, claim)):
                with self.found.doubting(claim.column.label, line, self.keys[line]):
                    is_so = not (lies_there(claim, row) or _refuted(claim, row, targets))
                    self.found.add(claim.column.label, line, self.keys[line], is_so)

    def _is_reported(self, line: int, claim: ReportedProblem) -> bool:
        """Whether the claim's code is reported of the row, or of the very cell that the claim is about.

        A code that the row may have and still be compared is a claim only where it keeps the row from coming.
        """
        headers = {"", *map(bare_header, claim.column.headers)}
        return any(
            each.code == claim.code and each.column in headers and (each.stops or each.code not in self.look.exempts)
            for each in self._reported.get(line, ())
        )

    def check_ids(self) -> None:
        """A row with a plain id is no row without an id."""
        for line, row in self._sample.items():
            if self._codes(line) & _WITHOUT_ID and _PLAIN_ID.fullmatch(row.id_cell):
                self.found.add(self.look.key[0], line, row.source_id, verdict=False)

    def check_presence(self, is_created: Callable[[str], bool]) -> None:
        """A row of which nothing is reported has a record. `is_created`: the row's id has a record of its own."""
        for line, key in self.keys.items():
            is_free = not self._stopping(line) and self._codes(line) <= self.look.exempts.keys()
            if is_free and is_created(key):
                self.found.add(self.look.key[0], line, key, key in self._compared_keys)


def lines_by_id(keys: Mapping[int, str], behind: str) -> dict[str, list[int]]:
    """By the ids of records, the lines of the rows that they are of."""
    found: dict[str, list[int]] = {}
    for line, key in keys.items():
        found.setdefault(f"{key}{behind}", []).append(line)
    return found


def _is_unread(seen: VerifiedColumn, row: Cells) -> bool:
    """Whether a cell from which the column is filled is one that cannot be read here."""
    return any(isinstance(row.get(bare_header(header)), Unread) for header in seen.headers)


def _verdict(
    seen: VerifiedColumn, cell: str, record: Mapping[str, object], targets: Targets, codes: Set[str]
) -> bool | None:
    """Whether the cell is found as it was written; None where it says nothing, or cannot be compared.

    A link to another client's record is one that must not be found.
    """
    if not cell or (len(cell) > LONG and "content_over_limit" in codes):
        return None
    stored = record.get(seen.column)
    if seen.comparison is not Comparison.LINK:
        return alike(seen.comparison, cell, stored)
    there = targets[seen].get(cell)
    if there is None:
        return None
    if seen.shared_column and there[seen.shared_column] != record.get(seen.shared_column):
        return stored is None if seen.target_column == "id" else None
    return stored == there[seen.target_column]


def _refuted(claim: ReportedProblem, row: Cells, targets: Targets) -> bool:
    if claim.is_refuted is not None:
        return claim.is_refuted(row)
    cell = claim.column.cell(row)
    if claim.column.comparison is Comparison.LINK:
        return cell in targets[claim.column]
    return bool(cell) and readable(claim.column.comparison, cell)


def _told(file: ExportFile, header: str, keys: Sequence[str], compared: int) -> Problem:
    sure = len(keys) * HALF >= compared or (len(keys) >= FEW and len(keys) * SHARE >= compared)
    return _problem("cells_not_found" if sure else "cells_in_doubt", file, header, keys)


def _problem(code: str, file: ExportFile, header: str, keys: Sequence[str]) -> Problem:
    return Problem(code, file.kind, file.path, source_id=keys[0], column=header, count=len(keys))
