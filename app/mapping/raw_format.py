"""How the raw files of a source are written, for verification: words of headers, nested rows and relations."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.mapping.verified_kinds import bare_header

NestedRows = Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]] | None]
"""Receives a JSON object, returns the rows that the object holds; None for an object that is one row."""


@dataclass(frozen=True, eq=False)
class RawFormat:
    """What verification must know of a source to read the source's raw files. Every default is for a source without.

    * `same_words`: words in bare headers, with the word that the source's descriptions use: `client`, `patient`.
    * `nested_rows`: returns the rows that a JSON object holds; None if every object is one row.
    * `relations`: bare headers of the things to which rows refer, such as `patient`. Under such a header, a JSON value
      may be an object with any members, or an id.
    * `lists`: bare headers of lists of such things, such as `patients`. The singular is without the last letter.
    """

    same_words: Mapping[str, str] = field(default_factory=dict)
    nested_rows: NestedRows | None = None
    relations: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()

    def bare(self, header: str) -> str:
        """A header of a file as `bare_header` gives it, with the words of the source's descriptions.

        A second call changes nothing.
        """
        return _bare(header, self)

    def spellings(self, headers: Iterable[str]) -> frozenset[str]:
        """Bare headers, and each of them with every other word that the source may use."""
        bare = frozenset(map(self.bare, headers))
        return bare.union(name.replace(described, word) for word, described in self.same_words.items() for name in bare)


@lru_cache(maxsize=4096)
def _bare(header: str, raw_format: RawFormat) -> str:
    name = bare_header(header)
    for word, described in raw_format.same_words.items():
        name = name.replace(word, described)
    return name
