"""Of two rows with one id, a damaged row decides neither for the other row nor for the balance of the trial."""

import itertools
import re
from dataclasses import dataclass

from sqlalchemy import text

from app.sources import source
from tests.harness.clinic import Clinic
from tests.shapes.export import BESIDE, KINDS, Row
from tests.shapes.shapes import Files, delimited
from tests.shapes.tried import WRONG

DAMAGES = ("zzz!", "", '{"a": ')
LATER = "2025-05-25 11:00:00 +1000"
YIELDING = frozenset({"id_conflict_newest_used", "custom_value_conflict"})  # codes of the rows that do not count
NO_RECORD = "attendees"  # a kind whose rows decide on another kind's records
DECIDED = frozenset(
    """appointments communications patient_cases patient_form_templates patient_forms practitioner_reference_numbers
    treatment_note_templates treatment_notes unavailable_blocks""".split()  # noqa: SIM905 - shorter than a list
)  # kinds with a cell whose damage stops its row before the rows of an id are compared
FREE = frozenset({"Created At", "Updated At"})
STOPPING = frozenset({"held", "skipped"})


@dataclass(frozen=True)
class Pair:
    """Two rows with one id, with the file and line of each. In the damaged row, `column` is damaged."""

    kind: str
    source_id: str
    column: str
    damaged: tuple[str, int]
    good: tuple[str, int]


def pairs_of(kind: str) -> tuple[list[Pair], Files]:
    """A pair for each column and damage, and both files. The damaged row is in either file, as old as the good row or
    newer."""
    pairs: list[Pair] = []
    tables: tuple[list[Row], list[Row]] = ([*KINDS[kind]], [])
    names = (f"{kind}.csv", f"{kind}-2.csv")
    template = dict(KINDS[kind][0])
    key = next(iter(template)) if kind != "custom_fields" else "Field Token"
    columns = [column for column in template if column not in (key, *FREE)]
    cases = itertools.product(columns, DAMAGES, (0, 1), (False, True))
    for number, (column, damage, place, is_newer) in enumerate(cases, start=5000):
        good = {**template, key: str(number)}
        damaged = {**good, column: damage}
        if is_newer and "Updated At" in template:
            damaged["Updated At"] = LATER
        damaged_at, good_at = ((names[n], len(tables[n]) + 2) for n in (place, 1 - place))
        tables[place].append(damaged)
        tables[1 - place].append(good)
        pairs.append(Pair(kind, str(number), column, damaged_at, good_at))
    return pairs, {name: delimited(table).encode() for name, table in zip(names, tables, strict=True)}


def recorded(clinic: Clinic, kind: str) -> set[str]:
    """The ids of the rows with records of their own in the trial."""
    table = source("cliniko").kind(kind).tables[0]
    store = clinic.runtime.caspen.trial(clinic.id, 1)
    with store.database.connection(reading=True) as connection:
        query = text(f"SELECT source_id FROM {table} WHERE source_kind = :kind")
        return {re.split("[:/]", str(own))[0] for (own,) in connection.execute(query, {"kind": kind})}


def test_the_good_row_of_an_id_moves_and_the_damaged_row_is_named(clinic: Clinic) -> None:
    pairs: list[Pair] = []
    files: Files = {**BESIDE}
    for kind in KINDS:
        of_kind, tables = pairs_of(kind)
        pairs += of_kind
        files |= tables
    clinic.tried(files)
    lines = [*clinic.problems("export:1"), *clinic.problems("trial:1")]
    assert {line.code for line in lines}.isdisjoint(WRONG)
    assert clinic.trial.balanced
    stopped = {(line.file, line.line) for line in lines if line.level in STOPPING or line.code in YIELDING}
    moved = {kind: recorded(clinic, kind) for kind in KINDS}
    decided = [
        pair for pair in pairs if pair.damaged in stopped and pair.good not in stopped and pair.kind != NO_RECORD
    ]
    assert [pair for pair in decided if pair.source_id not in moved[pair.kind]] == []
    assert {pair.kind for pair in decided} >= DECIDED
