"""OneDrive personal: files and folders that anyone with the link may open, by web pages without an account."""

from collections.abc import Sequence

from app.links.host_provider import HostProvider
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider import Route
from app.links.providers.onedrive.browser import DATA, HOST, OneDriveBrowser
from app.links.share_link import ShareLink


class OneDrive(HostProvider):
    def __init__(self) -> None:
        super().__init__("onedrive", DATA)

    def check(self, link: ShareLink, settings: LinkSettings) -> None:
        if not settings.onedrive_personal_enabled:
            raise stop("provider_off")
        super().check(link, settings)
        if link.address.host == HOST and not link.address.query:
            raise stop("link_needs_share_link")

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (OneDriveBrowser(self),)
