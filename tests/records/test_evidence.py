"""The evidence next to the values of a trial's records is true, for every kind and both dialects."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from app.migration.models import Trial
from app.records.client import details
from app.records.evidence_lines import AS_IT_WAS, NO_CELL, SAME_MOMENT, EvidenceLine, line_of
from app.records.kinds import BY_NAME, KINDS
from app.records.names_of_ids import RecordNames
from app.records.origin import RecordOrigin, origin_of
from app.records.query import find, get
from app.records.record_kind import NOTHING
from app.records.shown_cells import Cell
from app.records.source_row import SourceRow
from app.sources import source
from tests.harness.prepared_moves import PreparedFolders, hand_over, running, tiny_export, try_out
from tests.harness.product import Product

RECORDS = 4  # of each kind
SOURCE = source("cliniko")


@pytest.fixture(scope="module")
def trial_of(folders: PreparedFolders, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Product]]:
    """A product whose trial was made of the sample export in a dialect."""
    with ExitStack() as stack:
        known: dict[str, Product] = {}

        def open_at(dialect: str) -> Product:
            if dialect not in known:
                point = "reviewing" if dialect == "native" else "preparing"
                to = tmp_path_factory.mktemp("evidence") / "var"
                product = stack.enter_context(contextmanager(running)(folders, point, to))
                if dialect != "native":
                    hand_over(product, tiny_export(dialect))
                    try_out(product)
                known[dialect] = product
            return known[dialect]

        yield open_at


def origins(product: Product, kind_name: str) -> Iterator[tuple[Any, RecordOrigin]]:
    """Records of a kind with a row of their own, and their values next to the cells."""
    move, kind = product.move(), BY_NAME[kind_name]
    store = product.runtime.caspen.trial(move.id, move.trial_number)
    names = RecordNames(product.runtime.caspen, store, move.workspace_id, "Australia/Perth")
    with product.runtime.ledger.read() as session:
        trial = session.get_one(Trial, (move.id, move.trial_number))
        session.expunge_all()
    records = [record for record in find(store, move.workspace_id, kind).records if record.part][:RECORDS]
    for listed in records:
        record = get(store, move.workspace_id, kind, listed.id)
        assert record is not None
        names.meet([record])
        fields = tuple(details(store, names, record) if kind_name == "clients" else kind.fields(record, names))
        yield record, origin_of(product.runtime, move, SOURCE, trial, kind, record, fields, NOTHING)


def instant(text: str) -> datetime | None:
    written = re.sub(r" (?=[+-]\d{4}$)", "", text).replace(" UTC", "Z").replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def squeezed(text: str) -> str:
    return " ".join(text.split())


def check(line: EvidenceLine) -> None:
    field = line.field
    assert field is not None
    keys = [cell.key for cell in line.cells]
    assert len(keys) == len(set(keys)), f"{line.label} names a cell twice"
    if line.did == (SAME_MOMENT,):
        moments = {datetime.fromisoformat(plain.replace("Z", "+00:00")) for plain in field.plain}
        assert moments & {instant(cell.text) for cell in line.cells}, f"{line.label} is no cell's moment"
    if line.did == (AS_IT_WAS,):
        words = squeezed(" ".join((field.words, *field.plain)))
        assert all(squeezed(cell.text) in words for cell in line.cells), f"{line.label} is not as it was"
    if line.did == (NO_CELL,):
        assert not line.cells


def fed_by(cell: Cell, row: SourceRow) -> frozenset[str]:
    return cell.feeds if cell.place is not None else (row.feeds or {})[cell.name]


@pytest.mark.parametrize("dialect", ["native", "api"])
@pytest.mark.parametrize("kind_name", [kind.name for kind in KINDS])
def test_the_evidence_of_every_value_is_true(trial_of: Callable[[str], Product], kind_name: str, dialect: str) -> None:
    for record, origin in origins(trial_of(dialect), kind_name):
        if origin.row is None:
            continue
        row = origin.row
        for line in origin.evidence.lines:
            check(line)
            assert line.field is not None
            if not line.field.value:
                refused = {problem.column for problem in row.problems}
                assert all(refused & {cell.name, cell.column} for cell in line.cells), f"{line.label} is empty"
            elif row.feeds is not None:
                fed = [fed_by(cell, row) & set(line.field.columns) for cell in line.cells]
                is_usual = not any(fed)  # no cell changes the value: those are shown that are described as its own
                assert all(fed) or is_usual, f"{record.source_id}: {line.label} names a cell that does not change it"


@pytest.mark.parametrize("dialect", ["native", "api"])
def test_the_date_of_a_note_of_an_appointment_names_the_appointment(
    trial_of: Callable[[str], Product], dialect: str
) -> None:
    dated = 0
    for record, origin in origins(trial_of(dialect), "progress_notes"):
        line = next(line for line in origin.evidence.lines if line.label == "Date")
        if record.appointment_id is None or record.note_date == record.source_created_at:
            continue
        dated += 1
        reference, start = line.cells
        assert reference.name in ("booking_id", "attendee_id")
        assert start.name == "starts_at"
        assert start.place is not None
        assert line.did == (f"From its appointment, {line_of(start.place)}",)
    assert dated


@pytest.mark.parametrize("dialect", ["native", "api"])
def test_an_answer_of_a_client_names_its_own_cell(trial_of: Callable[[str], Product], dialect: str) -> None:
    consents = [
        line
        for _, origin in origins(trial_of(dialect), "clients")
        for line in origin.evidence.lines
        if line.label == "Custom field: SMS marketing consent"
    ]
    assert consents
    for line in consents:
        assert {cell.name for cell in line.cells} <= {"unsubscribed_sms_marketing", "accepted_sms_marketing"}
        assert line.cells
