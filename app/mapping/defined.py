"""A question of the clinic's own as its whole export tells of it: its type, and every answer that can be chosen."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from app.mapping.flags import truth

TEXTS = frozenset({"short_text", "long_text"})
CHOICES = frozenset({"single_choice", "multiple_choice", "dropdown"})


@dataclass(frozen=True, slots=True)
class FieldOption:
    """`added` says that no definition has it, only somebody's answer; `known_as` what rows call it beside its id."""

    id: str
    label: str
    archived: bool = False
    added: bool = False
    known_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Defined:
    """`has_text` says that some answer did not fit the type, and stands in a field for text beside this one.

    `clashes` says that the workspace has another question of this name. `own` is the type that the export tells, where
    the clinic chose another; `answers` how many there are, `misfits` how many of them would not fit each type that the
    clinic may choose. Options of a question that asks for yes or no are what the export calls the two.
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

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Defined":
        return cls(**{**value, "options": tuple(FieldOption(**option) for option in value["options"])})


def fitting(type_: str, options: tuple[FieldOption, ...] = ()) -> tuple[str, ...]:
    """The types, beside its own, that a question may be given before it is made."""
    if type_ in TEXTS:
        return ("number", "yes_no")
    if type_ != "single_choice":
        return ()
    answers = {truth(option.label) for option in options if not option.added}
    return ("dropdown", "yes_no") if answers == {True, False} else ("dropdown",)
