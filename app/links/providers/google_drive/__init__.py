"""Google Drive: files and folders that anyone with the link may open, by the API with a key, else by web pages."""

from collections.abc import Mapping, Sequence

from app.links.host_provider import HostProvider
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider import RateLimitPolicy, Route
from app.links.providers.google_drive.api import GoogleApi
from app.links.providers.google_drive.links import DATA, parse_drive_target
from app.links.providers.google_drive.page import GooglePage
from app.links.share_link import ShareLink


class GoogleDrive(HostProvider):
    rate_limits = RateLimitPolicy(blocked_after=3)

    def __init__(self) -> None:
        super().__init__("google_drive", DATA)

    def check(self, link: ShareLink, settings: LinkSettings) -> None:
        super().check(link, settings)
        if parse_drive_target(link) is None:
            raise stop("link_not_recognised")

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {"GOOGLE_DRIVE_API_KEY": bool(settings.google_drive_api_key)}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (GoogleApi(self), GooglePage(self)) if settings.google_drive_api_key else (GooglePage(self),)
