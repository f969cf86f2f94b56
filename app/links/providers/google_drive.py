"""Google Drive: a file or a folder that anyone with the link may see, by its API with a key or as a browser would."""

from collections.abc import Mapping, Sequence

from app.links.link import Link
from app.links.problems import stop
from app.links.provider import Manners, Route
from app.links.providers.google_api import GoogleApi
from app.links.providers.google_links import DATA, target_of
from app.links.providers.google_page import GooglePage
from app.links.providers.known import KnownProvider
from app.links.settings import LinkSettings


class GoogleDrive(KnownProvider):
    manners = Manners(blocked_after=3)

    def __init__(self) -> None:
        super().__init__("google_drive", DATA)

    def check(self, link: Link, settings: LinkSettings) -> None:
        super().check(link, settings)
        if target_of(link) is None:
            raise stop("link_not_recognised")

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {"GOOGLE_DRIVE_API_KEY": bool(settings.google_drive_api_key)}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return (GoogleApi(self), GooglePage(self)) if settings.google_drive_api_key else (GooglePage(self),)
