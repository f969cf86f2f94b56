"""What providers that are known by their hosts have in common, and so do the routes to them; each says what differs."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from app.links.answer import Answer
from app.links.failures import FailureTable, Landings, places_of
from app.links.link import Link, host_matches
from app.links.problems import stop
from app.links.provider import Manners, Provider, RemoteFile, Route, Validator
from app.links.providers.asking import refusal, validator_of
from app.links.settings import LinkSettings
from app.links.web import Web


class KnownProvider:
    """A provider as its data file describes it: `label`, `hosts`, `allowed` hosts, `refused` links, `landing`s."""

    unknown_name = "provider_down"
    manners = Manners()

    def __init__(self, name: str, data: Mapping[str, Any]) -> None:
        self.name, self.words = name, str(data["label"])
        self.landings: Landings = places_of(data, "landing")
        self._hosts, self._allowed = tuple(data["hosts"]), tuple(data["allowed"])
        self._refused = places_of(data, "refused")

    def label(self, link: Link) -> str:
        return self.words

    def recognise(self, link: Link) -> bool:
        return host_matches(link.address.host, self._hosts)

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return host_matches(host, self._allowed)

    def check(self, link: Link, settings: LinkSettings) -> None:
        if (problem := self._refused.problem(link.address)) is not None:
            raise stop(problem)

    def credentials(self, settings: LinkSettings) -> Mapping[str, bool]:
        return {}

    def routes(self, settings: LinkSettings) -> Sequence[Route]:
        return ()


class KnownRoute:
    """A route whose refusals are a table, and whose files come as attachments of a page that promises nothing."""

    confirms = False
    best_effort = True
    failures: ClassVar[FailureTable]

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def file(self, link: Link, file: RemoteFile, web: Web) -> RemoteFile | None:
        return next((now for now in self.files(link, web) if now.item == file.item), None)

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        return ()

    def validator(self, answer: Answer) -> Validator:
        return validator_of(answer)

    def checksums(self, answer: Answer) -> Mapping[str, str]:
        return {}

    def problem(self, answer: Answer) -> str:
        return self.failures.problem(refusal(answer))

    def trusts(self, answer: Answer) -> bool:
        return answer.attachment

    def refused(self, answer: Answer, link: Link, web: Web) -> Exception:
        """The Stop for an answer that is not what was asked for."""
        return web.refused(answer, self.problem(answer), self._provider.label(link))
