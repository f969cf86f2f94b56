"""Proposes who is who: which business, user, practitioner and appointment type of an export a workspace has already.

A suggestion is `sure` when it may be taken without asking; an `unsure` one is shown, and asked about.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from app.caspen.workspace_snapshot import WorkspaceSnapshot
from app.index.referred import Reference
from app.index.view import choices
from app.mapping.kind import Source
from app.mapping.names import normalise_name, normalise_person
from app.mapping.plan import CREATE, Choice, Plan
from app.reading.inventory import Inventory

# The rules by which somebody of an export is found in a workspace, from the surest to the vaguest.


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


PLACES = {
    "businesses": "locations",
    "users": "users",
    "practitioners": "practitioners",
    "appointment_types": "services",
}
"""The field of a plan that holds the choices of a kind."""
Certainty = Literal["sure", "unsure", "none"]
Nature = Literal["appointment", "activity"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is proposed for one of them. With `none`, nothing in the workspace fits and it is created.

    `nature` is proposed for appointment types that are created: whether the client is there.
    """

    reference: Reference
    choice: Choice
    why: str = ""
    certainty: Certainty = "none"
    nature: Nature | None = None


@dataclass(frozen=True, slots=True)
class Suggestions:
    """By kind, in the order of the export. `default_location` is where appointments go that name no business."""

    kinds: Mapping[str, tuple[Suggestion, ...]] = field(default_factory=dict)
    default_location: str | None = None
    old: Plan = field(default_factory=Plan)


RULES: Mapping[str, tuple[Rule, ...]] = {
    "businesses": (same_name, the_only),
    "users": (same_email, namesake),
    "practitioners": (same_email, same_person, same_last_name),
    "appointment_types": (same_name,),
}


def suggest(
    inventory: Inventory, workspace: WorkspaceSnapshot, old: Plan | None = None, *, source: Source | None = None
) -> Suggestions:
    """Looks at every one of them. What an older plan chose stays chosen while its object is still there, and while the
    id means the same in this export; otherwise the choice is taken out of the plan, and the name is asked about."""
    candidates = _candidates(workspace)
    old, gone = with_same_names(old or Plan(), inventory)
    before = choices(old)
    emails = {user.id: user.email for user in inventory.references.get("users", ())}
    found: dict[str, tuple[Suggestion, ...]] = {}
    for kind, rules in RULES.items():
        references = inventory.references.get(kind, ())
        looks = [
            Finding(
                one,
                emails.get(one.user or "") if kind == "practitioners" else one.email,
                candidates[kind],
                len(references) == 1,
            )
            for one in references
        ]
        found[kind] = tuple(_asked_again(s, gone.get(kind, {})) for s in _matched(looks, rules, before[kind]))
    natures = _natures(source, old)
    found["appointment_types"] = tuple(natures(s) for s in found["appointment_types"])
    return Suggestions(found, _default_location(found["businesses"], workspace, old), old)


def with_same_names(plan: Plan, inventory: Inventory) -> tuple[Plan, dict[str, dict[str, str]]]:
    """The plan without choices that a person made for another name under the same id, and by kind whom these choices
    were made for. An export that numbers its rows anew must not move a choice to somebody else."""
    gone: dict[str, dict[str, str]] = {}
    places: dict[str, dict[str, Choice]] = {}
    for kind, chosen in choices(plan).items():
        names = {one.id: one.name for one in inventory.references.get(kind, ())}
        others = {
            id_: choice.whom
            for id_, choice in chosen.items()
            if choice.whom and id_ in names and normalise_name(names[id_]) != normalise_name(choice.whom)
        }
        if others:
            gone[kind] = others
            places[PLACES[kind]] = {id_: choice for id_, choice in chosen.items() if id_ not in others}
    return (plan.model_copy(update=places) if places else plan), gone


def _asked_again(suggestion: Suggestion, others: Mapping[str, str]) -> Suggestion:
    """A suggestion for an id whose earlier choice was for another name: shown, and never taken by itself."""
    whom = others.get(suggestion.reference.id)
    if whom is None or suggestion.certainty == "sure":
        return suggestion
    why = f"You chose for {whom}, who had this number in the export before. Choose again"
    return replace(suggestion, why=why, certainty="unsure")


