"""Providers whose links are recognised but cannot be downloaded. Every link is refused without a request."""

from collections.abc import Mapping
from typing import Any

from app.links.host_provider import HostProvider
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider_folder import require_value
from app.links.share_link import ShareLink


class UnsupportedProvider(HostProvider):
    """A provider without routes. `problem` in the provider's data is the problem of every link."""

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        super().__init__(name, {**data, "allowed": []})
        self._problem = str(require_value(name, data, "problem", "the problem of every link"))

    def check(self, link: ShareLink, settings: LinkSettings) -> None:
        """Raises Stop with the provider's problem."""
        raise stop(self._problem)
