"""The systems that clinics come from. Each is a folder beside this file, and is found by being there."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from app.mapping.kind import Source


def _found() -> Iterator[Source]:
    """What each folder calls SOURCE in its `source.py`, in the order of their names."""
    for folder in sorted(module.name for module in iter_modules(__path__) if module.ispkg):
        found: Source = import_module(f"{__name__}.{folder}.source").SOURCE
        yield found


SOURCES: Mapping[str, Source] = {found.name: found for found in _found()}


def source(name: str | None = None) -> Source:
    """The source of that name; without one, the first: what the product is called after where no move is known."""
    return SOURCES[name] if name else next(iter(SOURCES.values()))
