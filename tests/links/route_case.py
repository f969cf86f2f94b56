"""A route of a provider for the tests that every route must pass: its fake, its settings and its abilities."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.links.fake_provider import FakeProvider
from tests.links.network import FakeInternet


@dataclass(frozen=True)
class RouteCase:
    """`provider` and `route` are the product's names. `folders`: the route lists folders. `zipped`: a folder is a zip.

    `sized`: a listing has sizes. `checked`: the provider gives a checksum. `private`, `gone` and `page` are the problem
    codes of a private file, a missing file, and a web page instead of the file.
    """

    provider: str
    route: str
    fake: type[FakeProvider]
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
