"""What the whole records of a list of JSON have in common, by which a damaged list tells records from all else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

START = re.compile(r'\{[ \t\r\n]*"([^"\\]{1,64})"')
BEFORE = 200  # signs before an object that tell whether it is a member's value
Shape = frozenset[str]


@dataclass(frozen=True, slots=True)
class Records:
    """What the whole records of a list have in common. `inner` are the names of objects in lists inside of them."""

    first: str
    common: Shape
    inner: frozenset[Shape]
    inner_firsts: Shape

    def are(self, value: Any) -> bool:
        return isinstance(value, dict) and self._is_like(value.keys())

    def _is_like(self, names: Any) -> bool:
        return self.first in names and 4 * len(self.common & names) >= 3 * len(self.common)

    @property
    def are_sure(self) -> bool:
        """Whether a record cannot be taken for something inside one."""
        return len(self.common) > 1 and not any(map(self._is_like, self.inner))

    def are_in(self, value: Any) -> bool:
        """Whether a record stands in a list inside a value."""
        return any(map(self.are, inner_objects(value)))


def inner_objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects that stand in lists inside a value, however deep."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            left.extend(each.values())
        elif isinstance(each, list):
            yield from (one for one in each if isinstance(one, dict))
            left.extend(each)


def is_a_value(text: str, at: int) -> bool:
    """Whether what begins there is the value of a member."""
    return text[max(0, at - BEFORE) : at].rstrip().endswith(":")


def has_swallowed(value: dict[str, Any]) -> bool:
    """Whether an object holds others like itself in a list: it lacks the bracket that ends its own."""
    first = next(iter(value))
    alike = (value.keys() & each.keys() for each in inner_objects(value) if first in each)
    return any(len(names) > 2 and 2 * len(names) >= len(value) for names in alike)
