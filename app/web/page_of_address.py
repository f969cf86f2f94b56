"""The page that belongs to an address that takes forms only, for a browser that asks for the address itself."""

import re

from app.access.rights import RIGHTS

NOT_PAGES = frozenset({"/m/{migration_id}/upload/{upload_id}"})
"""Addresses for GET that answer a script, not a person."""
_FORMS = {
    template: re.compile(re.sub(r"\{\w+\}", "[^/]+", template))
    for method, template in RIGHTS
    if method == "POST" and ("GET", template) not in RIGHTS
}


def page_of_address(path: str) -> str | None:
    """The nearest page above an address that takes forms only: `/m/ID/link` for `/m/ID/link/confirm`.

    None for any other address.
    """
    template = next((template for template, pattern in _FORMS.items() if pattern.fullmatch(path)), None)
    if template is None:
        return None
    parts, names = path.split("/"), template.split("/")
    for size in range(len(names) - 1, 1, -1):
        above = "/".join(names[:size])
        if ("GET", above) in RIGHTS and above not in NOT_PAGES:
            return "/".join(parts[:size])
    return "/"
