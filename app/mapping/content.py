"""What a note or form says: sections of questions with their answers, as the clinic's own template asked them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.mapping.html import escaped
from app.mapping.rows import Json
from app.mapping.storable import REMOVED
from app.mapping.structured import NotJsonError, parse_shown
from app.mapping.unexpected import lines_of, says_anything

NAME_LIMIT, DESCRIPTION_LIMIT, ANSWER_LIMIT = 255, 10_000, 10_000
_OBJECT = re.compile(r"\{\s*(?:[\"'{}\[]|[A-Za-z_]\w*\s*:|$)")
_LIST = re.compile(r"\[\s*(?:[\[{\"\]]|-?\d+\s*[,\]]|true\b|false\b|null\b)")
_MARKUP = re.compile(
    r"<(?:(?:br|p|div|ul|ol|li|b|i|u|s|strong|em|del|strike|span|h[1-6]|table|font|a)\b[^<>]*"
    r"|[a-z][\w:.-]*\s(?:[^<>]*\s)?(?:style|class)\s*=[^<>]*)>",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a question, chosen or not."""

    label: str
    chosen: bool = False
    text: str | None = None  # what was written beside `Other`


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `answer` is plain text, but rich text for a paragraph. `number` counts charts that do not come."""

    name: str
    type: str
    answer: str = ""
    options: tuple[Option, ...] = ()
    signature_id: str | None = None
    number: int = 0

    @property
    def chosen(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.chosen)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a note, with its own heading. `description` is rich text."""

    name: str = ""
    description: str = ""
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """A whole note or form; `codes` are problems of its shape, not of its words."""

    sections: tuple[Section, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be read: no question and no description."""
        return not any(section.questions or section.description for section in self.sections)


@dataclass(slots=True)
class _Reading:
    codes: dict[str, None] = field(default_factory=dict)

    def text(self, value: Json, limit: int) -> str:
        text = value if isinstance(value, str) else "" if value is None or value is False else _worded(value)
        if len(text) > limit:
            self.codes["content_over_limit"] = None
        return text


def _worded(value: Json) -> str:
    """A value that is no text, as words: nothing that was recorded is lost over its type."""
    if isinstance(value, list):
        return ", ".join(_worded(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_worded(item)}" for name, item in value.items())
    return str(value)


def read_content(text: str) -> Content:
    """The content of a JSON text of sections; NotJsonError when it is none.

    One without a question and a description that says something elsewhere is kept as text, all of it.
    """
    value, has_lost = parse_shown(text)
    if not isinstance(value, dict) or not isinstance(value.get("sections", []), list):
        raise NotJsonError
    reading = _Reading({REMOVED: None} if has_lost else {})
    content = Content(tuple(_section(item, reading) for item in value.get("sections", [])), tuple(reading.codes))
    return _kept(value, content.codes) if content.is_empty and says_anything(value) else content


def _kept(value: Json, codes: tuple[str, ...]) -> Content:
    try:
        lines = [_answer_of(line) for line in lines_of(value)]
    except RecursionError:
        raise NotJsonError from None
    return _prose("<br>".join(lines), codes)


def _prose(answer: str, codes: tuple[str, ...] = ()) -> Content:
    return Content((Section(questions=(Question("", "paragraph", answer),)),), (*codes, "content_is_text"))


def _answer_of(text: str) -> str:
    return text if has_markup(text) else escaped(text.replace("\r\n", "\n").replace("\r", "\n"))


def read_content_or_text(cell: str | None) -> Content:
    """The content of a cell, whatever it holds: sections of questions, or prose as the only answer, word for word.

    Empty for an empty cell; prose has the code `content_is_text`. NotJsonError for JSON that is damaged or has no
    sections.
    """
    text = (cell or "").strip()
    if not text or text == "null":
        return Content()
    if not is_prose(text):
        return read_content(text)
    return _prose(_answer_of(text))


def has_markup(text: str) -> bool:
    """Whether a text has a tag of formatting."""
    return _MARKUP.search(text) is not None


def is_prose(text: str) -> bool:
    """Whether a trimmed text is written for readers: it begins neither an object nor a list of values."""
    return _OBJECT.match(text) is None and _LIST.match(text) is None


def without_answers(content: Content) -> Content:
    """The questions alone, as a template asks them. What a paragraph begins with is kept."""
    sections = (replace(s, questions=tuple(_unanswered(q) for q in s.questions)) for s in content.sections)
    return replace(content, sections=tuple(sections))


def _unanswered(question: Question) -> Question:
    options = tuple(Option(option.label) for option in question.options)
    answer = question.answer if question.type == "paragraph" else ""
    return replace(question, answer=answer, options=options, signature_id=None, number=0)


def _section(value: Json, reading: _Reading) -> Section:
    if not isinstance(value, dict) or not isinstance(value.get("questions") or [], list):
        raise NotJsonError
    return Section(
        reading.text(value.get("name"), NAME_LIMIT),
        reading.text(value.get("description"), DESCRIPTION_LIMIT),
        tuple(_question(item, reading) for item in value.get("questions") or []),
    )


def _question(value: Json, reading: _Reading) -> Question:
    if not isinstance(value, dict):
        raise NotJsonError
    name, kind = reading.text(value.get("name"), NAME_LIMIT), str(value.get("type") or "")
    if kind in ("radiobuttons", "checkboxes"):
        options = _options(value, reading)
        if kind == "radiobuttons" and sum(option.chosen for option in options) > 1:
            reading.codes["radio_multiple_selected"] = None
            kind = "checkboxes"
        return Question(name, kind, reading.text(value.get("answer"), ANSWER_LIMIT), options)
    if kind == "signature":
        signature = value.get("signature_id")
        return Question(name, kind, signature_id=None if signature is None else str(signature))
    if kind == "bodycharts":
        charts = value.get("body_chart_ids")
        if charts:
            reading.codes["body_chart_not_imported"] = None
        return Question(name, kind, number=len(charts) if isinstance(charts, list) else int(bool(charts)))
    answer = reading.text(value.get("answer"), ANSWER_LIMIT)
    if kind not in ("text", "date", "paragraph"):
        reading.codes["question_type_unknown"] = None
        rest = value.get("answers")
        answer = "; ".join(piece for piece in (answer, _chosen_words(rest)) if piece)
        kind = "text"
    return Question(name, kind, answer)


def _options(value: Mapping[str, Any], reading: _Reading) -> tuple[Option, ...]:
    listed = value.get("answers") or []
    found = [
        Option(reading.text(item.get("value"), NAME_LIMIT), _is_chosen(item))
        if isinstance(item, dict)
        else Option(reading.text(item, NAME_LIMIT))
        for item in (listed if isinstance(listed, list) else [listed])
    ]
    other = value.get("other")
    if isinstance(other, dict) and (other.get("enabled") or other.get("selected") or other.get("value")):
        words = reading.text(other.get("value"), ANSWER_LIMIT)
        found.append(Option("Other", _is_chosen(other) or bool(words), words or None))
    return tuple(found)


def _is_chosen(item: Mapping[str, Any]) -> bool:
    return item.get("selected") in (True, "true")


def _chosen_words(listed: Json) -> str:
    if not isinstance(listed, list):
        return "" if listed in (None, False, "") else _worded(listed)
    chosen = [item for item in listed if not isinstance(item, dict) or _is_chosen(item) or "selected" not in item]
    return ", ".join(_worded(item.get("value")) if isinstance(item, dict) else _worded(item) for item in chosen)
