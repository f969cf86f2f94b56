"""Failure tables: the problem that a provider's error response or address means. The first matching row wins."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.links.share_link import WebAddress, host_matches


@dataclass(frozen=True, slots=True)
class RefusedResponse:
    """An error response as a failure table compares it: status, error code, and the body in small letters."""

    status: int
    code: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A row matches where every given column matches. `without` are texts that the body must not contain."""

    problem: str
    status: tuple[int, ...] = ()
    code: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def matches(self, refusal: RefusedResponse) -> bool:
        return (
            (not self.status or refusal.status in self.status)
            and (not self.code or refusal.code in self.code)
            and (not self.contains or any(c in refusal.body for c in self.contains))
            and not any(c in refusal.body for c in self.without)
        )


@dataclass(frozen=True, slots=True)
class FailureTable:
    """The failure rows of one route, in the order of the provider's data file."""

    rows: Sequence[FailureRow]

    def problem(self, refusal: RefusedResponse) -> str:
        """The problem code of the first matching row. Without a match the code is `provider_changed`, our own fault."""
        return next((row.problem for row in self.rows if row.matches(refusal)), "provider_changed")


@dataclass(frozen=True, slots=True)
class AddressRule:
    """An address that means a problem: a host in `hosts`, a path that matches, no parameter `unless` (`name=value`)."""

    problem: str
    hosts: tuple[str, ...] = ()
    path: str = ""
    unless: str = ""

    def matches(self, address: WebAddress) -> bool:
        name, _, value = self.unless.partition("=")
        return (
            (not self.hosts or host_matches(address.host, self.hosts))
            and re.search(self.path, address.path, re.IGNORECASE) is not None
            and not (name and address.parameters.get(name, "").lower() == value)
        )


@dataclass(frozen=True, slots=True)
class AddressRules:
    """The problems that addresses mean, such as a redirect to a sign-in page."""

    rules: Sequence[AddressRule] = ()

    def problem(self, address: WebAddress) -> str | None:
        """The problem code of the first matching rule, or None."""
        return next((rule.problem for rule in self.rules if rule.matches(address)), None)


def parse_failure_table(data: Mapping[str, Any], name: str = "failure") -> FailureTable:
    """The failure table with this name in a provider's data."""
    return FailureTable(
        tuple(
            FailureRow(
                problem=row["problem"],
                status=tuple(row.get("status", ())),
                code=tuple(row.get("code", ())),
                contains=tuple(text.lower() for text in row.get("contains", ())),
                without=tuple(text.lower() for text in row.get("without", ())),
            )
            for row in data.get(name, ())
        )
    )


def parse_address_rules(data: Mapping[str, Any], name: str) -> AddressRules:
    """The address rules with this name in a provider's data: `landing` for redirects, `refused` for pasted links."""
    return AddressRules(
        tuple(
            AddressRule(row["problem"], tuple(row.get("hosts", ())), row.get("path", ""), row.get("unless", ""))
            for row in data.get(name, ())
        )
    )
