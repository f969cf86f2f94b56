"""SharePoint and OneDrive for Business: links that anyone may open, by web pages, with a password where needed."""

import re
from collections.abc import Sequence

from app.links.host_provider import HostProvider
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider import Route
from app.links.providers.sharepoint.browser import SharePointBrowser
from app.links.providers.sharepoint.session import DATA
from app.links.share_link import ShareLink

SHARED = re.compile(r"^/:[a-z]+:/[a-z]/|/_layouts/15/(guestaccess|download)\.aspx$", re.IGNORECASE)


class SharePoint(HostProvider):
    def __init__(self) -> None:
        super().__init__("sharepoint", DATA)

    def check(self, link: ShareLink, settings: LinkSettings) -> None:
        super().check(link, settings)
        if not SHARED.search(link.address.path):
            raise stop("link_needs_share_link")

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (SharePointBrowser(self),)
