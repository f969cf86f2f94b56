"""The lists of one JSON text: a script may write everything that a clinic has into one file, each kind under its name.

Such a text is read once for each of its lists, and each list counts as a file of its own.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine.reading.refusal import Refused

NO_LIST = ""  # the list of a reading that only asks which there are
_NO_ROWS = frozenset({"errors", "links", "messages", "warnings"})  # lists that a page may have beside its rows
_ADDRESS = frozenset({"href", "links", "self", "url"})


class SeveralLists(Refused):
    """A text holds several lists that are not of one kind: nobody may read it as one. `names` are theirs, in order."""

    def __init__(self, names: Collection[str] = ()) -> None:
        super().__init__("bad_json")
        self.names = tuple(names)


@dataclass
class Lists:
    """Which lists were met, and which is read: all of them where `only` is None, else the one of that name.

    `kinds` has the kind of each name that lists of rows have.
    """

    kinds: Mapping[str, str]
    only: str | None = None
    met: dict[str, None] = field(default_factory=dict)

    def meet(self, name: str) -> None:
        """Notes a list. Raises SeveralLists where all would be read, and are not of one kind."""
        if name not in self.met:
            self.met[name] = None
            if self.only is None and len({self.kinds.get(each, each) for each in self.met}) > 1:
                raise SeveralLists

    def is_read(self, name: str) -> bool:
        return self.only is None or name == self.only

    def beside(self, members: Mapping[str, Any], large: Mapping[str, str]) -> Iterator[str]:
        """Meets what a page holds beside its lists that is a list, too. Gives the names of objects under a name of
        rows, which their kind has to take apart.

        `large` are members that were too large to be held, and how each begins.
        """
        for name, begins in large.items():
            if begins == "[":
                self.meet(name)
            elif name in self.kinds:
                yield name
        for name, value in members.items():
            if is_list_of_objects(value):
                if name not in _NO_ROWS:
                    self.meet(name)
            elif name in self.kinds and isinstance(value, dict) and value.keys() - _ADDRESS and _is_deep(value):
                yield name


def is_list_of_objects(value: Any) -> bool:
    """Whether a value is a list that begins with an object."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _is_deep(value: Mapping[str, Any]) -> bool:
    return any(isinstance(each, dict | list) and each for each in value.values())
