"""Words of a note that stand where no note has any: whether there are some, and how they are shown."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from app.mapping.rows import Json

NO_PICTURE = "[Picture not included]"
_PICTURE = "data:image/"
_TAG = re.compile(r"<[^<>]*>")
_PLACES = frozenset({"index", "order", "position", "version"})  # under which a number says nothing of a client
_FLAGS = frozenset({"archived", "deleted", "draft", "enabled", "final", "pinned", "required", "selected"})
_MADE = re.compile(r"(?:.*_)?(?:ids?|at)|.*[a-z](?:Ids?|At)|[Ii][Dd]s?|[Tt]ype|links?|self")  # by a program


def says_anything(content: dict[str, Any]) -> bool:
    """Whether something stands in a content that has no question and no description, but for its sections' names."""
    sections = content.get("sections") or []
    left = [("", {name: value for name, value in content.items() if name != "sections"})]
    left += [("", {name: value for name, value in section.items() if name != "name"}) for section in sections]
    return any(says(*each) for each in left)


def says(name: str, value: Json) -> bool:
    """Whether anything in a value of that name says something to a reader."""
    left = [(name, value)]
    while left:
        name, value = left.pop()
        if isinstance(value, dict):
            left += value.items()
        elif isinstance(value, list):
            left += ((name, each) for each in value)
        elif _says(name, value):
            return True
    return False


def _says(name: str, value: Json) -> bool:
    if value is None:
        return False
    if isinstance(value, bool):
        return name.lower() not in _FLAGS
    if isinstance(value, str):
        words = unescape(_TAG.sub(" ", value)).split()
        return bool(words) and not (len(words) == 1 and _MADE.fullmatch(name))
    return not (name.lower() in _PLACES or _MADE.fullmatch(name))


def lines_of(value: Json, name: str = "") -> Iterator[str]:
    """All that a value says, each thing behind its name; a small thing on one line."""
    if isinstance(value, list):
        for each in value:
            yield from lines_of(each, name)
    elif not isinstance(value, dict):
        if value is not None and value != "":
            words = NO_PICTURE if isinstance(value, str) and value.startswith(_PICTURE) else value
            yield f"{name}: {words}" if name else str(words)
    elif any(isinstance(each, dict | list) for each in value.values()):
        for inner, each in value.items():
            yield from lines_of(each, inner)
    elif said := [line for inner, each in value.items() for line in lines_of(each, inner)]:
        yield ", ".join(said)
