"""Base classes of providers that are recognised by host, and of their routes."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from app.links.failure_tables import AddressRules, FailureTable, parse_address_rules
from app.links.file_responses import parse_refusal, parse_validator
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider import Provider, RateLimitPolicy, RemoteFile, Route, Validator
from app.links.provider_folder import require_value
from app.links.response import ProviderResponse
from app.links.share_link import ShareLink, host_matches
from app.links.web_client import WebClient


class HostProvider:
    """A provider whose `provider.toml` gives `label`, `hosts`, `allowed` hosts, `refused` links and `landing` rules."""

    unknown_name = "provider_down"
    rate_limits = RateLimitPolicy()

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        self.name, self.words = name, str(data["label"])
        self.redirect_rules: AddressRules = parse_address_rules(data, "landing")
        self._hosts = tuple(data["hosts"])
        self._allowed = tuple(require_value(name, data, "allowed", "the hosts that requests may go to"))
        self._refused = parse_address_rules(data, "refused")

    def label(self, link: ShareLink) -> str:
        return self.words

    def recognise(self, link: ShareLink) -> bool:
        return host_matches(link.address.host, self._hosts)

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return host_matches(host, self._allowed)

    def check(self, link: ShareLink, settings: LinkSettings) -> None:
        if (problem := self._refused.problem(link.address)) is not None:
            raise stop(problem)

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return ()


class ProviderRoute:
    """A route with a failure table. Defaults: an undocumented route that sends files as attachments."""

    confirms = False
    best_effort = True
    failures: ClassVar[FailureTable]

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def file(self, link: ShareLink, file: RemoteFile, web: WebClient) -> RemoteFile | None:
        return next((now for now in self.files(link, web) if now.item == file.item), None)

    def files(self, link: ShareLink, web: WebClient) -> Sequence[RemoteFile]:
        return ()

    def validator(self, response: ProviderResponse) -> Validator:
        return parse_validator(response)

    def checksums(self, response: ProviderResponse) -> Mapping[str, str]:
        return {}

    def problem(self, response: ProviderResponse) -> str:
        return self.failures.problem(parse_refusal(response))

    def trusts(self, response: ProviderResponse) -> bool:
        return response.attachment

    def refused(self, response: ProviderResponse, link: ShareLink, web: WebClient) -> Exception:
        """The Stop for a response that is not the file."""
        return web.refused(response, self.problem(response), self._provider.label(link))
