"""The job `link`: asks a provider what is behind a link, and parses the answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.links.connection_slots import ConnectionSlots
from app.links.inspection import Findings, inspect
from app.links.link_settings import LinkSettings
from app.links.share_link import ShareLink
from app.reading.file_watch import act_as_killer
from app.storage import LocalObjects


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """The link, with its password. `repr` shows neither.

    * `environment`: the settings of links.
    * `root`: the folder of the storage, or "".
    * `locks`: the folder of connection slots; their owner is the provider with `workspace`.
    """

    link: ShareLink
    environment: dict[str, str] = field(repr=False)
    root: str
    locks: str
    workspace: str
    marker: str


def inspect_link(request: LinkRequest, announce: Callable[[str], None]) -> Iterator[Findings]:
    """The one answer: what an inspection of the link found."""
    if request.marker:
        act_as_killer(request.link.address.secret_url, request.marker)
    settings = LinkSettings.from_environment(request.environment)

    def places(provider: str) -> ConnectionSlots:
        owner = f"{provider}:{request.workspace}"
        return ConnectionSlots(Path(request.locks), owner, settings.concurrency, settings.connections)

    objects = LocalObjects(Path(request.root)) if request.root else None
    yield inspect(request.link, settings, objects=objects, slots=places)
