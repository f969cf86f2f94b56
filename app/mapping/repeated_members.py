"""Members of one name in a JSON object: JSON allows them, and Python keeps only the last without a word.

Some scripts write an object twice over, and some an old value beside a new one.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from app.json_values import JsonObject, JsonValue

Member = tuple[str, JsonValue]


class RepeatedMembers(JsonObject):
    """A JSON object with several values under one name. The name gives the last; `items` has all of them in order."""

    def __init__(self, members: Sequence[Member]) -> None:
        super().__init__(members)
        self._members = tuple(members)

    def items(self) -> Any:
        """All members, so that `json.dumps` writes the object as its file has it."""
        return self._members


def as_written(members: list[Member]) -> JsonObject:
    """The object of a decoder's members, with all of them. It is the decoder's `object_pairs_hook`."""
    once = dict(members)
    return once if len(once) == len(members) else RepeatedMembers(members)


def with_member(members: JsonObject, name: str, value: JsonValue) -> JsonObject:
    """The object with one more member, also if it has the name."""
    if name in members or isinstance(members, RepeatedMembers):
        return RepeatedMembers([*members.items(), (name, value)])
    members[name] = value
    return members


def with_first_first(members: JsonObject) -> JsonObject:
    """The object with a name of its own for each value: the first keeps its name, the others have spaces behind it.

    Headers are compared without spaces, so that such names are columns of one meaning.
    """
    return _told_apart(members.items()) if isinstance(members, RepeatedMembers) else members


def with_last_first(members: JsonObject) -> JsonObject:
    """The object with a name of its own for each value: the last keeps its name, the others have spaces behind it."""
    if not isinstance(members, RepeatedMembers):
        return members
    filled = (member for member in members.items() if member[1] not in (None, "", [], {}))
    return _told_apart([*dict(members).items(), *filled])


def _told_apart(members: Iterable[Member]) -> JsonObject:
    """An object in which values that are equal stand once."""
    apart: JsonObject = {}
    for name, value in members:
        own = name
        while own in apart and apart[own] != value:
            own += " "
        apart.setdefault(own, value)
    return apart
