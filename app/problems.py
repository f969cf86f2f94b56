"""Everything that a clinic may have to read about its export: one catalogue of problems, with words for each.

The words stand in `problems.toml`, one table per code. A code is stable for ever and never reused.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path

from app.changed_values import ValueChanged


class Level(StrEnum):
    """How much a problem takes away: the whole run, a file, a row, or nothing."""

    STOPS = "stops"
    REFUSED = "refused"
    HELD = "held"
    SKIPPED = "skipped"
    WARNING = "warning"
    INFO = "info"


class UnknownCode(ValueChanged, KeyError):
    """A code that is not in the catalogue: the product stores none, so something else wrote it."""


class Who(StrEnum):
    """Who can mend it."""

    CLINIC = "clinic"
    SUPPORT = "support"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Entry:
    """A code's words: what happened, what to do, who can do it."""

    code: str
    level: Level
    title: str
    todo: str
    who: Who

    @property
    def has_act(self) -> bool:
        """Whether somebody may do something about it, if only by choice."""
        return self.who is not Who.NOBODY


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem at one place. Never carries a cell's value: `details` holds names of providers, limits and times.

    `level` is None for the catalogue's own level; a kind may lower or raise it.
    """

    code: str
    kind: str | None = None
    file: str | None = None
    line: int | None = None
    source_id: str | None = None
    column: str | None = None
    count: int = 1
    level: Level | None = None
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def entry(self) -> Entry:
        """The code's words. Raises UnknownCode where the catalogue has no such code."""
        try:
            return catalogue()[self.code]
        except KeyError:
            raise UnknownCode("a code that the catalogue does not have") from None

    @property
    def severity(self) -> Level:
        return self.level or self.entry.level

    @property
    def title(self) -> str:
        return _filled(self.entry.title, self.details)

    @property
    def todo(self) -> str:
        return _filled(self.entry.todo, self.details)

    def at(self, **place: str | int | Mapping[str, str] | None) -> "Problem":
        """The same problem told of a place: kind, file, line, source_id, column, count or details."""
        return replace(self, **place)  # type: ignore[arg-type]  # mypy cannot follow keyword unpacking


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every code with its words, in the order of the file."""
    text = Path(__file__).with_name("problems.toml").read_text(encoding="utf-8")
    return {
        code: Entry(code, Level(e["level"]), e["title"], e["todo"], Who(e["who"]))
        for code, e in tomllib.loads(text).items()
    }


def parse_level(text: str) -> Level:
    """A stored level. Raises UnknownCode where there is none of this name."""
    try:
        return Level(text)
    except ValueError:
        raise UnknownCode("a level that no problem has") from None


PLAIN = {
    "provider": "the provider",
    "name": "the file",
    "time": "a later time",
    "limit": "far more than its size",
    "source": "your old software",
    "kind": "These rows",
    "wanted": "with their numbers",
    "found": "other columns",
    "what": "Something that your Caspen workspace had when the trial was made has changed",
}


class _Blank(dict[str, str]):
    """A parameter that nobody gave reads as plain words instead of failing the page that explains the failure."""

    def __missing__(self, key: str) -> str:
        return PLAIN.get(key, "…")


def _filled(text: str, details: Mapping[str, str]) -> str:
    return text.format_map(_Blank(details))
