"""Links that a clinic may paste and that we cannot collect here: each answered with its own words, and no request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.links.failures import Landings, data_of, places_of
from app.links.link import Link, host_matches
from app.links.problems import stop
from app.links.provider import Manners, Route
from app.links.settings import LinkSettings


@dataclass(frozen=True, slots=True)
class Recognised:
    """A provider known by its hosts alone. `otherwise` is the problem of a link that no rule names."""

    name: str
    words: str
    hosts: tuple[str, ...]
    rules: Landings
    otherwise: str
    unknown_name: str = "provider_down"
    landings: Landings = field(default_factory=Landings)
    manners: Manners = field(default_factory=Manners)

    def label(self, link: Link) -> str:
        return self.words

    def recognise(self, link: Link) -> bool:
        return host_matches(link.address.host, self.hosts)

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return False

    def check(self, link: Link, settings: LinkSettings) -> None:
        raise stop(self.rules.problem(link.address) or self.otherwise, provider=self.words)

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return ()


RECOGNISED = tuple(
    Recognised(p["name"], p["label"], tuple(p["hosts"]), places_of(p, "refused"), p["otherwise"])
    for p in data_of(__file__)["provider"]
)
