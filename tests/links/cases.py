"""Each provider's routes as the shared contract meets them: its fake, what it must be set to, and what it can do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.links import LinkSettings
from tests.links.fakes import dropbox, google, onedrive, presigned, sharepoint
from tests.links.fakes.fake import Fake
from tests.links.network import FakeInternet


@dataclass(frozen=True)
class Case:
    """`provider` and `route` as the product names them. `folders` says whether it lists them, `zipped` that it sends
    them as one zip; `private` and `gone` are the codes for what is not shared and what is not there. `checked` says
    that the provider gives a fingerprint."""

    provider: str
    route: str
    fake: type[Fake]
    settings: Mapping[str, Any] = field(default_factory=dict)
    folders: bool = True
    zipped: bool = False
    sized: bool = True
    checked: bool = True
    private: str = "link_private"
    gone: str = "link_gone"
    page: str = "provider_changed"

    @property
    def name(self) -> str:
        return f"{self.provider}-{self.route}"

    def build(self, net: FakeInternet) -> Any:
        return self.fake(net)


HIDDEN = "link_private_or_gone"
CASES = (
    Case("google_drive", "api", google.Google, {"google_drive_api_key": google.KEY}, private=HIDDEN, gone=HIDDEN),
    Case("google_drive", "page", google.Google, sized=False, checked=False, gone=HIDDEN),
    Case(
        "dropbox",
        "api",
        dropbox.Dropbox,
        {"dropbox_app_key": dropbox.APP, "dropbox_app_secret": dropbox.SECRET},
    ),
    Case("dropbox", "page", dropbox.Dropbox, folders=False, zipped=True, checked=False),
    Case("onedrive", "browser", onedrive.OneDrive),
    Case("sharepoint", "browser", sharepoint.SharePoint, checked=False),
    Case("https", "direct", presigned.Presigned, folders=False, checked=False, page="page_instead_of_file"),
)
BY_NAME = {case.name: case for case in CASES}


def routes_of(settings: LinkSettings) -> set[str]:
    """Every route of every provider that can be gone with these settings."""
    from app.links.providers import PROVIDERS

    return {f"{provider.name}-{route.name}" for provider in PROVIDERS for route in provider.routes(settings)}
