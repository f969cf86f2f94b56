"""Links that a clinic may paste and that we cannot collect here: each answered with its own words, and no request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.links.answer import Answer
from app.links.failures import data_of
from app.links.link import Link, host_matches
from app.links.problems import stop
from app.links.provider import Found, RemoteFile, Validator
from app.links.settings import LinkSettings
from app.links.web import Web


@dataclass(frozen=True, slots=True)
class Rule:
    """What a link of this host and path is told."""

    problem: str
    host: str = ""
    path: str = ""

    def fits(self, link: Link) -> bool:
        host, path = link.address.host, link.address.path
        return (not self.host or host_matches(host, (self.host,))) and re.search(self.path, path) is not None


@dataclass(frozen=True, slots=True)
class Recognised:
    """A provider known by its hosts alone."""

    name: str
    words: str
    hosts: tuple[str, ...]
    rules: tuple[Rule, ...]
    unknown_name: str = "provider_down"

    def label(self, link: Link) -> str:
        return self.words

    def recognise(self, link: Link) -> bool:
        return host_matches(link.address.host, self.hosts)

    def allows(self, host: str, settings: LinkSettings) -> bool:
        return False

    def probe(self, link: Link, web: Web) -> Found:
        problem = next((rule.problem for rule in self.rules if rule.fits(link)), "provider_off")
        raise stop(problem, provider=self.words)

    def files(self, link: Link, web: Web) -> Sequence[RemoteFile]:
        return self.probe(link, web).files

    def open(self, link: Link, file: RemoteFile, web: Web, start: int) -> Answer:
        raise stop("provider_off", provider=self.words)

    def validator(self, answer: Answer) -> Validator:
        return Validator()

    def problem(self, answer: Answer) -> str:
        return "provider_off"

    def trusts(self, answer: Answer) -> bool:
        return False


def _read() -> tuple[Recognised, ...]:
    return tuple(
        Recognised(
            name=p["name"],
            words=p["label"],
            hosts=tuple(p["hosts"]),
            rules=tuple(Rule(**rule) for rule in p.get("rule", ())),
        )
        for p in data_of(__file__)["provider"]
    )


RECOGNISED = _read()
