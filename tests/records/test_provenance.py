"""A value names exactly the cells whose change changes it, for every kind and every filled column of a sample."""

import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from sqlmodel import col, select

from app.engine.reading.parts import PartHead, read_part
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.mapping.provenance import BUDGET, Experiment
from app.mapping.rows import Mapped, Record
from app.migration.models import Part
from app.sources import source
from tests.conftest import At
from tests.kinds.story import context, joined_of, lookups
from tests.product import Product

SOURCE = source("cliniko")
MOVING = [kind.name for kind in SOURCE.kinds if kind.imported and not kind.listed]
ROWS = 12
ABSENT = ("attendees",)  # the native dialect has no such file; its rows make no record of their own


def rows_of(product: Product, kind: str) -> tuple[PartHead, list[dict[str, str]]] | None:
    with product.runtime.ledger.read() as session:
        parts = select(Part).where(Part.migration_id == product.migration_id, Part.kind == kind)
        part = session.exec(parts.order_by(col(Part.number))).first()
    if part is None:
        return None
    head, rows = read_part(product.runtime.objects, part.object_key, product.runtime.key(product.move()))
    return head, [dict(row.cells) for row in islice(rows, ROWS)]


def mapped(kind: Kind[Any], cells: Mapping[str, str], columns: frozenset[str]) -> dict[tuple[str, str, str], Record]:
    parsed = parse_row(kind, cells, context(), columns)
    if parsed.row is None or parsed.stopped is not None or kind.to_records is None:
        return {}
    result = kind.to_records(parsed.row, joined_of(kind.name, parsed.row), lookups())
    records = result.records if isinstance(result, Mapped) else ()
    return {(record.table, record.source_kind, record.key): record for record in records}


def swaps(rows: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], str, str]]:
    """Each row with each of its cells, and what another row has in that column."""
    for row in rows:
        for name, cell in row.items():
            other = next((o[name] for o in rows if o.get(name, cell) != cell), None)
            if other is not None:
                yield row, name, other


@pytest.mark.parametrize("name", MOVING)
def test_a_value_that_changes_with_a_cell_names_the_cell(shown_at: At, name: str) -> None:
    kind, there = SOURCE.kind(name), rows_of(shown_at("reviewing"), name)
    if there is None:
        assert name in ABSENT
        return
    head, rows = there
    columns = frozenset(head.columns)
    others = {column: tuple({row[column] for row in rows if column in row}) for column in columns}
    known: dict[str, Mapping[str, frozenset[str]] | None] = {}
    compared = 0
    for row, cell, other in swaps(rows):
        base, changed = mapped(kind, row, columns), mapped(kind, {**row, cell: other}, columns)
        for address in base.keys() & changed.keys():
            told = f"{sorted(row.items())}{address}"
            if told not in known:
                known[told] = Experiment(SOURCE, kind, row, columns, context(), lookups(), others).feeds(*address)
            feeds, before, after = known[told], base[address].values, changed[address].values
            if feeds is None:
                continue
            differs = {c for c in before.keys() | after.keys() if before.get(c) != after.get(c)}
            assert differs <= feeds[cell], f"{cell} changes {sorted(differs - feeds[cell])} of {address[0]} unnamed"
            compared += 1
    assert compared or not any(mapped(kind, row, columns) for row in rows)


def test_a_value_does_not_name_a_cell_that_another_one_stands_before() -> None:
    cells = {"id": "11", "first_name": "Ann", "last_name": "Lee", "unsubscribed_sms_marketing": "true"}
    both = {**cells, "accepted_sms_marketing": "true"}
    kind = SOURCE.kind("patients")
    records = mapped(kind, both, frozenset(both))
    consent = next(a for a, record in records.items() if record.values.get("text") == "Yes" or "sms" in a[2].lower())
    alone = Experiment(SOURCE, kind, cells, frozenset(cells), context(), lookups()).feeds(*consent)
    beside = Experiment(SOURCE, kind, both, frozenset(both), context(), lookups()).feeds(*consent)
    assert alone is not None
    assert beside is not None
    assert alone["unsubscribed_sms_marketing"]
    assert beside["accepted_sms_marketing"]
    assert not beside["unsubscribed_sms_marketing"]


def test_a_row_that_is_too_large_is_not_mapped_again_for_each_of_its_cells() -> None:
    cells = {"id": "11", "first_name": "Ann", "last_name": "Lee", "notes": "x" * BUDGET}
    began = time.monotonic()
    tried = Experiment(SOURCE, SOURCE.kind("patients"), cells, frozenset(cells), context(), lookups())
    assert tried.feeds("clients", "patients", "11") is None
    assert time.monotonic() - began < 5
