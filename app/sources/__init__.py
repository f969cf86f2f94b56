"""The systems that clinics move from: one folder (a Python package) each, with a module `source` that has `SOURCE`.

Every such folder in this package is a source. A folder elsewhere is named in the setting SOURCE_PACKAGES, and
`register_sources` adds its source. Registering fails with IncompleteSource if the source lacks a part. The import of
this package registers its own sources.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules

from app.mapping.kind import Source
from app.sources.required_parts import missing_parts
from app.sources.source_folder import folder_gaps

SETTING = "SOURCE_PACKAGES"
_registered: dict[str, Source] = {}
_packages: dict[str, str] = {}
SOURCES: Mapping[str, Source] = _registered
"""The registered sources by name: those of this package in the order of their folders, then those of the setting."""
UNKNOWN_SOURCE = Source(name="", label="", kinds=())
"""Stands for the source on a page or in an e-mail that belongs to no move, or to a source that is no longer
registered. Its label is empty."""


class UnusableSource(Exception):
    """A package of a source cannot be imported, or its source cannot be registered."""


class IncompleteSource(UnusableSource):
    """A source lacks a part. The message has one line for each missing part."""


def register_sources(packages: str) -> None:
    """Adds the sources of these packages, separated by commas. A package that is registered already is passed over.

    Raises UnusableSource. The sources of the packages before the unusable package are registered then.
    """
    for package in filter(None, map(str.strip, packages.split(","))):
        if package not in _packages.values():
            _register(package)


def further_packages() -> str:
    """The packages outside of this package whose sources are registered, as `register_sources` takes them."""
    return ",".join(package for package in _packages.values() if not package.startswith(f"{__name__}."))


def package_of(name: str) -> str:
    """The package of a registered source. Raises KeyError for an unknown name."""
    return _packages[name]


def source(name: str | None = None) -> Source:
    """The source of that name, or the first source without a name. Raises KeyError for an unknown name."""
    return SOURCES[name] if name else next(iter(SOURCES.values()))


def only_source() -> Source | None:
    """The source, if exactly one is registered. None if a clinic has to say which system it leaves."""
    return source() if len(SOURCES) == 1 else None


def source_or_unknown(name: str | None = None) -> Source:
    """The source of that name, or UNKNOWN_SOURCE for an unknown name. Without a name: the only source, or
    UNKNOWN_SOURCE if there are several."""
    return SOURCES.get(name, UNKNOWN_SOURCE) if name else only_source() or UNKNOWN_SOURCE


def _register(package: str) -> None:
    loaded = _load_source(package)
    if loaded.name in SOURCES:
        raise UnusableSource(f"The sources of {_packages[loaded.name]} and of {package} have one name: {loaded.name}.")
    if gaps := [*missing_parts(loaded), *folder_gaps(package, loaded)]:
        raise IncompleteSource("\n".join(f"{package.replace('.', '/')}: {gap}" for gap in gaps))
    _registered[loaded.name], _packages[loaded.name] = loaded, package


def _load_source(package: str) -> Source:
    try:
        loaded = getattr(import_module(f"{package}.source"), "SOURCE", None)
    except Exception as fault:
        reason = " ".join(str(fault).split())
        raise UnusableSource(f"{package}.source cannot be imported ({type(fault).__name__}: {reason}).") from fault
    if not isinstance(loaded, Source):
        raise UnusableSource(f"{package}.source has no SOURCE that is a Source of app.mapping.kind.")
    return loaded


def _own_packages() -> Iterator[str]:
    for folder in sorted(module.name for module in iter_modules(__path__) if module.ispkg):
        yield f"{__name__}.{folder}"


register_sources(",".join(_own_packages()))
