"""A list or an object in a column of words is kept as words, is reported, and verification finds the words."""

import json
from typing import Any

import pytest

from app.mapping.columns import Reader
from app.mapping.json_words import readable
from app.mapping.text import as_written, limited, string, string_as_written, text
from app.mapping.verified_kinds import Comparison
from app.sources import source
from app.trial.verification.cell_comparison import compare_cell
from tests.kinds.odd_cells import verified
from tests.kinds.story import ROWS, context

STRUCTURES: tuple[tuple[Any, str], ...] = (
    (["knee", "hip"], "knee, hip"),
    (["knee"], "knee"),
    ([None, "knee", ""], "knee"),
    ({"side": "left"}, "side: left"),
    ({"side": "left", "joint": None}, "side: left"),
    ({"side": {"knee": True}, "pain": 7}, "side: knee: Yes, pain: 7"),
    ([{"name": "knee"}, {"name": "hip"}], "name: knee, name: hip"),
    ([["knee"], "hip"], "knee, hip"),
    ([1, 2.50], "1, 2.5"),
    ([False, "knee"], "No, knee"),
    ({"note": 'a "sore" knee\nand hip'}, 'note: a "sore" knee\nand hip'),
    ({"note": "Zo\u00eb \u65e5\u672c"}, "note: Zo\u00eb \u65e5\u672c"),
)
"""Values of JSON with their words."""
UNCHANGED = ("[12/3] sore", "[struck out: x] y", "{sore", "[]", "{}", "[null]", '[{"a": ""}]', "{'a': 1}", "[" * 5000)
READERS = (text, string)
KEPT = {("custom_field_values", "value"), ("custom_field_values", "option_tokens"), ("patients", "referral_type")}
"""Columns of words that take a list or an object apart themselves."""
COLUMNS = [
    (kind, placed.name)
    for kind in sorted(ROWS)
    for placed in source("cliniko").kind(kind).columns
    if placed.column.read in READERS and placed.column.destination and not placed.column.prefix
]


def words_of(read: Reader, cell: str) -> tuple[Any, list[str]]:
    codes: list[str] = []
    return read(cell, context(), codes.append), codes


@pytest.mark.parametrize(("value", "words"), STRUCTURES)
def test_a_structure_is_read_as_its_words_with_a_report(value: Any, words: str) -> None:
    for cell in (json.dumps(value), json.dumps(value, ensure_ascii=False, separators=(",", ":"))):
        assert words_of(string, cell) == (words, ["bad_json"]), cell
        assert words_of(limited(5), cell) == (words, ["bad_json", *(["content_over_limit"] if len(words) > 5 else [])])
        read, codes = words_of(text, cell)
        assert (read.replace("\n", ", ") if isinstance(value, list) else read, codes) == (words, ["bad_json"])
        for as_it_is in (as_written, string_as_written):
            assert words_of(as_it_is, cell) == (cell, [])
        for how in (Comparison.WORDS, Comparison.SAME):
            assert compare_cell(how, cell, read) is True, cell
            assert compare_cell(how, cell, "Other words") is False, cell


def test_each_item_of_a_list_is_a_line_of_a_long_text() -> None:
    assert words_of(text, '["knee", {"side": "left"}]') == ("knee\nside: left", ["bad_json"])


@pytest.mark.parametrize("cell", UNCHANGED)
def test_a_text_that_is_no_structure_with_words_is_unchanged(cell: str) -> None:
    assert readable(cell, pytest.fail) == cell
    assert words_of(text, cell) == (cell, [])
    assert words_of(limited(9999), cell) == (cell, [])


def test_half_of_a_sign_in_a_structure_is_removed() -> None:
    assert words_of(text, '["a\\ud83d\\u0000b"]') == ("ab", ["bad_json", "control_chars_removed"])


@pytest.mark.parametrize(("kind", "name"), COLUMNS)
def test_a_structure_in_every_column_of_words_is_reported_and_verified(kind: str, name: str) -> None:
    for value, _ in STRUCTURES:
        result = verified(kind, ROWS[kind] | {name: json.dumps(value)})
        assert "bad_json" in result.codes, value
        assert not result.missed, value
        texts = [str(record.values.get(name)) for record in result.records]
        assert not any(written in each for each in texts for written in ('["', '{"', '": ')), value


def test_columns_that_take_structures_apart_read_them_as_written() -> None:
    as_it_is = {
        (kind.name, placed.name)
        for kind in source("cliniko").kinds
        for placed in kind.columns
        if placed.column.read in (as_written, string_as_written)
    }
    assert as_it_is == KEPT
