"""Two columns of one meaning: the first filled cell of a row counts, for the import and for its verification."""

from collections.abc import Callable, Iterator

import pytest

from app.mapping.columns import normalise_header
from app.sources.cliniko.source import CLINIKO
from tests.shapes.export import KINDS, Row
from tests.shapes.shapes import REFERENCE, Files, encoded
from tests.shapes.tried import tried


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
    another_behind,
    another_in_the_usual_column,
)


def cases() -> Iterator[object]:
    for kind, rows in KINDS.items():
        if CLINIKO.kind(kind).imported and aliases(kind, rows[0]):
            yield from (pytest.param(kind, way, id=f"{kind}-{way.__name__}") for way in WAYS)


def export(kind: str, way: Callable[[Row, dict[str, str]], Row]) -> Files:
    rows = KINDS[kind]
    return {
        **REFERENCE.files(),
        **encoded("utf-8")(kind, [way(row, aliases(kind, rows[0])) for row in rows]),
    }


@pytest.mark.parametrize(("kind", "way"), list(cases()))
def test_the_first_filled_cell_counts_and_verification_agrees(
    kind: str, way: Callable[[Row, dict[str, str]], Row]
) -> None:
    outcome = tried(export(kind, way))
    assert outcome.wrong == ()
    assert outcome.digest == tried(REFERENCE.files()).digest
