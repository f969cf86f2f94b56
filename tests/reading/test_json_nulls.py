"""null in a JSON file: in place of a row it is a blank row, in place of a list it is an empty list."""

import io
import json
from typing import Any

import pytest

from app.mapping.kind import Kind
from app.mapping.verified_kinds import bare_header
from app.trial.verification.plain import Headers, plain_rows
from tests.reading.story import SOURCE, Desk

NAMED = [kind for kind in SOURCE.kinds if kind.recognition.json_keys and kind.imported]
FORMS = (
    "[null,{0},{1}]",
    "[{0},null,null,{1},null]",
    "[null,[{0}],null,[null,{1}]]",
    '{{"LIST":[null,{0},null,{1}]}}',
    '{{"total_entries":2,"LIST":[{0},null,{1},null]}}',
    '[null,{{"LIST":[{0}]}},null,{{"LIST":[null,{1}]}}]',
    '[{{"LIST":[{0},{1}]}},{{"LIST":null}}]',
    '[{{"LIST":null,"total_entries":2}},{{"LIST":[{0},{1}]}}]',
    '{{"data":[null,{0},{1}]}}',
    "null\n{0}\n{1}\n",
    "{0}\nnull\n{1}\nnull",
)
EMPTY = (
    "null", " null\n", "[]", "[null]", "[null, null]", "[[null]]", '{"LIST":null}', '{"LIST":[null]}', '{"data":null}',
    '{"LIST":null,"total_entries":0,"links":{"self":"https://x"}}', '[{"LIST":null},null,{"LIST":[]}]',
)  # fmt: skip


def rows_of(kind: Kind[Any]) -> list[dict[str, str]]:
    """Two rows of a kind, with every column that its files can have."""
    columns = [p for p in kind.columns if not p.column.prefix and not p.column.set_by_reading]
    return [{p.name: str(n) for p in columns} for n in (11, 12)]


@pytest.mark.parametrize("form", FORMS)
def test_a_null_in_place_of_a_row_is_a_blank_row_that_has_a_number(desk: Desk, form: str) -> None:
    for kind in NAMED:
        name, (first, second) = kind.recognition.json_keys[0], map(json.dumps, rows_of(kind))
        content = form.format(first, second).replace("LIST", name)
        result = desk.csv(content, f"{name}.json")
        lines = [row.line for row in result.rows()]
        known = frozenset(bare_header(placed.name) for placed in kind.columns)
        again = plain_rows(lambda: io.BytesIO(content.encode()), "utf-8", headers=Headers(known, known), lists=[name])  # noqa: B023 - called at once
        assert (result.only_file.kind, len(lines)) == (kind.name, 2)
        assert [line for line, _ in again] == lines
        assert ("bad_json", None) not in {(problem.code, problem.column) for problem in result.only_file.problems}
        result.index.close()


@pytest.mark.parametrize("form", EMPTY)
def test_a_null_in_place_of_a_list_is_an_empty_list(desk: Desk, form: str) -> None:
    for kind in NAMED:
        name = kind.recognition.json_keys[0]
        result = desk.csv(form.replace("LIST", name), f"{name}.json")
        assert (result.only_file.kind, result.only_file.rows, result.only_file.refused) == (kind.name, 0, None)
        result.index.close()
