"""The catalogue of problems that a clinic may read about its export, with words for each.

The words are in `problems.toml`, one table per code. A code never changes its meaning and is never reused.
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
    """A code outside the catalogue. This product stores no such code, so other software wrote it."""


class Who(StrEnum):
    """Who can solve a problem."""

    CLINIC = "clinic"
    SUPPORT = "support"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Entry:
    """The words of a code: what happened, what to do, who can do it."""

    code: str
    level: Level
    title: str
    todo: str
    who: Who

    @property
    def has_act(self) -> bool:
        """Whether a person can do something about the problem, even if only by choice."""
        return self.who is not Who.NOBODY


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem at one place. Never holds a cell's value: `details` holds names of providers, limits and times.

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
        """The catalogue's words of the code. Raises UnknownCode for a code outside the catalogue."""
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
        """The same problem with a place: kind, file, line, source_id, column, count or details."""
        return replace(self, **place)  # type: ignore[arg-type]  # mypy cannot follow keyword unpacking


class IncompleteProblem(Exception):
    """A table of `problems.toml` lacks a key, or has a value that the key cannot have. The message names both."""


@cache
def catalogue() -> Mapping[str, Entry]:
    """Every code with its words, in the order of the file. Raises IncompleteProblem."""
    text = Path(__file__).with_name("problems.toml").read_text(encoding="utf-8")
    return {code: parse_entry(code, table) for code, table in tomllib.loads(text).items()}


def parse_entry(code: str, table: Mapping[str, str]) -> Entry:
    """The words of a code. Raises IncompleteProblem for a missing key, and for an unknown level or person."""
    if missing := [key for key in ("level", "title", "todo", "who") if not table.get(key)]:
        raise IncompleteProblem(f"app/problems.toml: add {', '.join(missing)} to [{code}]")
    try:
        return Entry(code, Level(table["level"]), table["title"], table["todo"], Who(table["who"]))
    except ValueError as fault:
        raise IncompleteProblem(f"app/problems.toml: correct [{code}]: {fault}") from None


def parse_level(text: str) -> Level:
    """Parses a stored level. Raises UnknownCode for an unknown level."""
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
    "who": "Somebody",
    "when": "earlier",
    "what": "Something that your Caspen workspace had when the trial was made has changed",
}


class _Blank(dict[str, str]):
    """Replaces a missing parameter by plain words, so that the page that explains a failure does not fail."""

    def __missing__(self, key: str) -> str:
        return PLAIN.get(key, "…")


def _filled(text: str, details: Mapping[str, str]) -> str:
    return text.format_map(_Blank(details))
