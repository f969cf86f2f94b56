"""SharePoint and OneDrive for Business: links that anyone may open, as a browser does, with a password if need be."""

import re
from collections.abc import Mapping, Sequence

from app.links.failures import places_of
from app.links.link import Link, host_matches
from app.links.problems import stop
from app.links.provider import Manners, Route
from app.links.providers.sharepoint_file import SharePointBrowser
from app.links.providers.sharepoint_links import DATA
from app.links.settings import LinkSettings

HOSTS, ALLOWED = tuple(DATA["hosts"]), tuple(DATA["allowed"])
REFUSED = places_of(DATA, "refused")
SHARED = re.compile(r"^/:[a-z]+:/[a-z]/|/_layouts/15/(guestaccess|download)\.aspx$", re.IGNORECASE)


class SharePoint:
    name = "sharepoint"
    words = str(DATA["label"])
    unknown_name = "provider_down"
    landings = places_of(DATA, "landing")
    manners = Manners()

    def label(self, link: Link) -> str:
        return self.words

    def recognise(self, link: Link) -> bool:
        return host_matches(link.address.host, HOSTS)

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return host_matches(host, ALLOWED)

    def check(self, link: Link, settings: LinkSettings) -> None:
        if (problem := REFUSED.problem(link.address)) is not None:
            raise stop(problem)
        if not SHARED.search(link.address.path):
            raise stop("link_needs_share_link")

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (SharePointBrowser(self),)
