"""A cell of JSON may hold a structure in any place. Its words are kept, and never as Python writes a structure."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import app.mapping
import app.sources.cliniko
from app.mapping.columns import Reader
from app.mapping.json_cells import reads_json
from app.sources import source
from tests.kinds.story import ROWS, context, mapped

ODD: tuple[Any, ...] = ({"zq": "zw"}, ["zq", "zw"], {"zq": {"zq": ["zw"]}}, [["zq"], {"zq": "zw"}], {"zq": None})
PYTHON = ("{'", "['", "[['", "[{'", "None")
MODULES = (
    *(Path(app.sources.cliniko.__file__).parent / f"{name}.py" for name in (
        "client_phones", "patient_row", "patients", "question_answers", "questions", "users", "contacts",
        "practitioner_availability",
    )),
    *(Path(app.mapping.__file__).parent / f"{name}.py" for name in ("note_content", "form_content")),
)  # fmt: skip


def members() -> list[str]:
    """The names that the readers of JSON may look for: every word in the text of their modules."""
    trees = [ast.parse(path.read_text()) for path in MODULES]
    texts = {n.value for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    return sorted(text for text in texts if isinstance(text, str) and text.isidentifier() and text.islower())


STRUCTURE = json.dumps(ODD[0])


def reads_structures(kind: str, name: str, read: Reader) -> bool:
    """Whether a column takes a structure apart: as it is read, or later, as content and answers are.

    A column of words keeps the words of a structure, with a report.
    """
    if name == "content" or (kind == "custom_field_values" and name in ("value", "option_tokens")) or reads_json(read):
        return True
    return read(STRUCTURE, context(), lambda code: None) not in (None, STRUCTURE, "zq: zw")


COLUMNS = [
    (kind, placed.name)
    for kind in sorted(ROWS)
    for placed in source("cliniko").kind(kind).columns
    if not placed.column.is_key and not placed.column.links_to and not placed.column.prefix
    and reads_structures(kind, placed.name, placed.column.read)
]  # fmt: skip


def cells() -> Iterator[str]:
    """Structures in the place of a whole cell, and of each member that a reader may look for, alone and in lists."""
    yield from map(json.dumps, ODD)
    for name in members():
        for odd in ODD[:3]:
            entry = {name: odd}
            question = {"name": "Q", "token": "t1", "type": "text", "value": "v", "answer": "v", **entry}
            for shape in (
                entry,
                [entry],
                {"sections": [{"name": "S", "fields": [question], **entry}]},
                {"sections": [{"name": "S", "questions": [question, {**question, "type": "signature"}]}]},
                {"sections": [{"name": "S", "fields": [{**question, "options": [entry], "other": entry}]}]},
            ):
                yield json.dumps(shape)


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize(("kind", "column"), COLUMNS)
def test_no_value_is_a_structure_as_python_writes_it(kind: str, column: str) -> None:
    for cell in cells():
        given: dict[str, Any] = {column: cell}
        result = mapped(kind, **given)
        for text in texts_in([record.values for record in result.records]):
            assert text == cell or not any(sign in text for sign in PYTHON), (cell, text)


def test_the_columns_with_structures_are_known() -> None:
    expected = {
        ("patients", "pronouns"), ("patients", "medical_alerts"), ("patients", "referral_source"),
        ("patients", "patient_phone_numbers"), ("patients", "custom_fields"), ("contacts", "phone_numbers"),
        ("users", "phone_numbers"), ("treatment_notes", "content"), ("patient_forms", "content"),
        ("patient_forms", "signatures"), ("custom_field_values", "value"),
    }  # fmt: skip
    assert expected <= {*COLUMNS}


@pytest.mark.parametrize("cell", ["null", "[]", "{}", "[null]", '{"nominative": null}'])
def test_pronouns_without_words_are_empty(cell: str) -> None:
    result = mapped("patients", pronouns=cell)
    assert (result["pronouns"], result.codes) == (None, [])


@pytest.mark.parametrize(
    ("cell", "pronouns"),
    [
        ('{"nominative": "they", "accusative": "them"}', "they/them"),
        ('{"nominative": {"a": "b"}}', "b"),
        ('["they", "them"]', "they; them"),
        ("[unsure]", "[unsure]"),
        ("they/them", "they/them"),
    ],
)
def test_the_words_of_pronouns_are_kept(cell: str, pronouns: str) -> None:
    assert mapped("patients", pronouns=cell)["pronouns"] == pronouns


@pytest.mark.parametrize("column", ["medical_alerts", "referral_source"])
def test_a_json_null_is_an_empty_cell(column: str) -> None:
    blank: dict[str, Any] = {column: ""}
    assert mapped("patients", **blank | {column: "null"}).records == mapped("patients", **blank).records
