"""What a patient answered to one of the clinic's own questions, whichever of three ways an export tells it.

Native files of patients have a column `Custom: <name>` for each question, the api nests answers as the questions are,
and some exports have a file of answers alone.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.mapping.columns import Link
from app.mapping.context import Context
from app.mapping.defined import CHOICES, Defined, FieldOption
from app.mapping.flags import truth
from app.mapping.moments import day
from app.mapping.names import normalise_name
from app.mapping.rows import Json
from app.mapping.structured import NotJsonError, parse_json

OTHER = "Other"
_APART = re.compile(r"[|;\n]")
_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
MISFIT = "custom_value_misfit"


@dataclass(frozen=True, slots=True)
class Answer:
    """`token` and `name` are the question's, of which one may be missing; `asked` is the question itself where the
    answer brings it along. `options` are tokens or names of options.
    """

    token: str | None
    name: str | None
    text: str | None = None
    options: tuple[str, ...] = ()
    other: str | None = None
    is_other: bool = False
    is_unticked: bool = False  # words are left over beside an `Other` that is not chosen
    asked: Mapping[str, Json] | None = None

    @property
    def link(self) -> Link:
        return Link((self.token,) if self.token else (), self.name)

    @property
    def said(self) -> str:
        """What is answered, in a form in which it can be compared."""
        options = [piece for option in self.options for piece in _separate(option)]
        pieces = sorted(map(normalise_name, options)) or _pieces(self.text or "", ())
        return "|".join([*sorted(normalise_name(p) for p in pieces), normalise_name(self.other or "")])


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer as Caspen keeps it. `added` are options that the question did not have, `is_misfit` says that the
    text does not fit the question's type.
    """

    text: str | None = None
    option_ids: tuple[str, ...] | None = None
    other_text: str | None = None
    added: tuple[FieldOption, ...] = ()
    codes: tuple[str, ...] = ()
    is_misfit: bool = False


def in_columns(cells: Mapping[str, str] | None) -> Iterator[Answer]:
    """Answers in columns of their own, by the question's name."""
    for name, cell in (cells or {}).items():
        yield Answer(None, name, cell)


def is_nested(value: Json) -> bool:
    """Whether a value has the shape of nested answers: sections, each with its fields."""
    sections = value.get("sections") if isinstance(value, dict) else value
    return (
        isinstance(sections, list)
        and all(isinstance(section, dict) and isinstance(section.get("fields") or [], list) for section in sections)
        and (not sections or any("fields" in section for section in sections))
    )


def nested(value: Json) -> Iterator[Answer]:
    """Answers that are nested as the questions are: in sections, each with its fields."""
    sections = value.get("sections") if isinstance(value, dict) else value
    for section in sections if isinstance(sections, list) else ():
        fields = section.get("fields") if isinstance(section, dict) else None
        for field in fields if isinstance(fields, list) else ():
            if isinstance(field, dict) and (answer := _of_field(field)) is not None:
                yield answer


def _of_field(field: Mapping[str, Json]) -> Answer | None:
    other = field.get("other") if isinstance(field.get("other"), dict) else {}
    options = [o for o in field.get("options") or () if isinstance(o, dict) and o.get("selected") is True]
    chosen = tuple(found for o in options if (found := _word(o.get("token")) or _word(o.get("name"))))
    words = _word(other.get("value")) if other else None
    mark = _word(other.get("selected")) if other else None
    is_other = truth(mark) is True if mark else words is not None
    value = field.get("value")
    text = _word(value)
    chosen += _words(value if isinstance(value, list) else [value]) if isinstance(value, list | dict) else ()
    token, name = _word(field.get("token")), _word(field.get("name"))
    if not (text or chosen or is_other or words) or not (token or name):
        return None
    return Answer(token, name, text, chosen, words, is_other, bool(words) and not is_other, field)


def _word(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def _words(items: list[Json]) -> tuple[str, ...]:
    """The words of each element of a list: an option is its token, its name or its value, unless it is not selected."""
    words: list[str | None] = []
    for item in items:
        if not isinstance(item, dict):
            words.append(_word(item))
        elif truth(_word(item.get("selected")) or "true") is not False:
            words.append(next(filter(None, (_word(item.get(key)) for key in ("token", "name", "value"))), None))
    return tuple(filter(None, words))


def _in_list(text: str) -> tuple[str, ...] | None:
    """The words of each element where a cell is a JSON list; None for any other text."""
    if text[:1] != "[":
        return None
    try:
        value = parse_json(text)
    except NotJsonError:
        return None
    return _words(value) if isinstance(value, list) else None


def _separate(option: str) -> tuple[str, ...]:
    """The options of a cell that is a JSON list; any other cell as it is."""
    listed = _in_list(option)
    return (option,) if listed is None else listed


def _pieces(text: str, labels: Iterable[str]) -> tuple[str, ...]:
    """The answers in one text. Commas part them only where no option's own name has one."""
    known = {normalise_name(label) for label in labels}
    if normalise_name(text) in known:
        return (text.strip(),)
    if (listed := _in_list(text)) is not None:
        return listed
    pieces = [piece for piece in _APART.split(text) if piece.strip()]
    if len(pieces) == 1 and not any("," in label for label in known):
        pieces = [piece for piece in text.split(",") if piece.strip()]
    return tuple(piece.strip() for piece in pieces)


def settle(answer: Answer, asked: Defined, context: Context) -> Settled:
    """An answer in the form that its question asks for. Nothing of it is lost where it does not fit."""
    if asked.type in CHOICES:
        return _chosen(answer, asked)
    called = {option.id: option.label for option in asked.options}
    chosen = "; ".join(called.get(piece, piece) for option in answer.options for piece in _separate(option))
    pieces = (answer.text, chosen, f"{OTHER}: {answer.other}" if answer.other else None)
    text = "\n".join(piece for piece in pieces if piece) or None
    if text is not None and asked.type in PLAIN:
        plain = PLAIN[asked.type](text)
        return Settled(text, codes=(MISFIT,), is_misfit=True) if plain is None else Settled(plain)
    if text is None or asked.type != "date":
        too_long = asked.type == "short_text" and len(text or "") > 255
        return Settled(text, codes=("content_over_limit",) if too_long else ())
    codes: list[str] = []
    found = day(text, context, codes.append)
    if found is None:
        return Settled(text, codes=("custom_value_bad_date",), is_misfit=True)
    return Settled(found.isoformat(), codes=tuple(dict.fromkeys(codes)))


def _number(text: str) -> str | None:
    """A decimal number without the commas between its thousands; None for what is none, such as one with a unit."""
    found = text.strip()
    return found.replace(",", "").removeprefix("+") if _NUMBER.fullmatch(found) else None


def _yes_or_no(text: str) -> str | None:
    said = truth(text)
    return None if said is None else str(said).lower()


PLAIN: Mapping[str, Callable[[str], str | None]] = {"number": _number, "yes_no": _yes_or_no}
"""Types that a clinic chooses: an answer as such a field keeps it, None where it does not fit."""


def _chosen(answer: Answer, asked: Defined) -> Settled:
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
        return Settled()
    chosen = tuple(dict.fromkeys(ids))
    is_several = asked.type in ("single_choice", "dropdown") and len(chosen) > 1
    codes = {"custom_option_added": was_added, "radio_multiple_selected": is_several}
    return Settled(None, chosen, words, tuple(added), tuple(code for code, is_so in codes.items() if is_so))
