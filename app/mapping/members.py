"""The members of a JSON object, taken by name, and the words of those that nobody takes."""

from collections.abc import Mapping

from app.mapping.rows import Json
from app.mapping.unexpected import lines_of, says


class Members:
    """The members of one object. `is_guessed`: a member was taken under another name than its own."""

    __slots__ = ("_left", "is_guessed")

    def __init__(self, value: Mapping[str, Json]) -> None:
        self._left = dict(value)
        self.is_guessed = False

    def take(self, name: str, *others: str) -> Json:
        """Takes the first member that is filled: the one of that name, else one of the other names."""
        left = self._left
        if (found := left.pop(name, None)) or not left or is_filled(found):
            return found
        for other in others:
            if other in left and is_filled(found := left[other]):
                del left[other]
                self.is_guessed = True
                return found
        return None

    @property
    def has_more(self) -> bool:
        """Whether anything was not taken, or under another name."""
        return bool(self._left) or self.is_guessed

    def lines(self) -> list[str]:
        """The words of the members that were not taken, each after its name. Raises RecursionError for deep nesting."""
        return [line for name, value in self._left.items() if says(name, value) for line in lines_of(value, name)]


def is_filled(value: Json) -> bool:
    """Whether a value is more than nothing. `false` and 0 are."""
    return value is not None and value not in ("", [], {})


def worded(value: Json) -> str:
    """Any value as words. Raises RecursionError for deep nesting."""
    if isinstance(value, list):
        return ", ".join(map(worded, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {worded(item)}" for name, item in value.items())
    return "" if value is None else str(value)
