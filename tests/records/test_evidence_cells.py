"""A value names exactly the cells that change it, for every kind and every filled column of a sample."""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from sqlmodel import col, select

from app.mapping.cell_changes import START as START_OF
from app.mapping.cell_changes import Borrowed
from app.mapping.experiments import BUDGET, Experiment
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.mapping.rows import Mapped, Record
from app.migration.models import Part
from app.reading.parts import PartHead, read_part
from app.sources import source
from tests.conftest import At
from tests.harness.product import Product
from tests.kinds.story import ROWS as STORY
from tests.kinds.story import context, joined_of, lookups

SOURCE = source("cliniko")
MOVING = [kind.name for kind in SOURCE.kinds if kind.imported and not kind.short_list.is_listed]
ROWS = 12
VISITS, START = ("booking_id", "attendee_id"), datetime(2026, 3, 1, 22, tzinfo=UTC)
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
    joined = joined_of(kind.name, parsed.row)
    visits = {name: t._replace(starts_at=START) for name, t in joined.targets.items() if name in VISITS}
    joined = joined._replace(targets={**joined.targets, **visits})
    result = kind.to_records(parsed.row, joined, lookups())
    records = result.records if isinstance(result, Mapped) else ()
    return {(record.table, record.source_kind, record.key): record for record in records}


def swaps(rows: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], str, str]]:
    """Each row with each of its cells, and another row's value of that column."""
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
            text = f"{sorted(row.items())}{address}"
            if text not in known:
                known[text] = Experiment(SOURCE, kind, row, columns, context(), lookups(), others).feeds(*address)
            feeds, before, after = known[text], base[address].values, changed[address].values
            if feeds is None:
                continue
            differs = {c for c in before.keys() | after.keys() if before.get(c) != after.get(c)}
            assert differs <= feeds[cell], f"{cell} changes {sorted(differs - feeds[cell])} of {address[0]} unnamed"
            compared += 1
    assert compared or not any(mapped(kind, row, columns) for row in rows)


def test_a_value_does_not_name_an_overridden_cell() -> None:
    cells = {"id": "11", "first_name": "Ann", "last_name": "Lee", "unsubscribed_sms_marketing": "true"}
    both = {**cells, "accepted_sms_marketing": "true"}
    kind = SOURCE.kind("patients")
    records = mapped(kind, both, frozenset(both))
    consent = next(a for a, record in records.items() if record.values.get("text") == "Yes" or "sms" in a[2].lower())
    alone = Experiment(SOURCE, kind, cells, frozenset(cells), context(), lookups()).feeds(*consent)
    together = Experiment(SOURCE, kind, both, frozenset(both), context(), lookups()).feeds(*consent)
    assert alone is not None
    assert together is not None
    assert alone["unsubscribed_sms_marketing"]
    assert together["accepted_sms_marketing"]
    assert not together["unsubscribed_sms_marketing"]


PATIENT = {"id": "11", "first_name": "Ann", "last_name": "Lee"}


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("email", "ann@mail.example"),
        ("phone_mobile", "61400111209"),
        ("date_of_birth", "1984-02-28"),
        ("medical_alerts", '[{"name": "Latex"}]'),
        ("accepted_privacy_policy", "Accepted"),
        ("unsubscribed_sms_marketing", "false"),
    ],
)
def test_a_change_of_a_cell_keeps_to_its_type_and_never_goes_to_the_notes(name: str, cell: str) -> None:
    cells = {**PATIENT, name: cell, "notes": "Prefers mornings"}
    feeds = Experiment(SOURCE, SOURCE.kind("patients"), cells, frozenset(cells), context(), lookups()).feeds(
        "clients", "patients", "11"
    )
    assert feeds is not None
    assert feeds[name]
    assert "notes" not in feeds[name]
    assert feeds["notes"] == {"notes"}


def test_the_client_of_a_group_names_the_list_of_ids() -> None:
    cells = {**STORY["appointments"], "patient_ids": "5001, 5002, 5003", "max_attendees": "6"}
    kind = SOURCE.kind("appointments")
    tried = Experiment(SOURCE, kind, cells, frozenset(cells), context(), lookups())
    for member in ("5001", "5002", "5003"):
        feeds = tried.feeds("appointments", "appointments", f"77:{member}")
        assert feeds is not None
        assert {cell for cell, columns in feeds.items() if "client_id" in columns} == {"patient_ids"}


@pytest.mark.parametrize(("lost", "names"), [((), "booking_id"), (("booking_id",), "created_at")])
def test_the_date_of_a_note_names_its_appointment_unless_that_is_lost(lost: tuple[str, ...], names: str) -> None:
    cells, kind = STORY["treatment_notes"], SOURCE.kind("treatment_notes")
    tried = Experiment(SOURCE, kind, cells, frozenset(cells), context(), lookups(), lost=frozenset(lost))
    evidence = tried.evidence("progress_notes", "treatment_notes", "88")
    assert evidence is not None
    assert {cell for cell, columns in evidence.feeds.items() if "note_date" in columns} == {names}
    assert evidence.borrowed == ({} if lost else {"note_date": Borrowed("booking_id", START_OF)})
    assert evidence.instants == {"created_at": "2026-04-02T01:00:00Z"}


def test_a_row_that_is_too_large_is_not_mapped_again_for_each_of_its_cells() -> None:
    cells = {"id": "11", "first_name": "Ann", "last_name": "Lee", "notes": "x" * BUDGET}
    began = time.process_time()
    tried = Experiment(SOURCE, SOURCE.kind("patients"), cells, frozenset(cells), context(), lookups())
    assert tried.feeds("clients", "patients", "11") is None
    assert time.process_time() - began < 5
