"""A custom field (question) as the whole export defines it: its type and its options."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NotRequired, cast

from typing_extensions import TypedDict  # pydantic needs this version below Python 3.12

from app.mapping.flags import truth

TEXTS = frozenset({"short_text", "long_text"})
CHOICES = frozenset({"single_choice", "multiple_choice", "dropdown"})


@dataclass(frozen=True, slots=True)
class FieldOption:
    """An option of a custom field.

    * `added`: no definition has the option, only answers.
    * `known_as`: further names by which rows refer to the option.
    """

    id: str
    label: str
    archived: bool = False
    added: bool = False
    known_as: tuple[str, ...] = ()


class OptionJson(TypedDict):
    """An option as JSON, with the fields of FieldOption."""

    id: str
    label: str
    archived: bool
    added: bool
    known_as: list[str]


class DefinedJson(TypedDict):
    """A custom field as JSON, with the fields of Defined."""

    name: str
    type: str
    options: list[OptionJson]
    visible: bool
    has_text: bool
    clashes: bool
    own: str
    answers: int
    misfits: dict[str, int]
    brought: NotRequired[bool]  # missing in what an earlier release wrote


@dataclass(frozen=True, slots=True)
class Defined:
    """A custom field.

    * `has_text`: some answers do not fit the type; they go to a further field for text.
    * `clashes`: the workspace has another field of this name.
    * `own`: the type in the export, if the clinic chose another; else "".
    * `answers`: the number of answers; `misfits`: by type that the clinic may choose, how many answers do not fit it.

    * `brought`: an earlier import brought the field. It keeps its type and the options that the export lacks.

    The options of a field for yes or no are the export's words for yes and no.
    """

    name: str
    type: str
    options: tuple[FieldOption, ...] = ()
    visible: bool = True
    has_text: bool = False
    clashes: bool = False
    own: str = ""
    answers: int = 0
    misfits: Mapping[str, int] = field(default_factory=dict)
    brought: bool = False

    def to_json(self) -> DefinedJson:
        """Plain JSON, the inverse of `from_json`."""
        return cast(DefinedJson, asdict(self))

    @classmethod
    def from_json(cls, value: DefinedJson) -> "Defined":
        """The field of `to_json`. Raises KeyError and TypeError for other values."""
        options: list[dict[str, Any]] = [{**option} for option in value["options"]]
        fields: dict[str, Any] = {**value, "options": tuple(FieldOption(**option) for option in options)}
        return cls(**fields)


def fitting(type_: str, options: tuple[FieldOption, ...] = ()) -> tuple[str, ...]:
    """The types that a clinic may choose for a field of `type_` before the first import."""
    if type_ in TEXTS:
        return ("number", "yes_no")
    if type_ != "single_choice":
        return ()
    answers = {truth(option.label) for option in options if not option.added}
    return ("dropdown", "yes_no") if answers == {True, False} else ("dropdown",)
