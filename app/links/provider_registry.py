"""The registry of providers, in the order in which a link is matched. Plain https matches every link and is last.

The import fails with IncompleteProvider where a provider's folder lacks help, data, words or patterns.
"""

from pathlib import Path

from app.links.provider import Provider
from app.links.provider_folder import require_whole_providers
from app.links.provider_help import ProviderHelp, Remedy
from app.links.providers.box import Box
from app.links.providers.dropbox import Dropbox
from app.links.providers.google_drive import GoogleDrive
from app.links.providers.https import Https
from app.links.providers.icloud import ICloud
from app.links.providers.onedrive import OneDrive
from app.links.providers.sharepoint import SharePoint
from app.links.providers.wetransfer import WeTransfer
from app.links.share_link import ShareLink
from app.links.unsupported_provider import UnsupportedProvider

PROVIDERS: tuple[Provider, ...] = (
    GoogleDrive(),
    Dropbox(),
    OneDrive(),
    SharePoint(),
    Box(),
    ICloud(),
    WeTransfer(),
    Https(),
)
HELP = require_whole_providers(Path(__file__).with_name("providers"), PROVIDERS)
UNSUPPORTED = frozenset(provider.name for provider in PROVIDERS if isinstance(provider, UnsupportedProvider))
"""Names of providers whose links are always refused, whatever an operator configures."""
ANY_LINK = "https"  # the help for a link whose provider is unknown


def provider_of(link: ShareLink) -> Provider:
    """The provider that a link belongs to. Every link has a provider, because `https` matches every link."""
    return next(provider for provider in PROVIDERS if provider.recognise(link))


def all_provider_help() -> tuple[ProviderHelp, ...]:
    """Every provider's help in the order of the registry. Providers whose files must be uploaded are last."""
    return tuple(sorted(HELP.values(), key=lambda known: known.place == "upload"))


def help_for(provider: str) -> ProviderHelp:
    """The help of a provider by name. An unknown name returns the help for any link."""
    return HELP.get(provider) or HELP[ANY_LINK]


def remedy_for(provider: str, code: str) -> Remedy | None:
    """The provider's steps against a problem, else the steps for any link. None where a clinic can change nothing."""
    return help_for(provider).on.get(code) or HELP[ANY_LINK].on.get(code)
