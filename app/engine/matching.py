"""The rules by which somebody of an export is found in a workspace, from the surest to the vaguest."""

from collections.abc import Callable
from dataclasses import dataclass

from app.engine.index.referred import Reference
from app.mapping.names import normalise_name, normalise_person


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location, user, practitioner or service of the workspace."""

    id: str
    name: str
    email: str | None
    active: bool

    @property
    def told(self) -> str:
        return f"{self.name} ({self.email})" if self.email else self.name


@dataclass(frozen=True, slots=True)
class Finding:
    """Who is looked for, among whom."""

    reference: Reference
    email: str | None
    candidates: tuple[Candidate, ...]
    alone: bool = False  # the export has no other of its kind


@dataclass(frozen=True, slots=True)
class Rule:
    """`why` is told when one fits, `several` when more do."""

    why: str
    sure: bool
    fits: Callable[[Finding], tuple[Candidate, ...]]
    several: str


def _active_first(found: list[Candidate]) -> tuple[Candidate, ...]:
    """Of namesakes of which only one is in use, that one is meant."""
    active = [c for c in found if c.active]
    return tuple(active if len(active) == 1 else found)


def _by_email(look: Finding) -> tuple[Candidate, ...]:
    if not look.email:
        return ()
    wanted = normalise_name(look.email)
    return _active_first([c for c in look.candidates if c.email and normalise_name(c.email) == wanted])


def _by_name(look: Finding) -> tuple[Candidate, ...]:
    wanted = normalise_name(look.reference.name)
    return _active_first([c for c in look.candidates if normalise_name(c.name) == wanted])


def _by_person(look: Finding) -> tuple[Candidate, ...]:
    wanted = normalise_person(look.reference.name)
    return _active_first([c for c in look.candidates if normalise_person(c.name) == wanted])


def _by_last_name(look: Finding) -> tuple[Candidate, ...]:
    wanted = normalise_person(look.reference.name).rpartition(" ")[2]
    return _active_first([c for c in look.candidates if normalise_person(c.name).rpartition(" ")[2] == wanted])


def _only(look: Finding) -> tuple[Candidate, ...]:
    active = tuple(c for c in look.candidates if c.active)
    return active if look.alone and len(active) == 1 else ()


same_email = Rule("Same e-mail", True, _by_email, "people fit")
same_name = Rule("Same name", True, _by_name, "of that name fit")
same_person = Rule("Same name", True, _by_person, "people fit")
namesake = Rule("Same name", False, _by_person, "people fit")
same_last_name = Rule("Last name is the same", False, _by_last_name, "people fit")
the_only = Rule("The only one on both sides", False, _only, "")
