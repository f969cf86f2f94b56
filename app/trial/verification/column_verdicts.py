"""The comparison of sampled rows with stored records and with reported codes. Uses no database."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from app.mapping.verified_kinds import Cells, Comparison, ReportedProblem, VerifiedColumn, VerifiedKind, bare_header
from app.migration.models import ExportFile
from app.problems import Problem
from app.trial.verification.cell_comparison import compare_cell, is_in_doubt, is_readable
from app.trial.verification.unread import Unread

FEW, SHARE = 2, 50  # a column is wrong when at least FEW cells and one in SHARE differ; fewer are in doubt
HALF = 2  # a column is also wrong when half of its compared cells differ
LONG = 200  # characters of a cell that may have been cut when stored
_NONE: frozenset[str] = frozenset()
_WITHOUT_ID = frozenset({"missing_id", "bad_id", "not_a_record"})  # codes of rows without a usable id
_PLAIN_ID = re.compile(r"[0-9]{1,64}|(?=[A-Za-z_-]*[0-9])(?![0-9]+[Ee][0-9]+$)[A-Za-z0-9_-]{1,64}")
Targets = Mapping[
    VerifiedColumn, Mapping[str, Mapping[str, object]]
]  # by link and the id that a cell names, the record there


class RowCode(NamedTuple):
    """A code that is reported for a row. `column` is the bare header of the cell, empty for the whole row.

    `stops`: a row with this code has no record. `is_own`: the code is reported for this row by its line, and not for
    another row with the same id.
    """

    code: str
    column: str = ""
    stops: bool = False
    is_own: bool = True


Reported = Mapping[int, frozenset[RowCode]]  # by line


@dataclass(frozen=True, slots=True)
class Sampled:
    """A row that is compared: its id, the cell of the id as written, and all cells."""

    source_id: str
    id_cell: str
    cells: Cells


@dataclass
class CellResults:
    """The results of a comparison by header: the number of compared cells, and wrong cells as source id by line.

    `doubted` are cells that reading may have understood differently, or that verification cannot read. `faults` are
    columns with a cell that could not be read or compared, each with the first failure of our code or None.
    """

    compared: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, dict[int, str]] = field(default_factory=dict)
    doubted: dict[str, dict[int, str]] = field(default_factory=dict)
    faults: dict[str, Exception | None] = field(default_factory=dict)

    def add(self, header: str, line: int, key: str, verdict: bool | None, *, is_doubt: bool = False) -> None:
        """Notes the verdict on a cell of a row with id `key`; None for a cell that cannot be compared."""
        self.compared[header] += verdict is not None
        if verdict is False:
            if is_doubt:
                self.doubt(header, line, key)
            else:
                self.wrong.setdefault(header, {})[line] = key

    def doubt(self, header: str, line: int, key: str) -> None:
        """Notes a cell in doubt."""
        self.doubted.setdefault(header, {})[line] = key

    @contextmanager
    def doubting(self, header: str, line: int, key: str) -> Iterator[None]:
        """Notes the cell as in doubt when the block raises an exception."""
        try:
            yield
        except Exception as fault:
            self.unread(header, line, key, fault)

    def unread(self, header: str, line: int, key: str, fault: Exception | None = None) -> None:
        """Notes a cell that could not be read or compared."""
        self.faults[header] = self.faults.get(header) or fault
        self.doubt(header, line, key)

    @property
    def failed(self) -> Set[str]:
        """The columns of which no cell could be compared."""
        return {header for header in self.faults if not self.compared[header]}

    def problems(self, file: ExportFile) -> Iterator[Problem]:
        """One problem for each column with wrong or doubted cells."""
        for header, keys in self.wrong.items():
            yield _cell_problem(file, header, list(keys.values()), self.compared[header])
        for header, keys in self.doubted.items():
            if header not in self.failed:
                yield _problem("cells_in_doubt", file, header, list(keys.values()))


class ComparedRows:
    """The sampled rows of a file that can be compared, with the results.

    A row with a code that leaves it without a record is not compared. For a row reported without a usable id, only its
    id is checked.
    """

    def __init__(
        self,
        verified_kind: VerifiedKind,
        sample: Mapping[int, Sampled],
        reported: Reported,
        paired: Set[str] = _NONE,
        earlier_keys: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`paired` are the bare headers of columns that the clinic paired by hand, `earlier_keys` the keys of records
        by the ids of rows that have another id."""
        self.verified_kind = verified_kind
        self.results = CellResults()
        self._sample = sample
        self._reported = reported
        known = verified_kind.exempts.keys() | {claim.code for claim in verified_kind.reported_problems}
        self.cells: dict[int, Cells] = {
            line: {name: cell for name, cell in row.cells.items() if name not in paired} if paired else row.cells
            for line, row in sample.items()
            if self._codes(line) <= known
        }
        self.keys = {line: sample[line].source_id for line in self.cells}
        self.columns = [column for column in verified_kind.columns if not (paired and column.pick)]
        records = {line: earlier_keys.get(key, key) for line, key in self.keys.items()}
        self._lines = lines_by_id(records, verified_kind.id_suffix)
        self._compared_keys: set[str] = set()

    def _codes(self, line: int) -> frozenset[str]:
        return frozenset(each.code for each in self._reported.get(line, ()))

    def _stopping(self, line: int) -> frozenset[str]:
        return frozenset(each.code for each in self._reported.get(line, ()) if each.stops)

    def _is_stopped(self, line: int) -> bool:
        """Whether a problem of this row itself leaves it without a record."""
        return any(each.stops and each.is_own for each in self._reported.get(line, ()))

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
        """Compares every cell with the stored value. `records` are pairs of source id and record.

        `overruled` returns the columns of a row, by its id, whose value another kind or the live record decides.
        `matched_as_one` are ids of clients with whom several clients of the export were matched.
        """
        for record_id, record in records:
            for line in self._lines[record_id]:
                key, codes = self.keys[line], self._codes(line)
                self._compared_keys.add(key)
                if self._is_stopped(line):  # the record is that of another row with the id
                    continue
                touched = overruled(key).union(*(self.verified_kind.exempts.get(code, _NONE) for code in codes))
                for column in self.columns:
                    if column.column in touched or (
                        column.shared_column and record.get(column.shared_column) in matched_as_one
                    ):
                        continue
                    with self.results.doubting(column.label, line, key):
                        self._compare_cell(line, column, record, targets, codes)

    def _compare_cell(
        self, line: int, column: VerifiedColumn, record: Mapping[str, object], targets: Targets, codes: Set[str]
    ) -> None:
        key, row = self.keys[line], self.cells[line]
        cell, stored = column.cell(row), record.get(column.column)
        if not cell and _is_unread(column, row):
            self.results.unread(column.label, line, key)
            return
        verdict = _verdict(column, cell, record, targets, codes)
        is_doubt = verdict is False and is_in_doubt(column.comparison, cell, stored)
        self.results.add(column.label, line, key, verdict, is_doubt=is_doubt)

    def check_claims(self, targets: Targets, has_file: Callable[[ReportedProblem, Cells], bool]) -> None:
        """Checks reported problems against the rows. `has_file` returns whether a file reported as missing exists."""
        for line, row in self.cells.items():
            for claim in (claim for claim in self.verified_kind.reported_problems if self._is_reported(line, claim)):
                with self.results.doubting(claim.column.label, line, self.keys[line]):
                    is_so = not (has_file(claim, row) or _refuted(claim, row, targets))
                    self.results.add(claim.column.label, line, self.keys[line], is_so)

    def _is_reported(self, line: int, claim: ReportedProblem) -> bool:
        """Whether a problem's code is reported for the row itself or for the problem's cell.

        A problem of another row with the same id says nothing about this row's cells. A code with which rows are still
        compared counts only where the code stops the row.
        """
        headers = {"", *map(bare_header, claim.column.headers)}
        return any(
            each.code == claim.code
            and each.is_own
            and each.column in headers
            and (each.stops or each.code not in self.verified_kind.exempts)
            for each in self._reported.get(line, ())
        )

    def check_ids(self) -> None:
        """Notes rows that are reported without a usable id although their id is plain."""
        for line, row in self._sample.items():
            if self._codes(line) & _WITHOUT_ID and _PLAIN_ID.fullmatch(row.id_cell):
                self.results.add(self.verified_kind.key_headers[0], line, row.source_id, verdict=False)

    def check_presence(self, is_created: Callable[[str], bool]) -> None:
        """Notes rows without a record or a reported reason. `is_created` returns whether an id makes a record."""
        for line, key in self.keys.items():
            is_free = not self._stopping(line) and self._codes(line) <= self.verified_kind.exempts.keys()
            if is_free and is_created(key):
                self.results.add(self.verified_kind.key_headers[0], line, key, key in self._compared_keys)


