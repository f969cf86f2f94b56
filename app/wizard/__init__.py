"""The clinic's pages, one module per step, in the order in which a clinic meets them.

The import fails with IncompleteStep where a step is not in the list, has no template, or has no line about its rights.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType

from fastapi.routing import APIRoute

from app.access.rights import RIGHTS
from app.listed_modules import unlisted_modules
from app.templating import TEMPLATES
from app.wizard import (
    approve,
    checklist,
    client_balances,
    clients,
    export,
    export_row,
    files,
    handover,
    help,  # noqa: A004 - the page is called help
    link,
    matches,
    overview,
    people,
    problems,
    progress,
    records,
    refused_file,
    report,
    review,
    start,
    uploads,
    used_features,
    visits,
    which_file,
    zip_password,
)

STEPS = (
    start,
    overview,
    checklist,
    used_features,
    export,
    handover,
    link,
    files,
    zip_password,
    which_file,
    matches,
    progress,
    review,
    problems,
    clients,
    records,
    export_row,
    visits,
    client_balances,
    approve,
    report,
    people,
    help,
)

REFUSED = (refused_file,)
"""Modules without a page that register the page of a refused form."""

INCLUDED = (uploads,)
"""Modules without a page whose addresses are part of another step's router."""

OWN = ("/start", "/m/")
"""Where the addresses of the steps begin. Nothing else has addresses there."""


class IncompleteStep(Exception):
    """A part of a page is missing. The message names the part, one line for each."""


def require_whole_steps(steps: Collection[ModuleType], templates: Path) -> None:
    """Raises IncompleteStep with a line for each missing part. `templates` is the folder of the steps' templates."""
    if gaps := list(_find_gaps(steps, templates)):
        raise IncompleteStep("\n".join(gaps))


def _find_gaps(steps: Collection[ModuleType], templates: Path) -> Iterator[str]:
    routers = [module.router for module in (*steps, *INCLUDED)]
    for name in unlisted_modules(__name__, "router", routers):
        yield f"app/wizard/{name}.py: add the module to STEPS in app/wizard/__init__.py"
    names = [step.__name__.rpartition(".")[2] for step in steps]
    for name in names:
        if not (templates / f"{name}.html").is_file():
            yield f"app/wizard/{name}.py: add templates/wizard/{name}.html"
    routes = {
        (method, route.path)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in (route.methods or set()) - {"HEAD"}
    }
    for method, path in sorted(routes - RIGHTS.keys()):
        yield f"app/access/rights.py: add who may open {method} {path}"
    for method, path in sorted(RIGHTS.keys() - routes):
        if path.startswith(OWN):
            yield f"app/access/rights.py: remove {method} {path}, or add its step to STEPS in app/wizard/__init__.py"


require_whole_steps(STEPS, TEMPLATES / "wizard")
