"""Dropbox: files and folders that anyone with the link may open, by the API with an app, else by web pages."""

from collections.abc import Mapping, Sequence

from app.links.host_provider import HostProvider
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider import RateLimitPolicy, Route
from app.links.providers.dropbox.api import DropboxApi
from app.links.providers.dropbox.links import DATA, parse_dropbox_target
from app.links.providers.dropbox.page import DropboxPage
from app.links.share_link import ShareLink


class Dropbox(HostProvider):
    rate_limits = RateLimitPolicy(quota_seconds=24 * 3600.0)

    def __init__(self) -> None:
        super().__init__("dropbox", DATA)

    def check(self, link: ShareLink, settings: LinkSettings) -> None:
        super().check(link, settings)
        if parse_dropbox_target(link.address) is None:
            raise stop("link_not_recognised")

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {
            "DROPBOX_APP_KEY": bool(settings.dropbox_app_key),
            "DROPBOX_APP_SECRET": bool(settings.dropbox_app_secret),
        }

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        with_app = settings.dropbox_app_key and settings.dropbox_app_secret
        return (DropboxApi(self), DropboxPage(self)) if with_app else (DropboxPage(self),)
