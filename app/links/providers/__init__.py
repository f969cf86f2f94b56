"""Every provider of share links, in the order in which they are asked; plain https takes what nobody else knows."""

from app.links.link import Link
from app.links.provider import Provider
from app.links.providers.dropbox import Dropbox
from app.links.providers.google_drive import GoogleDrive
from app.links.providers.https import Https
from app.links.providers.onedrive import OneDrive
from app.links.providers.recognised import RECOGNISED
from app.links.providers.sharepoint import SharePoint

PROVIDERS: tuple[Provider, ...] = (
    GoogleDrive(),
    Dropbox(),
    OneDrive(),
    SharePoint(),
    *RECOGNISED,
    Https(),
)


def provider_of(link: Link) -> Provider:
    return next(p for p in PROVIDERS if p.recognise(link))
