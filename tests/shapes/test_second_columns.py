"""Two columns of one meaning: the first filled cell of a row counts, for the import and for its verification."""

from collections.abc import Callable, Iterable

import pytest

from app.mapping.columns import normalise_header
from app.reading.relation_headers import base_of
from app.sources.cliniko.source import CLINIKO
from tests.shapes.export import KINDS, Row
from tests.shapes.shapes import REFERENCE, Files, encoded
from tests.shapes.tried import Outcome, reference, tried


def aliases(kind: str, headers: Row) -> dict[str, str]:
    """For each header of a file that has another spelling in the contract, one that the file does not have."""
    present = {normalise_header(header) for header in headers}
    found = {}
    for placed in CLINIKO.kind(kind).columns:
        if placed.column.prefix or placed.column.is_object or placed.column.set_by_reading:
            continue
        spelt = [text for text in (placed.column.native, *placed.column.headers, placed.name) if text]
        own = [header for header in headers if normalise_header(header) in placed.normalised_headers()]
        others = [text for text in spelt if normalise_header(text) not in present]
        if own and others:
            found[own[0]] = others[0]
    return found


def empty_before(row: Row, second: dict[str, str]) -> Row:
    return {**dict.fromkeys(second.values(), ""), **row}


def nothing_before(row: Row, second: dict[str, str]) -> Row:
    """`n/a` where the first column has a value. The cell of the second column counts."""
    return {**{alias: "n/a" if row[header] else "" for header, alias in second.items()}, **row}


def error_before(row: Row, second: dict[str, str]) -> Row:
    """A spreadsheet's error word where the first column has a value. The cell of the second column counts."""
    return {**{alias: "#REF!" if row[header] else "" for header, alias in second.items()}, **row}


def another_behind(row: Row, second: dict[str, str]) -> Row:
    """Another value behind each filled cell."""
    return {**row, **{alias: f"{row[header]}9" if row[header] else "" for header, alias in second.items()}}


def another_in_the_usual_column(row: Row, second: dict[str, str]) -> Row:
    """The value stands first, under the further header, and another value behind it, under the usual one."""
    usual = {header: f"{cell}9" if cell and header in second else cell for header, cell in row.items()}
    return {**{alias: row[header] for header, alias in second.items()}, **usual}


WAYS: tuple[Callable[[Row, dict[str, str]], Row], ...] = (
    empty_before,
    nothing_before,
    error_before,
    another_behind,
    another_in_the_usual_column,
)


SEVERAL = {
    kind: second for kind, rows in KINDS.items() if CLINIKO.kind(kind).imported and (second := aliases(kind, rows[0]))
}
"""The kinds whose columns have further spellings, and these by the usual header."""


def export(kinds: Iterable[str], way: Callable[[Row, dict[str, str]], Row]) -> Files:
    files = REFERENCE.files()
    for kind in kinds:
        files |= encoded("utf-8")(kind, [way(row, SEVERAL[kind]) for row in KINDS[kind]])
    return files


def agrees(outcome: Outcome) -> bool:
    return outcome.wrong == () and outcome.digest == reference().digest


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_the_first_filled_cell_counts_and_verification_agrees(way: Callable[[Row, dict[str, str]], Row]) -> None:
    """One export has second columns in the files of every kind. If it fails, each kind is tried alone and named."""
    assert len(SEVERAL) > 15
    together = tried(export(SEVERAL, way))
    if not agrees(together):
        alone = {kind: tried(export([kind], way)) for kind in SEVERAL}
        assert {kind: outcome.wrong for kind, outcome in alone.items() if not agrees(outcome)} == {}
    assert together.wrong == ()
    assert together.digest == reference().digest


def with_addresses(kind: str, suffix: str) -> list[Row]:
    """The rows of a kind with an address under the relation's name, and an empty column of the id behind it."""
    rows: list[Row] = []
    for row in KINDS[kind]:
        changed: dict[str, str] = {}
        for header, cell in row.items():
            links = [
                placed
                for placed in CLINIKO.kind(kind).columns
                if placed.column.links_to and normalise_header(header) in placed.normalised_headers()
            ]
            for placed in links:
                address = f"https://api.au1.example.com/v1/things/{cell}" if cell.isdigit() else ""
                changed[f"{base_of(placed.name)}{suffix}"] = address
            changed[header] = "" if links and cell.isdigit() else cell
        rows.append(changed)
    return rows


@pytest.mark.parametrize("suffix", ["", ".links.self", "_url"])
def test_an_address_counts_beside_an_empty_id_and_verification_agrees(suffix: str) -> None:
    files = REFERENCE.files()
    for kind in (kind for kind in KINDS if CLINIKO.kind(kind).imported):
        files |= encoded("utf-8")(kind, with_addresses(kind, suffix))
    outcome = tried(files)
    assert outcome.wrong == ()
    assert outcome.digest == reference().digest