def lines_by_id(keys: Mapping[int, str], behind: str) -> dict[str, list[int]]:
    """By record id, the lines of its rows. `behind` is appended to the rows' ids."""
    lines: dict[str, list[int]] = {}
    for line, key in keys.items():
        lines.setdefault(f"{key}{behind}", []).append(line)
    return lines


def _is_unread(column: VerifiedColumn, row: Cells) -> bool:
    """Whether verification cannot read a cell of the column."""
    return any(isinstance(row.get(bare_header(header)), Unread) for header in column.headers)


def _verdict(
    column: VerifiedColumn, cell: str, record: Mapping[str, object], targets: Targets, codes: Set[str]
) -> bool | None:
    """Whether the stored value is that of the cell; None for an empty cell or one that cannot be compared.

    A link to another client's record must not be stored.
    """
    if not cell or (len(cell) > LONG and "content_over_limit" in codes):
        return None
    stored = record.get(column.column)
    if column.comparison is not Comparison.LINK:
        return compare_cell(column.comparison, cell, stored)
    target = targets[column].get(cell)
    if target is None:
        return None
    if column.shared_column and target[column.shared_column] != record.get(column.shared_column):
        return stored is None if column.target_column == "id" else None
    return stored == target[column.target_column]


def _refuted(claim: ReportedProblem, row: Cells, targets: Targets) -> bool:
    if claim.is_refuted is not None:
        return claim.is_refuted(row)
    cell = claim.column.cell(row)
    if claim.column.comparison is Comparison.LINK:
        return cell in targets[claim.column]
    return bool(cell) and is_readable(claim.column.comparison, cell)


def _cell_problem(file: ExportFile, header: str, keys: Sequence[str], compared: int) -> Problem:
    sure = len(keys) * HALF >= compared or (len(keys) >= FEW and len(keys) * SHARE >= compared)
    return _problem("cells_not_found" if sure else "cells_in_doubt", file, header, keys)


def _problem(code: str, file: ExportFile, header: str, keys: Sequence[str]) -> Problem:
    return Problem(code, file.kind, file.path, source_id=keys[0], column=header, count=len(keys))
