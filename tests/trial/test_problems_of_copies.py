"""A warning of a row is counted once, however often the row is in the export, and every line of a count is named."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from app.commands.json_output import ProblemEntry
from app.mapping.parse import BY_COLUMN, ONCE_PER_FILE
from app.sources import source
from tests.harness.clinic import runtime_in
from tests.kinds.story import ROWS
from tests.register.story import Desk, Tried, export, kind_file

BAD = ("#REF!", "soon", '["knee", "hip"]', "a@@b", "2026-02-30", "9" * 300, "0")
KINDS = sorted(ROWS.keys() - {"patient_files", "custom_fields", "custom_field_values"})
"""Kinds whose rows have an id of their own and need no further files."""
Rows = Sequence[Mapping[str, str | None]]


def odd_rows(kind: str) -> Iterator[dict[str, str | None]]:
    """Rows of a kind, each with a bad cell in another column."""
    columns = [p for p in source("cliniko").kind(kind).columns if not (p.column.prefix or p.column.set_by_reading)]
    key = next(placed.name for placed in columns if placed.column.is_key)
    for number, placed in enumerate(placed for placed in columns if not placed.column.is_key):
        for at in range(2):
            yield {key: str(70_000 + 2 * number + at), placed.name: BAD[(number + at * 3) % len(BAD)]}


def usual_rows(kind: str) -> Rows:
    return [{}, *odd_rows(kind)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tried, Tried]]:
    """An export with bad cells, and the same export with each row three times in two files."""
    rows = {kind: usual_rows(kind) for kind in KINDS}
    once = export(**rows)
    again = {kind: kind_file(kind, [dict(reversed([*row.items()])) for row in rows[kind]]) for kind in KINDS}
    twice = {kind: kind_file(kind, [*rows[kind], *rows[kind]]) for kind in KINDS}
    copies: dict[str, str | bytes] = {f"{kind}.csv": text for kind, text in twice.items()}
    copies |= {f"{kind} again.csv": text.replace("\n", "\r\n") for kind, text in again.items()}
    with runtime_in(Path(tmp_path_factory.mktemp("copies"))) as runtime:
        yield Desk(runtime).tried(once), Desk(runtime).tried(copies)


def of_rows(tried: Tried) -> list[ProblemEntry]:
    """The entries of the answer for problems of single rows."""
    apart = ONCE_PER_FILE | BY_COLUMN
    return [entry for entry in tried.answer["problems"] if entry["line"] is not None and entry["code"] not in apart]


def counts(tried: Tried) -> Counter[tuple[str, str, str | None, str | None]]:
    numbers: Counter[tuple[str, str, str | None, str | None]] = Counter()
    for entry in of_rows(tried):
        numbers[entry["code"], entry["level"], entry["kind"], entry["column"]] += entry["count"]
    return numbers


def test_copies_of_rows_add_duplicate_rows_and_no_other_problem(pair: tuple[Tried, Tried]) -> None:
    once, copies = map(counts, pair)
    assert len({code for code, *_ in once}) > 10
    added = {place: number - once[place] for place, number in copies.items() if number != once[place]}
    assert not once - copies
    assert {code for code, *_ in added} == {"duplicate_row"}


def test_each_problem_of_rows_names_as_many_lines_as_it_counts(pair: tuple[Tried, Tried]) -> None:
    for tried in pair:
        lines: dict[tuple[object, ...], set[int | None]] = defaultdict(set)
        for line in tried.clinic.problems("trial:1"):
            lines[line.code, line.level, line.kind, line.file, line.column].add(line.line)
        for entry in of_rows(tried):
            place = tuple(entry[name] for name in ("code", "level", "kind", "file", "column"))
            assert len(lines[place]) == entry["count"], entry
            assert None not in lines[place], entry
            assert entry["line"] in lines[place]


def test_both_exports_balance(pair: tuple[Tried, Tried]) -> None:
    assert [tried.answer["balanced"] for tried in pair] == [True, True]
    once, copies = pair
    for kind in KINDS:
        kept = [{name: tried.kind(kind)[name] for name in ("created", "held", "records")} for tried in pair]
        assert kept[0] == kept[1], kind
        assert copies.kind(kind)["read"] == 3 * once.kind(kind)["read"]
