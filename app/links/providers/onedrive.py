"""OneDrive of a person: the link is opened as a browser does, without an account, as far as Microsoft lets us."""

from collections.abc import Sequence

from app.links.link import Link
from app.links.problems import stop
from app.links.provider import Route
from app.links.providers.known import KnownProvider
from app.links.providers.onedrive_browser import DATA, HOST, OneDriveBrowser
from app.links.settings import LinkSettings


class OneDrive(KnownProvider):
    def __init__(self) -> None:
        super().__init__("onedrive", DATA)

    def check(self, link: Link, settings: LinkSettings) -> None:
        if not settings.onedrive_personal_enabled:
            raise stop("provider_off")
        super().check(link, settings)
        if link.address.host == HOST and not link.address.query:
            raise stop("link_needs_share_link")

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (OneDriveBrowser(self),)
