"""What a provider's refusals mean: tables in the provider's data file; from the top, the first fitting row wins."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.links.link import Address, host_matches


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request, reduced to what a table looks at; the body is never kept."""

    status: int
    code: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Fits when every given column does. `without` are texts that must not stand in the body."""

    problem: str
    status: tuple[int, ...] = ()
    code: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def fits(self, refusal: Refusal) -> bool:
        return (
            (not self.status or refusal.status in self.status)
            and (not self.code or refusal.code in self.code)
            and (not self.contains or any(c in refusal.body for c in self.contains))
            and not any(c in refusal.body for c in self.without)
        )


@dataclass(frozen=True, slots=True)
class FailureTable:
    rows: Sequence[Row]

    def problem(self, refusal: Refusal) -> str:
        """The code of the problem; what no row knows is our fault, never the clinic's."""
        return next((row.problem for row in self.rows if row.fits(refusal)), "provider_changed")


@dataclass(frozen=True, slots=True)
class Place:
    """An address that means something by itself: of these hosts, with this path, and without the parameter `unless`
    (written `name=value`)."""

    problem: str
    hosts: tuple[str, ...] = ()
    path: str = ""
    unless: str = ""

    def fits(self, address: Address) -> bool:
        name, _, value = self.unless.partition("=")
        return (
            (not self.hosts or host_matches(address.host, self.hosts))
            and re.search(self.path, address.path, re.IGNORECASE) is not None
            and not (name and address.parameters.get(name, "").lower() == value)
        )


@dataclass(frozen=True, slots=True)
class Landings:
    """Where a provider sends those whom it does not serve, and what that means."""

    places: Sequence[Place] = ()

    def problem(self, address: Address) -> str | None:
        return next((place.problem for place in self.places if place.fits(address)), None)


def data_of(module_file: str, name: str = "") -> Mapping[str, Any]:
    """The data file beside a provider's module."""
    here = Path(module_file)
    path = here.with_name(name) if name else here.with_suffix(".toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def table_of(data: Mapping[str, Any], name: str = "failure") -> FailureTable:
    return FailureTable(
        tuple(
            Row(
                problem=row["problem"],
                status=tuple(row.get("status", ())),
                code=tuple(row.get("code", ())),
                contains=tuple(text.lower() for text in row.get("contains", ())),
                without=tuple(text.lower() for text in row.get("without", ())),
            )
            for row in data.get(name, ())
        )
    )


def places_of(data: Mapping[str, Any], name: str) -> Landings:
    """`landing` for redirects, `refused` for pasted links."""
    return Landings(
        tuple(
            Place(row["problem"], tuple(row.get("hosts", ())), row.get("path", ""), row.get("unless", ""))
            for row in data.get(name, ())
        )
    )
