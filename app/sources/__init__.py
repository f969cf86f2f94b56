"""The systems that clinics come from. A new one is one folder, and one line here."""

from collections.abc import Mapping

from app.mapping.kind import Source
from app.sources.cliniko.source import CLINIKO

SOURCES: Mapping[str, Source] = {found.name: found for found in (CLINIKO,)}


def source(name: str) -> Source:
    """The source of that name."""
    return SOURCES[name]
