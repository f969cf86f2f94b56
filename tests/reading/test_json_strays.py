"""A number, a text or a truth among the objects of a JSON file is a row that is held; it never decides for the file."""

import io
import json

import pytest

from app.mapping.verified_kinds import bare_header
from app.trial.verification.plain import Headers, plain_rows
from tests.reading.story import Desk
from tests.reading.test_json_nulls import NAMED, rows_of

STRAYS = ("5", "-1.5e3", '"words"', '""', "true", "false", '"{}"', '"["')
FORMS = (
    "[STRAY,{0},{1}]",
    "[{0},STRAY,{1}]",
    "[{0},{1},STRAY]",
    "[null,{0},[STRAY,{1}]]",
    '{{"LIST":[STRAY,{0},null,{1}]}}',
    '{{"total_entries":3,"LIST":[{0},STRAY,{1}]}}',
    '[{{"LIST":[{0},STRAY]}},{{"LIST":[{1}]}}]',
    "{0}\nSTRAY\n{1}\n",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stray", STRAYS)
def test_a_value_that_is_no_object_is_one_bad_row(desk: Desk, form: str, stray: str) -> None:
    for kind in NAMED:
        name, (first, second) = kind.recognition.json_keys[0], map(json.dumps, rows_of(kind))
        content = form.format(first, second).replace("LIST", name).replace("STRAY", stray)
        result = desk.csv(content, f"{name}.json")
        rows = result.rows()
        in_lines = "\n" in form
        known = frozenset(bare_header(placed.name) for placed in kind.columns)
        again = plain_rows(
            lambda: io.BytesIO(content.encode()),  # noqa: B023 - called at once
            "utf-8", headers=Headers(known, known), lists=[name], in_lines=in_lines,
        )  # fmt: skip
        assert (result.only_file.kind, result.only_file.refused, len(rows)) == (kind.name, None, 3)
        assert sorted(row.codes for row in rows) == [(), (), ("bad_json",)]
        assert [line for line, _ in again] == [row.line for row in rows]
        result.index.close()


@pytest.mark.parametrize("content", ["[1,2,3]", '["a"]', "[true,{0}, 1]", '{{"LIST":[1,2]}}'])
def test_a_file_with_more_such_values_than_objects_is_refused(desk: Desk, content: str) -> None:
    kind = NAMED[0]
    text = content.format(json.dumps(rows_of(kind)[0])).replace("LIST", kind.recognition.json_keys[0])
    result = desk.csv(text, f"{kind.recognition.json_keys[0]}.json")
    assert result.only_file.refused == "bad_json"
