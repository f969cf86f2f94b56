"""Relations that scripts flatten into a table: dotted headers, and the API's addresses in place of ids."""

import re
from typing import Any

import pytest

from app.mapping.columns import Link, normalise_header
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.reading.recognise import known_headers
from app.sources.cliniko.source import CLINIKO
from tests.mapping.cells import context

LINKS = [
    pytest.param(kind, placed.name, id=f"{kind.name}.{placed.name}")
    for kind in CLINIKO.kinds
    if kind.imported
    for placed in kind.columns
    if placed.column.links_to and not placed.column.set_by_reading
]
ADDRESS = "https://api.au1.cliniko.com/v1/things/1558354464010667075"


@pytest.mark.parametrize(("kind", "link"), LINKS)
def test_dotted_headers_lead_to_the_link(kind: Kind[Any], link: str) -> None:
    base = re.sub("_ids?$", "", link)
    known = known_headers(kind)
    assert known[normalise_header(f"{base}.id")] == link or known[normalise_header(f"{base}_id")] == link
    assert known[normalise_header(f"{base}.links.self")] == link


@pytest.mark.parametrize(("kind", "link"), LINKS)
def test_an_address_in_the_column_of_the_relation_is_its_id(kind: Kind[Any], link: str) -> None:
    base = re.sub("_ids?$", "", link)
    for header in (f"{base}.links.self", f"{base}_id"):
        column = known_headers(kind)[normalise_header(header)]
        keys = {placed.name: "1" for placed in kind.columns if placed.column.is_key}
        needed = {"patient_id": "2", "practitioner_id": "2", "path": "a/b", "field_token": "f1"}
        names = {placed.name for placed in kind.columns}
        cells = {**keys, **{n: v for n, v in needed.items() if n in names and n != link}, column: ADDRESS}
        row = parse_row(kind, cells, context(), frozenset(cells)).row
        assert getattr(row, link) == Link(("1558354464010667075",)), (header, column)


def test_a_name_next_to_a_dotted_relation_fills_the_name_column() -> None:
    known = known_headers(CLINIKO.kind("appointments"))
    assert known[normalise_header("appointment_type.name")] == "appointment_type"
    assert known[normalise_header("practitioner.display_name")] == "practitioner"


@pytest.mark.parametrize("text", ["https://", "http://x", "ftp://a/1", "https://a/b c", "https://a.example/x?y=1"])
def test_a_text_that_is_not_an_address_is_unchanged(text: str) -> None:
    kind = CLINIKO.kind("treatment_notes")
    row = parse_row(kind, {"id": "1", "patient_id": text}, context(), frozenset({"id", "patient_id"})).row
    assert row is not None
    assert row.patient_id is None or row.patient_id.ids == (text,)
