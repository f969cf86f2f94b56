"""Writes forms for Caspen: sections of fields, each question with its answer word for word, signatures as images."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.json_values import JsonObject, JsonValue
from app.mapping.html import clean_html
from app.mapping.json_words import worded
from app.mapping.note_content import Content, Question, Section, without_answers
from app.mapping.rich import NO_SIGNATURE

SIGNATURE_LIMIT = 2 * 1024 * 1024
_IMAGE = re.compile(r"data:image/(png|jpe?g);base64,([A-Za-z0-9+/=\s]+)", re.IGNORECASE)
_BEGINS = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff"}
_FIELDS = {
    "text": "short_text",
    "paragraph": "long_text",
    "date": "date",
    "radiobuttons": "single_choice",
    "checkboxes": "multiple_choice",
    "signature": "signature",
    "bodycharts": "statement",
}


@dataclass(frozen=True, slots=True)
class FormContent:
    """The sections of a form in Caspen's JSON. `unsigned`: the form refers to a signature without an image."""

    sections: list[JsonValue]
    codes: tuple[str, ...] = ()
    unsigned: bool = False


def form_content(content: Content, images: Mapping[str, str] | None = None) -> FormContent:
    """Sections of fields: a heading, a statement for the description, and one field for each question.

    `images` are data addresses of signatures by id. A signature without an image is written as NO_SIGNATURE.
    """
    writing = _FormWriter(images or {})
    sections = [writing.section(section) for section in content.sections]
    codes = (*content.codes, *(("html_sanitised",) if writing.lost else ()))
    return FormContent(sections, codes, writing.unsigned)


def form_template_content(content: Content) -> FormContent:
    """The fields of a template, without answers except the starting text of paragraphs."""
    return form_content(without_answers(content))


def signature_images(value: JsonValue) -> dict[str, str]:
    """The signatures of a form by id: data addresses of PNG or JPEG images of at most 2 MB. Others are left out.

    Accepts a list of ids with images, one of these, an object of images by id, or any of these in `signatures`.
    """
    images: dict[str, str] = {}
    for name, image in _signatures(value):
        if isinstance(image, str) and is_image(image):
            images.setdefault(name, image.strip())
    return images


def lacks_image(value: JsonValue, images: Mapping[str, str], *, completed: bool) -> bool:
    """Whether a signature has something else in place of its image, or, on a completed form, nothing.

    `images` are those of `signature_images`, which also names the shapes of `value`.
    """
    return any(name not in images and (completed or image) for name, image in _signatures(value))


def _signatures(value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """The id of each signature and what stands for its image."""
    if isinstance(value, dict) and isinstance(value.get("signatures"), list):
        value = value["signatures"]
    if isinstance(value, dict):
        value = [value] if "image" in value else [{"id": name, "image": image} for name, image in value.items()]
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict) and item:
            image = item.get("image")
            yield worded(item.get("id")), (image.get("data") or image.get("url")) if isinstance(image, dict) else image


def are_signatures(value: JsonValue) -> bool:
    """Whether a value has one of the shapes of `signature_images`. The images themselves are not checked."""
    if isinstance(value, dict) and isinstance(value.get("signatures"), list):
        value = value["signatures"]
    if isinstance(value, dict):
        return "image" in value or all(str(image or "data:").startswith(("data:", "http")) for image in value.values())
    return isinstance(value, list) and all(isinstance(item, dict) and "image" in item for item in value)


def is_image(address: str) -> bool:
    """Whether a data address holds a PNG or JPEG of at most 2 MB. The type is checked by the first bytes."""
    if len(address) > SIGNATURE_LIMIT * 3 // 2:
        return False
    match = _IMAGE.fullmatch(address.strip())
    if match is None:
        return False
    try:
        image = base64.b64decode("".join(match[2].split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(image) <= SIGNATURE_LIMIT and image.startswith(_BEGINS[match[1].lower()])


class _FormWriter:
    """Writes one form, and notes whether markup was lost or a signature is missing."""

    def __init__(self, images: Mapping[str, str]) -> None:
        self._images = images
        self.lost = False
        self.unsigned = False

    def section(self, section: Section) -> JsonValue:
        fields: list[JsonValue] = []
        if section.name:
            fields.append({"type": "heading", "label": section.name})
        if section.description:
            fields.append({"type": "statement", "text": self._rich(section.description)})
        return {"name": section.name, "fields": fields + [self._field(question) for question in section.questions]}

    def _rich(self, text: str) -> str:
        cleaned = clean_html(text)
        self.lost = self.lost or cleaned.lost
        return cleaned.html

    def _field(self, question: Question) -> JsonValue:
        field: JsonObject = {"type": _FIELDS[question.type], "label": question.name}
        if question.type == "signature":
            return field | self._signed(question)
        if question.type == "bodycharts":
            return field | {"text": f"[Body chart not imported: {question.number}]" if question.number else ""}
        if question.options or question.type in ("radiobuttons", "checkboxes"):
            return field | _choice(question)
        return field | {"answer": self._rich(question.answer) if question.type == "paragraph" else question.answer}

    def _signed(self, question: Question) -> JsonObject:
        given = question.signature_id
        if given is None or given in self._images:
            return {"signature_id": given}
        self.unsigned = True
        return {"signature_id": given, "answer": NO_SIGNATURE}


def _choice(question: Question) -> JsonObject:
    """All options and the chosen options. Text beside `Other`, ticked or not, and beside the options is kept."""
    field: JsonObject = {
        "options": [option.label for option in question.options],
        "answer": [option.label for option in question.chosen],
    }
    written = [text for text in (*(option.text for option in question.options), question.answer) if text]
    return field | ({"other_text": "\n".join(written)} if written else {})
