"""SharePoint and OneDrive for Business: links that anyone may open, as a browser does, with a password if need be."""

import re
from collections.abc import Sequence

from app.links.link import Link
from app.links.problems import stop
from app.links.provider import Route
from app.links.providers.known import KnownProvider
from app.links.providers.sharepoint_file import SharePointBrowser
from app.links.providers.sharepoint_links import DATA
from app.links.settings import LinkSettings

SHARED = re.compile(r"^/:[a-z]+:/[a-z]/|/_layouts/15/(guestaccess|download)\.aspx$", re.IGNORECASE)


class SharePoint(KnownProvider):
    def __init__(self) -> None:
        super().__init__("sharepoint", DATA)

    def check(self, link: Link, settings: LinkSettings) -> None:
        super().check(link, settings)
        if not SHARED.search(link.address.path):
            raise stop("link_needs_share_link")

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (SharePointBrowser(self),)
