"""A patient's answer to one of the clinic's own questions, in each of the three forms that an export may have.

Cliniko's csv export of patients has a column `Custom: <name>` for each question, its API nests answers in sections as
the questions are, and some exports have a file of custom field values.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.json_values import JsonValue
from app.mapping.columns import Link
from app.mapping.context import Context
from app.mapping.defined import CHOICES, Defined, FieldOption
from app.mapping.flags import truth
from app.mapping.json_cells import NotJsonError, parse_json, words_in
from app.mapping.json_words import lines_of
from app.mapping.moments import day
from app.mapping.names import normalise_name
from app.mapping.note_content import has_words
from app.sources.cliniko.row import BY_PROGRAMS

OTHER = "Other"
UNNAMED = "Custom field"
"""The name of a question of which an answer has neither token nor name."""
_OPTION_MEMBERS = frozenset({"token", "name", "value", "selected"})
_APART = re.compile(r"[|;\n]")
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
MISFIT = "custom_value_misfit"
"""The problem of a text that does not fit the type of its field."""


@dataclass(frozen=True, slots=True)
class QuestionAnswer:
    """One answer. At least one of `token` and `name` of the question is set.

    `asked` is the question itself where the export nests it with the answer. `options` are tokens or names of options.
    """

    token: str | None
    name: str | None
    text: str | None = None
    options: tuple[str, ...] = ()
    other: str | None = None
    is_other: bool = False
    is_unticked: bool = False  # `other` has text although the option `Other` is not chosen
    asked: Mapping[str, JsonValue] | None = None

    @property
    def link(self) -> Link:
        """The reference to the question, by token and name."""
        return Link((self.token,) if self.token else (), self.name)

    @property
    def comparable(self) -> str:
        """The answer as text in which case, order of options and spelling of lists make no difference."""
        options = [piece for option in self.options for piece in _separate(option)]
        pieces = sorted(map(normalise_name, options)) or _pieces(self.text or "", ())
        return "|".join([*sorted(normalise_name(p) for p in pieces), normalise_name(self.other or "")])


@dataclass(frozen=True, slots=True)
class FittedAnswer:
    """An answer as Caspen keeps it.

    `added` are options that the question did not have. `is_misfit`: the text does not fit the question's type.
    """

    text: str | None = None
    option_ids: tuple[str, ...] | None = None
    other_text: str | None = None
    added: tuple[FieldOption, ...] = ()
    codes: tuple[str, ...] = ()
    is_misfit: bool = False


def answers_in_columns(cells: Mapping[str, str] | None) -> Iterator[QuestionAnswer]:
    """The answers in columns `Custom: NAME`; `cells` are the filled cells by NAME, or None."""
    for name, cell in (cells or {}).items():
        yield QuestionAnswer(None, name, cell)


def is_nested(value: JsonValue) -> bool:
    """Whether a value has the shape of `custom_fields` in Cliniko's API: sections, each with a list of fields."""
    sections = value.get("sections") if isinstance(value, dict) else value
    return (
        isinstance(sections, list)
        and all(isinstance(section, dict) and isinstance(section.get("fields") or [], list) for section in sections)
        and (not sections or any(isinstance(section, dict) and "fields" in section for section in sections))
    )


def has_only_fields(value: JsonValue) -> bool:
    """Whether the lists of fields and options in nested answers hold objects alone; null counts as no member."""
    return all(member is None or isinstance(member, dict) for member in _nested_members(value))


def _nested_members(value: JsonValue) -> Iterator[JsonValue]:
    """The members of the lists of fields, and of the lists of options in them."""
    sections = value.get("sections") if isinstance(value, dict) else value
    for section in sections if isinstance(sections, list) else ():
        fields = section.get("fields") if isinstance(section, dict) else None
        for field in fields if isinstance(fields, list) else ():
            yield field
            options = field.get("options") if isinstance(field, dict) else None
            yield from options if isinstance(options, list) else ()


def nested_answers(value: JsonValue) -> Iterator[QuestionAnswer]:
    """The answers in `custom_fields` of a patient in Cliniko's API. Fields without any answer are left out."""
    sections = value.get("sections") if isinstance(value, dict) else value
    for section in sections if isinstance(sections, list) else ():
        fields = section.get("fields") if isinstance(section, dict) else None
        for field in fields if isinstance(fields, list) else ():
            if isinstance(field, dict) and (answer := _of_field(field)) is not None:
                yield answer


def _of_field(field: Mapping[str, JsonValue]) -> QuestionAnswer | None:
    """The answer of a nested field; None for a field without any answer. The text of a value of any shape is kept."""
    other, options = field.get("other"), field.get("options")
    if not isinstance(other, dict):
        other = {} if isinstance(other, bool) else {"value": other}
    chosen = _words(
        [o for o in options if isinstance(o, dict) and truth(as_word(o.get("selected")) or "") is True]
        if isinstance(options, list)
        else []
    )
    words, mark = _text_of(other.get("value")), as_word(other.get("selected"))
    is_other = truth(mark) is True if mark else words is not None
    value = field.get("value")
    text = as_word(value)
    chosen += _words(value if isinstance(value, list) else [value]) if isinstance(value, list | dict) else ()
    if not (text or chosen or is_other or words):
        return None
    token, name = as_word(field.get("token")), name_of(field)
    if not (token or name):
        name = UNNAMED
    return QuestionAnswer(token, name, text, chosen, words, is_other, bool(words) and not is_other, field)


def name_of(field: Mapping[str, JsonValue]) -> str | None:
    """The name of a nested field, also of a name that is an object or a list; None for a field without a name."""
    return _text_of(field.get("name"))


