"""`caspen-import check-links`: tries real links by hand and writes down what was answered, without the secrets."""

from collections.abc import Iterable, Iterator
from typing import Any

from app.errors import Stop
from app.links import LinkSettings, normalise, probe
from app.settings import environment


def check(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One answer per line that holds a link; lines that begin with # are notes. A link is named by its fingerprint."""
    settings = LinkSettings.from_environment(environment())
    for line in lines:
        link = line.strip()
        if link and not link.startswith("#"):
            yield _tried(link, settings)


def _tried(link: str, settings: LinkSettings) -> dict[str, Any]:
    try:
        told: dict[str, Any] = {"link": normalise(link).fingerprint}
        found = probe(link, settings)
    except Stop as stop:
        return {"code": stop.problem.code, "retryable": stop.retryable, "retry_after": stop.retry_after}
    return {
        **told,
        "code": None,
        "provider": found.provider,
        "name": found.name,
        "size": found.size,
        "first_kind": found.first_kind,
        "files": len(found.files),
        "validators": sorted({file.validator.kind for file in found.files}),
        "ranges": all(file.ranges for file in found.files),
    }
