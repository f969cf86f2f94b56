"""Dropbox: a file or a folder that anyone with the link may see, by its API with an app or as a browser would."""

from collections.abc import Mapping, Sequence

from app.links.link import Link
from app.links.problems import stop
from app.links.provider import Manners, Route
from app.links.providers.dropbox_api import DropboxApi
from app.links.providers.dropbox_links import DATA, target_of
from app.links.providers.dropbox_page import DropboxPage
from app.links.providers.known import KnownProvider
from app.links.settings import LinkSettings


class Dropbox(KnownProvider):
    manners = Manners(quota_seconds=24 * 3600.0)

    def __init__(self) -> None:
        super().__init__("dropbox", DATA)

    def check(self, link: Link, settings: LinkSettings) -> None:
        super().check(link, settings)
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
