"""The systems that clinics come from. A new one is one folder, and one line here."""

from collections.abc import Mapping

from app.mapping.kind import Source
from app.sources.cliniko.source import CLINIKO

SOURCES: Mapping[str, Source] = {found.name: found for found in (CLINIKO,)}


def source(name: str | None = None) -> Source:
    """The source of that name; without one, the first: what the product is called after where no move is known."""
    return SOURCES[name] if name else next(iter(SOURCES.values()))
