"""Forms have every section, description, question and answer word for word, and signatures as images."""

import base64
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from app.mapping.form_content import SIGNATURE_LIMIT, form_content, form_template_content, lacks_image, signature_images
from app.mapping.html import plain_text
from app.mapping.note_content import read_content
from tests.mapping.test_rich import _rich, _words, content, fields_of, radio

PNG = b"\x89PNG\r\n\x1a\n"
SIGN = {"name": "Sign", "type": "signature", "signature_id": "565805660088829113"}


def image(size: int = 100, kind: str = "png", begins: bytes = PNG) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(begins.ljust(size, b'x')).decode()}"


def fields(*questions: dict[str, Any], **section: str) -> list[dict[str, Any]]:
    return fields_of(form_content(read_content(content(*questions, **section))))


def test_a_form_has_fields_with_their_answers() -> None:
    written = fields(
        radio(("A", False), ("B", True)),
        {"name": "When", "type": "date", "answer": "2026-11-20"},
        SIGN,
        description="<p>Read this</p>",
    )
    assert [field["type"] for field in written] == ["heading", "statement", "single_choice", "date", "signature"]
    assert (written[2]["options"], written[2]["answer"]) == (["A", "B"], ["B"])


def test_50_a_section_with_a_description_alone_keeps_it_as_a_statement() -> None:
    written = fields(description="<p>Our <b>terms</b></p>", name="")
    assert written == [{"type": "statement", "text": "<p>Our <b>terms</b></p>"}]
    asked = form_template_content(read_content(content(description="Our terms")))
    assert fields_of(asked)[1] == {"type": "statement", "text": "Our terms"}


def test_51_two_chosen_options_of_a_single_choice_make_it_a_multiple_choice() -> None:
    form = form_content(read_content(content(radio(("A", True), ("B", True)))))
    field = fields_of(form)[1]
    assert (field["type"], field["answer"]) == ("multiple_choice", ["A", "B"])
    assert form.codes == ("radio_multiple_selected",)


def test_an_unanswered_question_keeps_its_label_and_is_empty() -> None:
    text, choice = fields({"name": "Why", "type": "text"}, radio(("A", False)), name="")
    assert text == {"type": "short_text", "label": "Why", "answer": ""}
    assert choice["answer"] == []


def test_the_text_beside_other_is_kept() -> None:
    (field,) = fields(radio(("A", False), other={"enabled": True, "selected": True, "value": "Both"}), name="")
    assert (field["options"], field["answer"], field["other_text"]) == (["A", "Other"], ["Other"], "Both")


def test_48_a_form_with_a_script_is_sanitised_and_reported() -> None:
    form = form_content(read_content(content({"name": "Q", "type": "paragraph", "answer": "ok<script>x</script>"})))
    assert fields_of(form)[1]["answer"] == "ok"
    assert form.codes == ("html_sanitised",)


def test_a_signature_is_an_image_or_a_note_that_it_is_missing() -> None:
    read = read_content(content(SIGN, name=""))
    signed = form_content(read, {"565805660088829113": image()})
    assert fields_of(signed) == [{"type": "signature", "label": "Sign", "signature_id": "565805660088829113"}]
    assert not signed.unsigned
    missing = form_content(read)
    assert fields_of(missing)[0]["answer"] == "[Signature not included]"
    assert missing.unsigned


def test_a_template_has_questions_without_answers() -> None:
    template = content(
        {"name": "Plan", "type": "paragraph", "answer": "<p>Begin here</p>"},
        {"name": "Name", "type": "text", "answer": "Zoë"},
        radio(("A", True), other={"enabled": True, "selected": True, "value": "mine"}),
        SIGN,
        name="",
    )
    asked = fields_of(form_template_content(read_content(template)))
    assert [field.get("answer") for field in asked] == ["<p>Begin here</p>", "", [], None]
    assert "other_text" not in asked[2]


@pytest.mark.parametrize(
    "value",
    [
        [{"id": "5", "image": image()}],
        [{"id": 5, "image": image()}],
        {"id": "5", "image": image()},
        {"5": image()},
        {"signatures": [{"id": "5", "image": image()}]},
    ],
)
def test_signatures_are_read_from_every_shape(value: Any) -> None:
    assert signature_images(value) == {"5": image()}
    assert not lacks_image(value, signature_images(value), completed=True)


@pytest.mark.parametrize(
    "address",
    [
        "https://clinic.example/signature.png",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:text/html;base64,PGI+",
        "data:image/png;base64,not base64!",
        image(begins=b"GIF89a"),
        image(kind="jpeg"),
        image(SIGNATURE_LIMIT + 1),
        "",
        None,
        7,
    ],
)
def test_only_a_small_image_is_a_signature(address: Any) -> None:
    given: Any = [{"id": "5", "image": address}]
    assert signature_images(given) == {}
    assert lacks_image(given, {}, completed=True)
    assert lacks_image(given, {}, completed=False) is bool(address), "a form that waits for its signature lacks nothing"


def test_a_jpeg_and_an_image_of_exactly_the_limit_are_signatures() -> None:
    jpeg = image(kind="jpeg", begins=b"\xff\xd8\xff")
    assert signature_images([{"id": "5", "image": jpeg}, {"id": "6", "image": image(SIGNATURE_LIMIT)}]).keys() == {
        "5",
        "6",
    }


@pytest.mark.parametrize("value", [None, "words", 7, [], [None], {}, {"id": "5"}])
def test_an_empty_list_has_no_signature(value: Any) -> None:
    assert signature_images(value) == {}


def test_every_word_of_a_thousand_forms_is_in_their_fields() -> None:
    rng = Random(20261123)
    for _ in range(1000):
        words_written: list[str] = []
        sections = []
        for _ in range(rng.randint(1, 3)):
            questions: list[dict[str, Any]] = []
            for _ in range(rng.randint(1, 5)):
                label, words = _words(rng), _words(rng)
                kind = rng.choice(("text", "paragraph", "date", "radiobuttons", "checkboxes", "other", "both", "odd"))
                question: dict[str, Any] = {"name": label, "type": kind, "answer": words}
                if kind == "paragraph":
                    question["answer"] = _rich(rng, words)
                elif kind in ("radiobuttons", "checkboxes"):
                    question |= {"answer": None, "answers": [{"value": "no"}, {"value": words, "selected": True}]}
                elif kind in ("other", "both"):
                    other = {"enabled": True, "selected": True, "value": words}
                    question |= {"type": "checkboxes", "answers": [{"value": "no"}], "other": other}
                    question["answer"] = words if kind == "both" else None
                questions.append(question)
                words_written += [label, words]
            name, words = _words(rng), _words(rng)
            sections.append({"name": name, "description": _rich(rng, words), "questions": questions})
            words_written += [name, words]
        shown = " ".join(_shown(form_content(read_content(json.dumps({"sections": sections}))).sections))
        for words in words_written:
            assert " ".join(words.split()) in shown


def _shown(sections: list[Any]) -> Iterator[str]:
    """The visible text: rich text as its words, everything else unchanged."""
    for field in (field for section in sections for field in section["fields"]):
        for name, value in field.items():
            rich = name == "text" or (name == "answer" and field["type"] == "long_text")
            for words in value if isinstance(value, list) else [value]:
                yield " ".join((plain_text(words) if rich else words).split())
