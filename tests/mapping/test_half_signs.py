"""Half signs and NUL are removed wherever a format may write them by number, and the row says so."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mapping.storable import without_half_references
from app.mapping.verified_kinds import Comparison
from app.trial.verification.cell_comparison import compare_cell
from tests.kinds.story import mapped

HALVES = st.integers(0xD800, 0xDFFF)
FORMS = ("&#{0};", "&#{0:05d};", "&#x{0:x};", "&#X{0:X};", "&#x0{0:x};", "&#000{0};")
TEXTS = {"treatment_notes": "content", "patient_forms": "content", "communications": "content"}


@given(HALVES | st.just(0), st.sampled_from(FORMS))
def test_a_reference_to_half_a_sign_is_removed_and_its_neighbours_stay(number: int, form: str) -> None:
    assert without_half_references(f"a{form.format(number)}b") == "ab"


@given(st.integers(1, 0x10FFFF).filter(lambda number: not 0xD800 <= number <= 0xDFFF), st.sampled_from(FORMS))
def test_any_other_reference_stays(number: int, form: str) -> None:
    text = f"a{form.format(number)}b &amp; &# &#; &#x;"
    assert without_half_references(text) == text


def content(answer: str) -> str:
    question = {"name": "Q", "type": "paragraph", "answer": answer}
    return json.dumps({"sections": [{"name": "S", "questions": [question]}]})


def texts(result: Any) -> str:
    return json.dumps([record.values for record in result.records], default=str, ensure_ascii=False)


HALF_SIGNS = ("&#55357;", "&#xDC00;", "&#0;", "&#55357;&#xD83D;")


@pytest.mark.parametrize("sign", HALF_SIGNS)
@pytest.mark.parametrize("kind", [*TEXTS, "treatment_note_templates", "patient_form_templates"])
@pytest.mark.parametrize("is_json", [True, False])
def test_every_place_of_rich_text_is_without_half_signs(kind: str, sign: str, is_json: bool) -> None:
    words = f"<p>hap{sign}py</p>"
    cell = content(words) if is_json and kind != "communications" else words
    cells: dict[str, Any] = {"content": cell}
    if kind == "communications":
        cells |= {"type_code": "2"}
    result = mapped(kind, **cells)
    assert "control_chars_removed" in result.codes
    assert "happy" in texts(result)
    for as_rails in (cell, cell.replace("&", "\\u0026")) if cell.startswith("{") else (cell,):
        given_cells: dict[str, Any] = cells | {"content": as_rails}
        assert mapped(kind, **given_cells).records == result.records


@pytest.mark.parametrize("sign", HALF_SIGNS)
def test_verification_reads_such_a_text_as_mapping_does(sign: str) -> None:
    cell = content(f"<p>hap{sign}py</p>")
    assert compare_cell(Comparison.CONTENT, cell, mapped("treatment_notes", content=cell)["body"]) is True
    assert compare_cell(Comparison.WORDS, f"hap{sign}py", "happy") is True
    assert compare_cell(Comparison.WORDS, f"hap{sign}py", "sad") is False
