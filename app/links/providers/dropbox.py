"""Dropbox: a file or a folder that anyone with the link may see, by its API with an app or as a browser would."""

from collections.abc import Mapping, Sequence

from app.links.failures import places_of
from app.links.link import Link, host_matches
from app.links.problems import stop
from app.links.provider import Manners, Route
from app.links.providers.dropbox_api import DropboxApi
from app.links.providers.dropbox_links import DATA, target_of
from app.links.providers.dropbox_page import DropboxPage
from app.links.settings import LinkSettings

HOSTS, ALLOWED = tuple(DATA["hosts"]), tuple(DATA["allowed"])
REFUSED = places_of(DATA, "refused")


class Dropbox:
    name = "dropbox"
    words = str(DATA["label"])
    unknown_name = "provider_down"
    landings = places_of(DATA, "landing")
    manners = Manners(quota_seconds=24 * 3600.0)

    def label(self, link: Link) -> str:
        return self.words

    def recognise(self, link: Link) -> bool:
        return host_matches(link.address.host, HOSTS)

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return host_matches(host, ALLOWED)

    def check(self, link: Link, settings: LinkSettings) -> None:
        if (problem := REFUSED.problem(link.address)) is not None:
            raise stop(problem)
        if target_of(link.address) is None:
            raise stop("link_not_recognised")

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {
            "DROPBOX_APP_KEY": bool(settings.dropbox_app_key),
            "DROPBOX_APP_SECRET": bool(settings.dropbox_app_secret),
        }

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        with_app = settings.dropbox_app_key and settings.dropbox_app_secret
        return (DropboxApi(self), DropboxPage(self)) if with_app else (DropboxPage(self),)
