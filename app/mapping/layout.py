"""The names of the folders of a source's export, from which reading knows what a folder contains."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Layout:
    """Names of folders as `normalise_header` gives them.

    * `files`: folders of clients' own files.
    * `notes`: folders of notes that are a page each.
    * `forms`: folders of filled-in forms that were printed.
    * `templates`: folders of empty notes and forms.
    """

    files: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()
    templates: frozenset[str] = frozenset()

    @cached_property
    def printed(self) -> frozenset[str]:
        """Folders whose PDFs are files of their client, since nothing can read them as a note or form."""
        return self.notes | self.forms

    @cached_property
    def every(self) -> frozenset[str]:
        """Every folder whose name gives its files a meaning."""
        return self.files | self.printed | self.templates
