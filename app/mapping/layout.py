"""The names of a source's folders and the words of its headers, by which reading recognises files and columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from app.mapping.columns import normalise_header


@dataclass(frozen=True, eq=False)
class Layout:
    """Names of folders, and words of headers, as `normalise` gives them.

    * `files`: folders of clients' own files.
    * `notes`: folders of notes that are a page each.
    * `forms`: folders of filled-in forms that were printed.
    * `templates`: folders of empty notes and forms.
    * `same_words`: words in headers, with the word that the source's descriptions use: `client`, `patient`.
    * `same_words_of_lists`: further such words in the names of JSON lists.
    * `synonyms`: other systems' words, with the word that the source's descriptions use: `surname`, `last`. They only
      serve suggestions.
    """

    files: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()
    same_words: Mapping[str, str] = field(default_factory=dict)
    same_words_of_lists: Mapping[str, str] = field(default_factory=dict)
    synonyms: Mapping[str, str] = field(default_factory=dict)

    def normalise(self, name: str) -> str:
        """A header or name in a file as `normalise_header` gives it, with the words of the source's descriptions.

        A second call changes nothing.
        """
        return _normalised(name, self)

    def normalise_list(self, name: str) -> str:
        """The name of a JSON list as `normalise` gives it, with the words of the source's descriptions for lists."""
        return _replaced(self.normalise(name), self.same_words_of_lists)

    @cached_property
    def printed(self) -> frozenset[str]:
        """Folders whose PDFs are files of their client, since nothing can read them as a note or form."""
        return self.notes | self.forms

    @cached_property
    def every(self) -> frozenset[str]:
        """Every folder whose name gives its files a meaning."""
        return self.files | self.printed | self.templates


NO_LAYOUT = Layout()
"""The layout of a kind without a source."""


@lru_cache(maxsize=8192)
def _normalised(name: str, layout: Layout) -> str:
    return _replaced(normalise_header(name), layout.same_words)


def _replaced(name: str, words: Mapping[str, str]) -> str:
    for word, described in words.items():
        name = name.replace(word, described)
    return name
