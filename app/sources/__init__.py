"""The systems that clinics move from. Every folder in this package that has a module `source` is one of them.

The import fails with IncompleteSource where a folder lacks a part.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from app.mapping.kind import Source
from app.sources.source_folder import folder_gaps


class IncompleteSource(Exception):
    """A source's folder lacks a part. The message has one line for each missing part."""


def _load_sources() -> Iterator[Source]:
    """`SOURCE` of each folder's module `source`, in the order of the folders' names."""
    for folder in sorted(module.name for module in iter_modules(__path__) if module.ispkg):
        loaded: Source = import_module(f"{__name__}.{folder}.source").SOURCE
        if gaps := list(folder_gaps(f"{__name__}.{folder}", loaded)):
            raise IncompleteSource("\n".join(f"app/sources/{folder}: {gap}" for gap in gaps))
        yield loaded


SOURCES: Mapping[str, Source] = {loaded.name: loaded for loaded in _load_sources()}


def source(name: str | None = None) -> Source:
    """The source of that name, or the first source without a name. Raises KeyError for an unknown name."""
    return SOURCES[name] if name else next(iter(SOURCES.values()))