def as_word(value: JsonValue) -> str | None:
    """A text without outer spaces, a number, or `true` or `false`; None for an empty text and for any other value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def _text_of(value: JsonValue) -> str | None:
    """A value as text, with the names of an object's members: `{"text": "Rash"}` is `text: Rash`. None for no words."""
    if not isinstance(value, dict | list):
        return as_word(value)
    try:
        return ", ".join(lines_of(value)) or None
    except RecursionError:
        return ", ".join(words_in(value, BY_PROGRAMS)) or None


def _words(items: list[JsonValue]) -> tuple[str, ...]:
    """One text for each element of a list. Objects that are not selected are left out.

    An object that is an option gives its token, name or value; any other object gives all its text.
    """
    words: list[str | None] = []
    for item in items:
        if not isinstance(item, dict):
            words.append(_text_of(item))
        elif truth(as_word(item.get("selected")) or "true") is not False:
            words.append(_option(item) or _text_of({name: item[name] for name in item if name != "selected"}))
    return tuple(filter(None, words))


def _option(item: Mapping[str, JsonValue]) -> str | None:
    """The token, name or value of an option; None for an object with further words, which is no option."""
    token = as_word(item.get("token"))
    if not token and any(has_words(name, item[name]) for name in item.keys() - _OPTION_MEMBERS):
        return None
    return token or as_word(item.get("name")) or as_word(item.get("value"))


def _in_list(text: str) -> tuple[str, ...] | None:
    """One text for each element of a cell that is a JSON list; None for any other text."""
    if text[:1] != "[":
        return None
    try:
        value = parse_json(text)
    except NotJsonError:
        return None
    return _words(value) if isinstance(value, list) else None


def _separate(option: str) -> tuple[str, ...]:
    """The options of a cell that is a JSON list; any other cell as one option."""
    listed = _in_list(option)
    return (option,) if listed is None else listed


def _pieces(text: str, labels: Iterable[str]) -> tuple[str, ...]:
    """The answers in one text, which `|`, `;` and line breaks separate; commas only where no label has a comma."""
    known = {normalise_name(label) for label in labels}
    if normalise_name(text) in known:
        return (text.strip(),)
    if (listed := _in_list(text)) is not None:
        return listed
    pieces = [piece for piece in _APART.split(text) if piece.strip()]
    if len(pieces) == 1 and not any("," in label for label in known):
        pieces = [piece for piece in text.split(",") if piece.strip()]
    return tuple(piece.strip() for piece in pieces)


def settle(answer: QuestionAnswer, asked: Defined, context: Context) -> FittedAnswer:
    """The answer in the form of its question's type. Never raises; text that does not fit is kept as `is_misfit`.

    `asked` is the question, `context` gives the clinic's date order.
    """
    if asked.type in CHOICES:
        return _chosen(answer, asked)
    called = {option.id: option.label for option in asked.options}
    chosen = "; ".join(called.get(piece, piece) for option in answer.options for piece in _separate(option))
    pieces = (answer.text, chosen, f"{OTHER}: {answer.other}" if answer.other else None)
    text = "\n".join(piece for piece in pieces if piece) or None
    if text is not None and asked.type in STORED_FORMS:
        plain = STORED_FORMS[asked.type](text)
        return FittedAnswer(text, codes=(MISFIT,), is_misfit=True) if plain is None else FittedAnswer(plain)
    if text is None or asked.type != "date":
        too_long = asked.type == "short_text" and len(text or "") > 255
        return FittedAnswer(text, codes=("content_over_limit",) if too_long else ())
    codes: list[str] = []
    date_ = day(text, context, codes.append)
    if date_ is None:
        return FittedAnswer(text, codes=("custom_value_bad_date",), is_misfit=True)
    return FittedAnswer(date_.isoformat(), codes=tuple(dict.fromkeys(codes)))


def _number(text: str) -> str | None:
    """A decimal number without thousands separators; None for other text, such as a number with a unit."""
    number = text.strip()
    return number.replace(",", "").removeprefix("+") if _NUMBER.fullmatch(number) else None


def _yes_or_no(text: str) -> str | None:
    is_true = truth(text)
    return None if is_true is None else str(is_true).lower()


STORED_FORMS: Mapping[str, Callable[[str], str | None]] = {"number": _number, "yes_no": _yes_or_no}
"""By type of question, how an answer is stored; None where the answer does not fit the type."""


def _chosen(answer: QuestionAnswer, asked: Defined) -> FittedAnswer:
    ids: list[str] = []
    added: list[FieldOption] = []
    labels = [option.label for option in asked.options]
    was_added = False
    given = [p for text in answer.options for p in _pieces(text, (*labels, *(o.id for o in asked.options)))]
    for piece in given or _pieces(answer.text or "", labels):
        option = next((o for o in asked.options if piece == o.id or piece in o.known_as), None) or next(
            (o for o in asked.options if normalise_name(piece) == normalise_name(o.label)), None
        )
        if option is None:
            option = FieldOption(f"name:{normalise_name(piece)}", piece, archived=True, added=True)
            added.append(option)
        was_added = was_added or option.added
        ids.append(option.id)
    other = next((o.id for o in asked.options if o.id == OTHER.lower()), None)
    if (answer.is_other or (answer.other and not answer.is_unticked)) and other:
        ids.append(other)
    words = f"{OTHER}: {answer.other}" if answer.other else None
    if not ids and not words:
        return FittedAnswer()
    chosen = tuple(dict.fromkeys(ids))
    is_several = asked.type in ("single_choice", "dropdown") and len(chosen) > 1
    codes = {"custom_option_added": was_added, "radio_multiple_selected": is_several}
    return FittedAnswer(None, chosen, words, tuple(added), tuple(code for code, is_so in codes.items() if is_so))
