"""The job `link`: a provider is asked what is behind a link, and what the provider answers is parsed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.links import ConnectionSlots, Findings, LinkSettings, inspect
from app.reading.file_watch import act_as_killer
from app.storage import LocalObjects


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """The link as it was pasted. `environment` are the settings of links; `root` is the storage, empty for none;
    `locks` the folder of places for connections, whose owner is a provider and the `workspace`. Never shows itself."""

    link: str = field(repr=False)
    password: str = field(repr=False)
    environment: dict[str, str] = field(repr=False)
    root: str
    locks: str
    workspace: str
    marker: str


def inspect_link(request: LinkRequest, announce: Callable[[str], None]) -> Iterator[Findings]:
    """The one answer of a look at a link."""
    if request.marker:
        act_as_killer(request.link, request.marker)
    settings = LinkSettings.from_environment(request.environment)

    def places(provider: str) -> ConnectionSlots:
        owner = f"{provider}:{request.workspace}"
        return ConnectionSlots(Path(request.locks), owner, settings.concurrency, settings.connections)

    objects = LocalObjects(Path(request.root)) if request.root else None
    yield inspect(request.link, settings, password=request.password, objects=objects, slots=places)