def plan_from(suggestions: Suggestions) -> Plan:
    """The plan of somebody who takes every sure suggestion, creates the rest, and answers questions with safe defaults.

    An appointment type counts as an appointment unless the older plan says otherwise.
    """
    chosen = {
        kind: {s.reference.id: s.choice for s in some if s.certainty == "sure" and s.choice != CREATE}
        for kind, some in suggestions.kinds.items()
    }
    return suggestions.old.model_copy(
        update={
            "locations": chosen.get("businesses", {}),
            "users": chosen.get("users", {}),
            "practitioners": chosen.get("practitioners", {}),
            "services": chosen.get("appointment_types", {}),
            "default_location": suggestions.default_location,
        }
    )


def _matched(looks: list[Finding], rules: tuple[Rule, ...], chosen: Mapping[str, Choice]) -> tuple[Suggestion, ...]:
    """The surest rule goes first over all of them, so that nobody takes by likeness whom another is for certain."""
    found = {look.reference.id: s for look in looks if (s := _before(chosen, look)) is not None}
    taken = {s.choice.id: s.reference.name for s in found.values()}
    for rule in rules:
        for look in looks:
            if look.reference.id in found:
                continue
            suggestion = _asked(rule, look, taken)
            if suggestion is not None:
                found[look.reference.id] = suggestion
                taken[suggestion.choice.id] = look.reference.name
    return tuple(found.get(look.reference.id) or _new(look.reference) for look in looks)


def _new(reference: Reference) -> Suggestion:
    """What nothing in the workspace fits is created; what rows without a name refer to is asked about."""
    if reference.unnamed:
        return Suggestion(reference, CREATE, "These appointments name none", "unsure")
    return Suggestion(reference, CREATE)


def _before(chosen: Mapping[str, Choice], look: Finding) -> Suggestion | None:
    choice = chosen.get(look.reference.id)
    if choice is None or (choice.to == "match" and all(c.id != choice.id for c in look.candidates)):
        return None
    return Suggestion(look.reference, choice, "Chosen before", "sure")


def _asked(rule: Rule, look: Finding, taken: Mapping[str | None, str]) -> Suggestion | None:
    fits = rule.fits(look)
    if not fits:
        return None
    if len(fits) > 1:
        many = "Two" if len(fits) == 2 else "Several"
        return Suggestion(look.reference, CREATE, f"{many} {rule.several}: {_listed([c.told for c in fits])}", "unsure")
    if fits[0].id in taken:
        why = f"{fits[0].name} in Caspen is matched to {taken[fits[0].id]} already"
        return Suggestion(look.reference, CREATE, why, "unsure")
    return Suggestion(look.reference, Choice(to="match", id=fits[0].id), rule.why, "sure" if rule.sure else "unsure")


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _natures(source: Source | None, old: Plan) -> Callable[[Suggestion], Suggestion]:
    """Adds to types that are created whether their names say that the client is not in the room."""
    kinds = source.kinds if source else ()
    words = [word for kind in kinds if kind.name == "appointment_types" for word in kind.schedule.activity_words]

    def with_nature(suggestion: Suggestion) -> Suggestion:
        if suggestion.choice.to != "create":
            return suggestion
        plain = re.sub(r"[^a-z0-9]+", " ", normalise_name(suggestion.reference.name))
        nature: Nature = "activity" if any(word in plain for word in words) else "appointment"
        return replace(suggestion, nature=old.service_kinds.get(suggestion.reference.id, nature))

    return with_nature


def _default_location(businesses: tuple[Suggestion, ...], workspace: WorkspaceSnapshot, old: Plan | None) -> str | None:
    """The older plan's; else where most appointments were; else the workspace's own first place."""
    if old and old.default_location:
        return old.default_location
    staying = [s for s in businesses if s.choice.to != "leave_out"]
    if staying:
        main = max(staying, key=lambda s: (s.reference.active, s.reference.appointments))
        sure = main.certainty == "sure" and main.choice.id
        return main.choice.id if sure else f"source:{main.reference.id}"
    return next((place.id for place in workspace.locations if not place.archived), None)


def _candidates(workspace: WorkspaceSnapshot) -> Mapping[str, tuple[Candidate, ...]]:
    return {
        "businesses": tuple(Candidate(p.id, p.name, None, not p.archived) for p in workspace.locations),
        "users": tuple(Candidate(u.id, u.name, u.email, u.active) for u in workspace.users),
        "practitioners": tuple(Candidate(p.id, p.name, p.email, p.active) for p in workspace.practitioners),
        "appointment_types": tuple(Candidate(s.id, s.name, None, not s.archived) for s in workspace.services),
    }
