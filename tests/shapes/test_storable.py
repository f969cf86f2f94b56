"""A sign that no database can hold, in every cell of every kind, takes nothing of any row along, on both databases."""

import json

import pytest

from tests.shapes.export import BESIDE, KINDS
from tests.shapes.shapes import STRUCTURED, Files
from tests.shapes.tried import reference, tried

SIGNS = {"a high half": "\ud83d", "a low half": "\udc00", "NUL": "\0"}


def spoiled(cell: str, header: str, sign: str) -> str:
    """The cell with the sign in its middle; in the words of a form as an escape, as programs write it."""
    if header in STRUCTURED and cell.startswith("{"):
        form = json.loads(cell)
        for section in form.get("sections", ()):
            section["name"] += sign
            section["questions"][0]["answer"] = section["questions"][0]["answer"].replace("<p>", f"<p>{sign}")
        return json.dumps(form)
    middle = len(cell) // 2
    return f"{cell[:middle]}{sign}{cell[middle:]}"


def export(sign: str) -> Files:
    """Every kind as JSON, every cell spoiled."""
    tables = {
        f"{kind}.json": json.dumps([{h: spoiled(cell, h, sign) for h, cell in row.items()} for row in rows]).encode()
        for kind, rows in KINDS.items()
    }
    return {**tables, **BESIDE}


@pytest.mark.parametrize("sign", SIGNS)
def test_what_cannot_be_stored_is_left_out_of_every_cell_and_everything_goes_live(sign: str) -> None:
    outcome = tried(export(SIGNS[sign]))
    assert outcome.wrong == ()
    assert outcome.digest == reference().digest


@pytest.mark.postgres
@pytest.mark.parametrize("sign", SIGNS)
def test_postgres_takes_the_same(sign: str, postgres: str) -> None:
    outcome = tried(export(SIGNS[sign]), database_url=postgres, caspen_database_url=postgres)
    assert outcome.wrong == ()
    assert outcome.digest
