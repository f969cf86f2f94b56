"""Reads the JSON of a note or form: sections with questions and answers, as the clinic's own template asked them.

Text that a program put outside the known members is kept: as an answer without a question, with the member's name.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from html import unescape
from typing import Any, TypeGuard

from app.json_values import JsonObject, JsonValue
from app.mapping.flags import truth
from app.mapping.html import escaped
from app.mapping.json_cells import NotJsonError, parse_shown
from app.mapping.json_words import is_filled, lines_of, worded
from app.mapping.storable import REMOVED, without_half_references

NAME_LIMIT, DESCRIPTION_LIMIT, ANSWER_LIMIT = 255, 10_000, 10_000
OTHER = "Other"
_NAMES = ("name", "title", "question", "label", "heading")
_ANSWERS = ("answer", "value", "response", "checked", "selected")
_MARKS = ("selected", "checked", "chosen")
_OF_SECTIONS = frozenset({*_NAMES, "description", "questions"})
_OF_QUESTIONS = frozenset({*_NAMES, *_ANSWERS, "type", "answers"})
_OPTION = frozenset({"value", "selected"})
_OBJECT = re.compile(r"\{\s*(?:[\"'{}\[]|[A-Za-z_]\w*\s*:|$)")
_LIST = re.compile(r"\[\s*(?:[\[{\"\]]|-?\d+\s*[,\]]|true\b|false\b|null\b)")
_MARKUP = re.compile(
    r"<(?:(?:br|p|div|ul|ol|li|b|i|u|s|strong|em|del|strike|span|h[1-6]|table|font|a)\b[^<>]*"
    r"|[a-z][\w:.-]*\s(?:[^<>]*\s)?(?:style|class)\s*=[^<>]*)>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]*>")
_PLACES = frozenset({"index", "order", "position", "version"})  # whose numbers mean nothing
_FLAGS = frozenset({"archived", "deleted", "draft", "enabled", "final", "pinned", "required", "selected"})
_MADE = re.compile(r"(?:.*_)?(?:ids?|at)|.*[a-z](?:Ids?|At)|[Ii][Dd]s?|[Tt]ype|links?|self")  # written by programs


def has_words_outside_sections(content: JsonObject) -> bool:
    """Whether a content without questions and descriptions has words for a reader besides its section names."""
    objects = [each for each in items_of(content.get("sections"), _OF_SECTIONS) or () if isinstance(each, dict)]
    left = [("", {name: value for name, value in content.items() if name != "sections"})]
    left += [("", {name: value for name, value in section.items() if name != "name"}) for section in objects]
    return any(has_words(*each) for each in left)


def has_words(name: str, value: JsonValue) -> bool:
    """Whether a value of this name has words for a reader, at any depth."""
    left = [(name, value)]
    while left:
        name, value = left.pop()
        if isinstance(value, dict):
            left += value.items()
        elif isinstance(value, list):
            left += ((name, each) for each in value)
        elif _is_for_readers(name, value):
            return True
    return False


def _is_for_readers(name: str, value: JsonValue) -> bool:
    """Whether a plain value is meant for readers: no empty text, position, flag, id or time that a program wrote."""
    if value is None:
        return False
    if isinstance(value, bool):
        return name.lower() not in _FLAGS
    if isinstance(value, str):
        words = unescape(_TAG.sub(" ", value)).split()
        return bool(words) and not (len(words) == 1 and _MADE.fullmatch(name))
    return not (name.lower() in _PLACES or _MADE.fullmatch(name))


class Members:
    """The members of one JSON object, taken one by one. What is not taken is kept as text.

    `is_guessed`: a member was taken under another name than its own.
    """

    __slots__ = ("_left", "is_guessed")

    def __init__(self, value: Mapping[str, JsonValue]) -> None:
        self._left = dict(value)
        self.is_guessed = False

    def take(self, name: str, *others: str) -> JsonValue:
        """Removes and returns the first filled member of `name` and `others`; an empty value if none is filled."""
        left = self._left
        if (value := left.pop(name, None)) or not left or is_filled(value):
            return value
        for other in others:
            if other in left and is_filled(value := left[other]):
                del left[other]
                self.is_guessed = True
                return value
        return None

    @property
    def has_more(self) -> bool:
        """Whether a member was not taken, or was taken under another name."""
        return bool(self._left) or self.is_guessed

    def lines(self) -> list[str]:
        """The text of the members that were not taken, each after its name. Raises RecursionError for deep nesting."""
        return [line for name, value in self._left.items() if has_words(name, value) for line in lines_of(value, name)]


def items_of(value: JsonValue, members: Collection[str]) -> list[JsonValue] | None:
    """The filled items of a list. An object with any of `members` is a list of one. None for other filled values."""
    if isinstance(value, list):
        return value if all(value) else [each for each in value if is_filled(each)]
    if not is_filled(value):
        return []
    return [value] if isinstance(value, dict) and not value.keys().isdisjoint(members) else None


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a question, chosen or not.

    `text`: what was written beside `Other`. The text may be left over from before `Other` was unticked.
    """

    label: str
    chosen: bool = False
    text: str | None = None

    @property
    def words(self) -> str:
        """The label, with the text beside `Other`."""
        return f"{self.label}: {self.text}" if self.text else self.label


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answer.

    * `type`: text, paragraph, date, radiobuttons, checkboxes, signature or bodycharts.
    * `answer`: plain text; rich text for a paragraph.
    * `number`: the number of body charts, which are not imported.
    """

    name: str
    type: str
    answer: str = ""
    options: tuple[Option, ...] = ()
    signature_id: str | None = None
    number: int = 0

    @property
    def chosen(self) -> tuple[Option, ...]:
        """The options that were chosen."""
        return tuple(option for option in self.options if option.chosen)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a note with its own heading. `description` is rich text."""

    name: str = ""
    description: str = ""
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """A whole note or form. `codes` are problems of its structure."""

    sections: tuple[Section, ...] = ()
    codes: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a question nor a description."""
        return not any(section.questions or section.description for section in self.sections)


@dataclass(slots=True)
class _ContentReader:
    """Collects the problem codes of one content, and cuts nothing: too long text is kept and reported."""

    codes: dict[str, None] = field(default_factory=dict)

    def text(self, value: JsonValue, limit: int) -> str:
        text = value if isinstance(value, str) else worded(value)
        if len(text) > limit:
            self.codes["content_over_limit"] = None
        return text

    def heading(self, value: JsonValue, limit: int = NAME_LIMIT) -> str:
        """A heading; `false` means no heading."""
        return "" if value is False else self.text(value, limit)

    def rest(self, members: Members, further: Sequence[str] = ()) -> tuple["Question", ...]:
        """The text of members without a place, as one answer without a question; empty if there is no such text."""
        if not (further or members.has_more):
            return ()
        lines = [*further, *members.lines()]
        if lines or members.is_guessed:
            self.codes["content_place_unknown"] = None
        if not lines:
            return ()
        return (Question("", "paragraph", self.text("<br>".join(map(_answer_of, lines)), ANSWER_LIMIT)),)


def read_content(text: str) -> Content:
    """The content of a JSON text with sections. Raises NotJsonError for other text.

    Plain text in place of the list of sections is kept word for word, with all other text of the content. A content
    without questions and descriptions whose words are elsewhere is first brought into the usual form; if that is not
    possible, all its text is kept as one answer.
    """
    value, codes = parse_shown(text)
    if isinstance(value, list):
        value = _content_of(value)
        codes = (*codes, "content_place_unknown") if value else codes
    if not isinstance(value, dict):
        raise NotJsonError
    if not is_filled(value.get("sections")):
        value = {name: each for name, each in value.items() if name != "sections"}
    elif not _is_text(value["sections"]) and items_of(value["sections"], _OF_SECTIONS) is None:
        raise NotJsonError
    try:
        sections = value.get("sections")
        if _is_text(sections):
            further = Members({name: each for name, each in value.items() if name != "sections"})
            return _prose("<br>".join(map(_answer_of, (sections.strip(), *further.lines()))), codes)
        if (content := _read(value, codes)) is not None:
            return content
        content = None
        with suppress(NotJsonError):
            if (usual := in_usual_form(value)) is not None:
                content = _read(usual, (*codes, "content_place_unknown"))
        return content if content is not None else _kept(value, codes)
    except RecursionError:
        raise NotJsonError from None


def _content_of(items: list[JsonValue]) -> JsonObject:
    """The content in a list: its only object if that has sections, else the content whose sections the objects are.

    Raises NotJsonError for a list with anything else.
    """
    filled = [each for each in items if is_filled(each)]
    objects = [each for each in filled if isinstance(each, dict)]
    if len(objects) < len(filled):
        raise NotJsonError
    if len(objects) == 1 and "sections" in objects[0]:
        return objects[0]
    if any(_OF_SECTIONS.isdisjoint(each) for each in objects):
        raise NotJsonError
    return {"sections": [*objects]} if objects else {}


def _is_text(sections: JsonValue) -> TypeGuard[str]:
    return isinstance(sections, str) and is_prose(sections.strip())


def _read(value: JsonObject, codes: tuple[str, ...]) -> Content | None:
    """The content of sections; None if there are no questions and descriptions, and words are elsewhere."""
    reading = _ContentReader(dict.fromkeys(codes))
    read = [_section(item, reading) for item in items_of(value.get("sections"), _OF_SECTIONS) or ()]
    content = Content(tuple(section for section, _ in read), tuple(reading.codes))
    if content.is_empty:
        return None if has_words_outside_sections(value) else content
    sections = [_with(section, reading.rest(members)) for section, members in read]
    if rest := reading.rest(Members({**value, "sections": None})):
        sections.append(Section(questions=rest))
    return Content(tuple(sections), tuple(reading.codes))


def _with(section: Section, rest: tuple[Question, ...]) -> Section:
    return replace(section, questions=(*section.questions, *rest)) if rest else section


def _kept(value: JsonValue, codes: tuple[str, ...]) -> Content:
    return _prose("<br>".join(map(_answer_of, lines_of(value))), codes)


def _prose(answer: str, codes: tuple[str, ...] = ()) -> Content:
    return Content((Section(questions=(Question("", "paragraph", answer),)),), (*codes, "content_is_text"))


def _answer_of(text: str) -> str:
    return text if has_markup(text) else escaped(text.replace("\r\n", "\n").replace("\r", "\n"))


def read_content_or_text(cell: str | None) -> Content:
    """The content of a cell: sections of questions, or plain text as the only answer, word for word.

    Empty for an empty cell. Plain text has the code `content_is_text`. Raises NotJsonError for JSON that is damaged or
    has no sections.
    """
    text = (cell or "").strip()
    if not text or text == "null":
        return Content()
    if not is_prose(text):
        return read_content(text)
    shown = without_half_references(text)
    return _prose(_answer_of(shown), () if shown == text else (REMOVED,))


def has_markup(text: str) -> bool:
    """Whether a text has an HTML tag of formatting."""
    return _MARKUP.search(text) is not None


def is_prose(text: str) -> bool:
    """Whether a trimmed text is plain text for readers: it begins neither a JSON object nor a JSON list."""
    return _OBJECT.match(text) is None and _LIST.match(text) is None


def without_answers(content: Content) -> Content:
    """The questions alone, as a template asks them. The starting text of paragraphs is kept."""
    sections = (replace(s, questions=tuple(_unanswered(q) for q in s.questions)) for s in content.sections)
    return replace(content, sections=tuple(sections))


def _unanswered(question: Question) -> Question:
    options = tuple(Option(option.label) for option in question.options)
    answer = question.answer if question.type == "paragraph" else ""
    return replace(question, answer=answer, options=options, signature_id=None, number=0)


def _section(value: JsonValue, reading: _ContentReader) -> tuple[Section, Members]:
    """The section, and its members that were not taken."""
    if not isinstance(value, dict):
        raise NotJsonError
    members = Members(value)
    name, description = members.take(*_NAMES), members.take("description")
    asked = items_of(members.take("questions") or None, _OF_QUESTIONS)
    if asked is None:
        raise NotJsonError
    questions = tuple(each for item in asked for each in _questions(item, reading))
    return Section(reading.heading(name), reading.heading(description, DESCRIPTION_LIMIT), questions), members


def _questions(value: JsonValue, reading: _ContentReader) -> tuple[Question, ...]:
    """The question, followed by answers without a question for text in unknown members."""
    if not isinstance(value, dict):
        raise NotJsonError
    members = Members(value)
    name, kind = reading.heading(members.take(*_NAMES)), worded(members.take("type"))
    if kind == "signature":
        signature = members.take("signature_id")
        question = Question(name, kind, signature_id=None if signature is None else worded(signature))
        return question, *reading.rest(members)
    if kind == "bodycharts":
        charts = members.take("body_chart_ids")
        if charts:
            reading.codes["body_chart_not_imported"] = None
        number = len(charts) if isinstance(charts, list) else int(bool(charts))
        return Question(name, kind, number=number), *reading.rest(members)
    answer = reading.text(members.take(*_ANSWERS), ANSWER_LIMIT)
    is_choice = kind in ("radiobuttons", "checkboxes")
    options, further = _options(members, reading, is_choice) if members.has_more else ((), [])
    if is_choice:
        if kind == "radiobuttons" and sum(option.chosen for option in options) > 1:
            reading.codes["radio_multiple_selected"] = None
            kind = "checkboxes"
        return Question(name, kind, answer, options), *reading.rest(members, further)
    if kind not in ("text", "date", "paragraph"):
        reading.codes["question_type_unknown"] = None
        kind = "text"
        if all(option.chosen for option in options):
            answer = "; ".join(piece for piece in (answer, ", ".join(option.words for option in options)) if piece)
            options = ()
    elif options:
        members.is_guessed = True
    if options and (kind == "text" or not answer):
        return Question(name, "checkboxes", answer, options), *reading.rest(members, further)
    unexpected_choice = (Question("", "checkboxes", options=options),) if options else ()
    return Question(name, kind, answer), *unexpected_choice, *reading.rest(members, further)


def _options(members: Members, reading: _ContentReader, is_choice: bool) -> tuple[tuple[Option, ...], list[str]]:
    """The options of a question, and the text of their unknown members.

    A bare text is an option of a choice. For any other question, a bare text is one of the answers.
    """
    listed = members.take("answers", "options", "choices")
    options: list[Option] = []
    further: list[str] = []
    for item in listed if isinstance(listed, list) else [listed]:
        if not is_filled(item):
            continue
        if not isinstance(item, dict):
            options.append(Option(reading.text(item, NAME_LIMIT), chosen=not is_choice))
            continue
        mark = item.get("selected")
        if item.keys() <= _OPTION and item.get("value") and (mark is None or mark is True):  # nearly all options
            options.append(Option(reading.text(item["value"], NAME_LIMIT), mark is True))
            continue
        option = Members(item)
        label = reading.text(option.take("value", *_NAMES, "text", "answer"), NAME_LIMIT)
        chosen = _is_chosen(option, further, label)
        options += [Option(label, chosen)] if label or chosen else []
        further += [f"{label}: {line}" for line in option.lines()]
        members.is_guessed = members.is_guessed or option.is_guessed
    other = members.take("other")
    if isinstance(other, dict):
        option = Members(other)
        words, enabled = reading.text(option.take("value"), ANSWER_LIMIT), option.take("enabled")
        says_nothing = not any(is_filled(other.get(name)) for name in _MARKS)
        chosen = _is_chosen(option, further, OTHER) or (says_nothing and bool(words))
        if enabled or chosen or words:
            options.append(Option(OTHER, chosen, words or None))
        further += [f"{OTHER}: {line}" for line in option.lines()]
    elif is_filled(other) and not isinstance(other, bool):
        further.append(f"{OTHER}: {worded(other)}")
    return tuple(options), further


def _is_chosen(option: Members, further: list[str], label: str) -> bool:
    """Whether an option is chosen. A mark that is neither yes nor no goes to `further`, and counts as no."""
    mark = option.take(*_MARKS)
    chosen = truth(worded(mark)) if is_filled(mark) else False
    if chosen is None:
        further.append(f"{label}: selected: {worded(mark)}")
    return chosen is True


# Contents that another program has rewritten, brought into the form in which the source writes them.

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_USUAL_NAMES = frozenset(
    """sections questions name description type answer answers value selected other enabled required signature_id
    body_chart_ids""".split()  # noqa: SIM905 - as a list it would be a page long
)


def in_usual_form(content: JsonObject) -> JsonObject | None:
    """The same content with its sections in the usual place, and nothing lost; None if there are no sections.

    Accepts member names with capital letters, further objects around the sections, and questions without a section.
    """
    usual = _with_sections(_named(content))
    return usual if usual != content else None


def _named(value: Any) -> Any:
    """A value whose members have the usual names of a content, for names such as `bodyChartIds`."""
    if isinstance(value, list):
        return [_named(each) for each in value]
    if not isinstance(value, dict):
        return value
    members: JsonObject = {}
    for name, each in value.items():
        usual = _WORDS.sub("_", name).lower()
        own = usual if usual in _USUAL_NAMES and usual not in value and usual not in members else name
        members[own] = _named(each)
    return members


def _with_sections(value: JsonObject) -> JsonObject | None:
    """The object with `sections`, wherever in `value` they are; None unless exactly one member holds them."""
    if value.get("sections"):
        return value if items_of(value["sections"], _OF_SECTIONS) is not None else None
    if value.get("questions"):
        return {"sections": [value]} if items_of(value["questions"], _OF_QUESTIONS) is not None else None
    around = [(name, each) for name, each in value.items() if isinstance(each, dict)]
    inside = [(name, content) for name, each in around if (content := _with_sections(each)) is not None]
    if len(inside) != 1:
        return None
    ((name, content),) = inside
    other_members = {other: each for other, each in value.items() if other != name and each not in (None, "", [], {})}
    return None if other_members.keys() & content.keys() else {**other_members, **content}
