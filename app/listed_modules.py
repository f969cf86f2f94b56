"""Every variant of a list is in the list: a module that somebody wrote and forgot to list fails the import.

The lists stay explicit. A list asks at the end of its own module which modules of its folder it lacks.
"""

import sys
from collections.abc import Collection, Iterator
from pkgutil import iter_modules


def unlisted_modules(
    package: str, member: str, listed: Collection[object], of: type = object, skip: Collection[str] = ()
) -> Iterator[str]:
    """The modules directly in a package whose `member`, an instance of `of`, is not in `listed`. Imports nothing.

    Yields their names without the package. A module that was not imported yet is not listed, because the list imports
    what it lists. A module without such a member serves its neighbours. `skip` names modules that are imported when a
    function needs them.
    """
    known = set(map(id, listed))
    for entry in iter_modules(sys.modules[package].__path__):
        if entry.name in skip:
            continue
        module = sys.modules.get(f"{package}.{entry.name}")
        variant = getattr(module, member, None)
        if module is None or (isinstance(variant, of) and variant is not None and id(variant) not in known):
            yield entry.name
