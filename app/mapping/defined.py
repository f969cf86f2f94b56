"""A question of the clinic's own as its whole export tells of it: its type, and every answer that can be chosen."""

from dataclasses import asdict, dataclass
from typing import Any

CHOICES = frozenset({"single_choice", "multiple_choice", "dropdown"})


@dataclass(frozen=True, slots=True)
class Option:
    """`added` says that no definition has it, only somebody's answer; `known_as` what rows call it beside its id."""

    id: str
    label: str
    archived: bool = False
    added: bool = False
    known_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Defined:
    """`has_text` says that some answer did not fit the type, and stands in a field for text beside this one.

    `clashes` says that the workspace has another question of this name.
    """

    name: str
    type: str
    options: tuple[Option, ...] = ()
    visible: bool = True
    has_text: bool = False
    clashes: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Defined":
        return cls(**{**value, "options": tuple(Option(**option) for option in value["options"])})
