"""Google Drive: a file or a folder that anyone with the link may see, by its API with a key or as a browser would."""

from collections.abc import Mapping, Sequence

from app.links.failures import places_of
from app.links.link import Link, host_matches
from app.links.problems import stop
from app.links.provider import Manners, Route
from app.links.providers.google_api import GoogleApi
from app.links.providers.google_links import DATA, target_of
from app.links.providers.google_page import GooglePage
from app.links.settings import LinkSettings

HOSTS, ALLOWED = tuple(DATA["hosts"]), tuple(DATA["allowed"])
REFUSED = places_of(DATA, "refused")


class GoogleDrive:
    name = "google_drive"
    words = str(DATA["label"])
    unknown_name = "provider_down"
    landings = places_of(DATA, "landing")
    manners = Manners(blocked_after=3)

    def label(self, link: Link) -> str:
        return self.words

    def recognise(self, link: Link) -> bool:
        return host_matches(link.address.host, HOSTS)

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return host_matches(host, ALLOWED)

    def check(self, link: Link, settings: LinkSettings) -> None:
        if (problem := REFUSED.problem(link.address)) is not None:
            raise stop(problem)
        if target_of(link) is None:
            raise stop("link_not_recognised")

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {"GOOGLE_DRIVE_API_KEY": bool(settings.google_drive_api_key)}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (GoogleApi(self), GooglePage(self)) if settings.google_drive_api_key else (GooglePage(self),)
