"""A row that names a related thing twice: one id counts if the other says nothing, and a different id is reported."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.mapping.columns import Link, RowColumn
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.mapping.verified_kinds import bare_header
from app.reading.parts import PartRow
from app.reading.relation_headers import base_of
from app.trial.verification.plain import Cells
from app.trial.verification.relations import with_ids
from tests.reading.story import CONTEXT, SOURCE, Desk
from tests.reading.test_relations_twice import ADDRESS, BARE, MADE, RELATIONS, named, spellings, what_is_seen
from tests.reading.verified_rows import file_of, key_of, verified_rows

ERRORS = ("#REF!", "#N/A", "####")
WORDS = ("", "n/a", "NULL", *ERRORS)
GIVE_WAY = (*WORDS, f"{ADDRESS}/appointments")
EQUAL = ("1001", "1001.0", '="1001"', " 1001 ", ADDRESS, f"{ADDRESS}/?page=1")
OTHER = ("1002", ADDRESS.replace("1001", "1002"), "x-9")
TEXTS = (*GIVE_WAY, *EQUAL, *OTHER)


def ways(kind: Kind[Any], placed: RowColumn) -> Iterator[tuple[str, Any, str]]:
    """Returns each spelling of the relation that is no other header of the id itself, and the shape of the file."""
    own = {bare_header(header) for header in placed.headers}
    found = {
        (bare_header(header), str(value), shape): (header, value, shape)
        for header, value, shape in spellings(kind, placed)
        if bare_header(header) not in own
    }
    for header, value, shape in found.values():
        yield header, value, shape
        if shape == "csv":
            yield header, value, "xlsx"
    if (kind, placed) in BARE:
        yield base_of(placed.name), 1001, "json"


def rows_of(kind: Kind[Any], relation: tuple[str, Any], own: str, *, is_before: bool) -> list[dict[str, Any]]:
    """Returns a row for each text under the header of the id, with the relation before or behind it."""
    rows = []
    for number, text in enumerate(TEXTS, start=1):
        pair = dict([relation, (own, text)] if is_before else [(own, text), relation])
        rows.append({key_of(kind): str(number), **pair, "created_at": MADE})
    return rows


def read(desk: Desk, kind: Kind[Any], content: bytes, shape: str) -> list[PartRow]:
    path = f"table.{shape}"
    sheet = f"{path}#S" if shape == "xlsx" else path
    desk.file_kinds = {path: kind.name, sheet: kind.name}
    return desk.csv(content, path).rows()


def verified(kind: Kind[Any], content: bytes, shape: str) -> list[Cells]:
    """Returns the rows as verification reads them, with the id under `id`."""
    key = bare_header(key_of(kind))
    rows = map(with_ids, verified_rows(kind, content, shape))
    return [{"id": row[key], **{name: cell for name, cell in row.items() if name != key}} for row in rows]


def ids_in(placed: RowColumn, row: PartRow) -> tuple[str, ...]:
    cell = row.cells.get(placed.name)
    value = placed.column.read(cell, CONTEXT, lambda code: None) if cell else None
    return value.ids if isinstance(value, Link) else ()


def seen_by_verification(kind: Kind[Any], row: Cells) -> list[list[str]]:
    looks = [look for look in SOURCE.verified_kinds if look.kind == kind.name]
    return [what_is_seen(look, row) for look in looks]


@pytest.mark.parametrize(("kind", "placed"), RELATIONS, ids=named)
def test_an_id_beside_a_relation_gives_way_or_agrees_or_holds_the_row(
    desk: Desk, kind: Kind[Any], placed: RowColumn
) -> None:
    for number, (header, value, shape) in enumerate(ways(kind, placed)):
        rows = rows_of(kind, (header, value), placed.name, is_before=number % 2 == 0)
        content = file_of([list(rows[0]), *(list(row.values()) for row in rows)], shape)
        by_text = dict(zip(TEXTS, read(desk, kind, content, shape), strict=True))
        conflicts = [text for text, row in by_text.items() if "link_conflict" in row.codes]
        assert conflicts == list(OTHER), (header, value, shape)
        ids = {text: ids_in(placed, by_text[text]) for text in (*GIVE_WAY, *EQUAL)}
        assert ids == dict.fromkeys(ids, ("1001",)), (header, value, shape)
        errors = [text for text, row in by_text.items() if any("spreadsheet_error" in code for code in row.codes)]
        assert errors == list(ERRORS), (header, value, shape)

        again = dict(zip(TEXTS, verified(kind, content, shape), strict=True))
        for text in (*WORDS, "1001", ADDRESS):
            plainly = {"id": again[text]["id"], bare_header(placed.column.native or placed.name): "1001"}
            wanted = seen_by_verification(kind, {**plainly, "createdat": MADE})
            assert seen_by_verification(kind, again[text]) == wanted, (header, value, shape, text)


NAMED = [(kind, p) for kind, p in RELATIONS if p.name != base_of(p.name) in {each.name for each in kind.columns}]


@pytest.mark.parametrize(("kind", "placed"), NAMED, ids=named)
def test_an_address_among_names_is_compared_with_the_id(kind: Kind[Any], placed: RowColumn) -> None:
    for text, wanted, is_conflict in (("1001", "1001", False), ("n/a", "1001", False), ("1002", "1002", True)):
        cells = {key_of(kind): "1", base_of(placed.name): ADDRESS, placed.name: text}
        parsed = parse_row(kind, cells, CONTEXT)
        assert getattr(parsed.row, placed.name).ids == (wanted,)
        assert ("link_conflict" in {problem.code for problem in parsed.problems}) is is_conflict
