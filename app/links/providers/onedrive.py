"""OneDrive of a person: the link is opened as a browser does, without an account, as far as Microsoft lets us."""

from collections.abc import Mapping, Sequence

from app.links.failures import places_of
from app.links.link import Link, host_matches
from app.links.problems import stop
from app.links.provider import Manners, Route
from app.links.providers.onedrive_browser import ALLOWED, DATA, HOST, OneDriveBrowser
from app.links.settings import LinkSettings

HOSTS, REFUSED = tuple(DATA["hosts"]), places_of(DATA, "refused")


class OneDrive:
    name = "onedrive"
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
        if not settings.onedrive_personal_enabled:
            raise stop("provider_off")
        if (problem := REFUSED.problem(link.address)) is not None:
            raise stop(problem)
        if link.address.host == HOST and not link.address.query:
            raise stop("link_needs_share_link")

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (OneDriveBrowser(self),)
