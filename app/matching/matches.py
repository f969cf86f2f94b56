"""Suggests matches between an export and a workspace: locations, users, practitioners and services.

A row whose own record an earlier move brought is that record, before any rule is asked (see `own_records`). A row that
an earlier live move matched stays matched.
A `sure` suggestion may be taken without asking; an `unsure` suggestion is shown for the clinic's decision.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from app.caspen.workspace_snapshot import WorkspaceSnapshot
from app.index.use_counts import ReferredThing
from app.index.view import choices
from app.mapping.kind import Source
from app.mapping.kind_roles import KindRole
from app.mapping.names import normalise_name, normalise_person
from app.mapping.plan import CREATE, OF_THE_EXPORT, Choice, Plan
from app.matching.own_records import choice_of, find_own_records, without_overridden
from app.migration.earlier_matches import EarlierMatches
from app.reading.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location, user, practitioner or service of the workspace."""

    id: str
    name: str
    email: str | None
    active: bool

    @property
    def label(self) -> str:
        return f"{self.name} ({self.email})" if self.email else self.name


@dataclass(frozen=True, slots=True)
class MatchSubject:
    """A name of the export to match, with the candidates of the workspace."""

    reference: ReferredThing
    email: str | None
    candidates: tuple[Candidate, ...]
    alone: bool = False  # the export has no other name of this kind


@dataclass(frozen=True, slots=True)
class Rule:
    """`why` explains a single match, `several` a number of matches."""

    why: str
    sure: bool
    fits: Callable[[MatchSubject], tuple[Candidate, ...]]
    several: str


def _active_first(matches: list[Candidate]) -> tuple[Candidate, ...]:
    """Prefers the only active candidate among candidates with the same name."""
    active = [c for c in matches if c.active]
    return tuple(active if len(active) == 1 else matches)


def _by_email(subject: MatchSubject) -> tuple[Candidate, ...]:
    if not subject.email:
        return ()
    wanted = normalise_name(subject.email)
    return _active_first([c for c in subject.candidates if c.email and normalise_name(c.email) == wanted])


def _by_name(subject: MatchSubject) -> tuple[Candidate, ...]:
    wanted = normalise_name(subject.reference.name)
    return _active_first([c for c in subject.candidates if normalise_name(c.name) == wanted])


def _by_person(subject: MatchSubject) -> tuple[Candidate, ...]:
    wanted = normalise_person(subject.reference.name)
    return _active_first([c for c in subject.candidates if normalise_person(c.name) == wanted])


def _by_last_name(subject: MatchSubject) -> tuple[Candidate, ...]:
    wanted = normalise_person(subject.reference.name).rpartition(" ")[2]
    return _active_first([c for c in subject.candidates if normalise_person(c.name).rpartition(" ")[2] == wanted])


def _only(subject: MatchSubject) -> tuple[Candidate, ...]:
    active = tuple(c for c in subject.candidates if c.active)
    return active if subject.alone and len(active) == 1 else ()


same_email = Rule("Same e-mail", True, _by_email, "people fit")
same_name = Rule("Same name", True, _by_name, "of that name fit")
same_person = Rule("Same name", True, _by_person, "people fit")
namesake = Rule("Same name", False, _by_person, "people fit")
same_last_name = Rule("Last name is the same", False, _by_last_name, "people fit")
the_only = Rule("The only one on both sides", False, _only, "")


Certainty = Literal["sure", "unsure", "none"]
Nature = Literal["appointment", "activity"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The suggestion for one name. With `none`, the workspace has no match and the name is created.

    `nature` is suggested for services that are created: appointment, or activity without the client. `own` is the id of
    the record that an earlier move brought of this row.
    """

    reference: ReferredThing
    choice: Choice
    why: str = ""
    certainty: Certainty = "none"
    nature: Nature | None = None
    own: str | None = None

    @property
    def object_id(self) -> str | None:
        """The workspace's object that the name stands for; None for a name that is created or left out."""
        return self.own if self.choice.to == "create" else self.choice.id


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Suggestions by role, in the order of the export. Appointments without a location go to `default_location`."""

    roles: Mapping[KindRole, tuple[Suggestion, ...]] = field(default_factory=dict)
    default_location: str | None = None
    old: Plan = field(default_factory=Plan)


RULES: Mapping[KindRole, tuple[Rule, ...]] = {
    KindRole.LOCATION: (same_name, the_only),
    KindRole.USER: (same_email, namesake),
    KindRole.PRACTITIONER: (same_email, same_person, same_last_name),
    KindRole.SERVICE: (same_name,),
}


NO_MATCHES: EarlierMatches = {}


def suggest(
    inventory: Inventory,
    workspace: WorkspaceSnapshot,
    old: Plan | None = None,
    *,
    source: Source,
    earlier: EarlierMatches = NO_MATCHES,
) -> Suggestions:
    """Suggests a match for every name.

    An older plan's choice is kept while its object exists and while the id has the same name in this export. Otherwise
    the choice is removed from the plan, and the clinic chooses again. A row's own record replaces what nobody chose.
    `earlier` are the matches of earlier live moves.
    """
    candidates, own = _candidates(workspace), find_own_records(inventory, workspace, source)
    old, gone = with_same_names(old or Plan(), inventory, source)
    old = without_overridden(old, own)
    before = choices(old)
    emails = {user.id: user.email for user in inventory.named(source, KindRole.USER)}
    suggestions: dict[KindRole, tuple[Suggestion, ...]] = {}
    for role, rules in RULES.items():
        references = inventory.named(source, role)
        subjects = [
            MatchSubject(
                reference,
                emails.get(reference.user or "") if role is KindRole.PRACTITIONER else reference.email,
                candidates[role],
                len(references) == 1,
            )
            for reference in references
        ]
        known = _known(subjects, workspace, before[role], own.get(role, {}), earlier.get(role, {}))
        matched = _matched(subjects, rules, known)
        suggestions[role] = tuple(_flag_changed_name(suggestion, gone.get(role, {})) for suggestion in matched)
    natures = _natures(source, old)
    suggestions[KindRole.SERVICE] = tuple(natures(s) for s in suggestions[KindRole.SERVICE])
    return Suggestions(suggestions, _default_location(suggestions[KindRole.LOCATION], workspace, old), old)


def with_same_names(plan: Plan, inventory: Inventory, source: Source) -> tuple[Plan, dict[KindRole, dict[str, str]]]:
    """Removes choices that were made for another name under the same id.

    Returns the plan, and by role the names of the removed choices. An export that numbers its rows anew must not move a
    choice to another person.
    """
    gone: dict[KindRole, dict[str, str]] = {}
    kept: dict[str, dict[str, Choice]] = {}
    for role, chosen in choices(plan).items():
        names = {reference.id: reference.name for reference in inventory.named(source, role)}
        others = {
            id_: choice.whom
            for id_, choice in chosen.items()
            if choice.whom and id_ in names and normalise_name(names[id_]) != normalise_name(choice.whom)
        }
        if others:
            gone[role] = others
            kept[role] = {id_: choice for id_, choice in chosen.items() if id_ not in others}
    return (plan.model_copy(update=kept) if kept else plan), gone


def _flag_changed_name(suggestion: Suggestion, others: Mapping[str, str]) -> Suggestion:
    """Makes a suggestion unsure when an earlier choice for its id had another name."""
    whom = others.get(suggestion.reference.id)
    if whom is None or suggestion.certainty == "sure":
        return suggestion
    why = f"You chose for {whom}, who had this number in the export before. Choose again"
    return replace(suggestion, why=why, certainty="unsure")


def plan_from(suggestions: Suggestions) -> Plan:
    """The plan with every sure suggestion taken, the rest created, and safe defaults for questions.

    A service counts as an appointment unless the older plan differs.
    """
    chosen: dict[str, dict[str, Choice]] = {
        role: {s.reference.id: s.choice for s in some if s.certainty == "sure" and s.choice != CREATE}
        for role, some in suggestions.roles.items()
    }
    return suggestions.old.model_copy(update={**chosen, "default_location": suggestions.default_location})


def _known(
    subjects: list[MatchSubject],
    workspace: WorkspaceSnapshot,
    chosen: Mapping[str, Choice],
    own: Mapping[str, str],
    earlier: Mapping[str, Choice],
) -> dict[str, Suggestion]:
    """What is known without a rule, by source id: choices, the rows' own records, and matches of earlier moves."""
    suggestions = (
        _before(chosen, subject, own) or _own(own, subject.reference, workspace) or _earlier(earlier, subject)
        for subject in subjects
    )
    return {suggestion.reference.id: suggestion for suggestion in suggestions if suggestion is not None}


def _matched(
    subjects: list[MatchSubject], rules: tuple[Rule, ...], known: Mapping[str, Suggestion]
) -> tuple[Suggestion, ...]:
    """Applies each rule to all subjects, the surest rule first, so that a vague match never takes a certain one."""
    matches = dict(known)
    taken = {match.object_id: match.reference.name for match in matches.values()}
    for rule in rules:
        for subject in subjects:
            if subject.reference.id in matches:
                continue
            suggestion = _apply(rule, subject, taken)
            if suggestion is not None:
                matches[subject.reference.id] = suggestion
                taken[suggestion.choice.id] = subject.reference.name
    return tuple(matches.get(subject.reference.id) or _new(subject.reference) for subject in subjects)


def _new(reference: ReferredThing) -> Suggestion:
    """Suggests creating a name without a match. The target of rows without a name is unsure."""
    if reference.unnamed:
        return Suggestion(reference, CREATE, "These appointments name none", "unsure")
    return Suggestion(reference, CREATE)


def _before(chosen: Mapping[str, Choice], subject: MatchSubject, own: Mapping[str, str]) -> Suggestion | None:
    choice = chosen.get(subject.reference.id)
    if choice is None or (choice.to == "match" and all(c.id != choice.id for c in subject.candidates)):
        return None
    return Suggestion(subject.reference, choice, "Chosen before", "sure", own=own.get(subject.reference.id))


def _own(own: Mapping[str, str], reference: ReferredThing, workspace: WorkspaceSnapshot) -> Suggestion | None:
    record = own.get(reference.id)
    if record is None:
        return None
    choice = choice_of(reference, record, workspace)
    return Suggestion(reference, choice, "An earlier move brought it", "sure", own=record)


def _earlier(earlier: Mapping[str, Choice], subject: MatchSubject) -> Suggestion | None:
    """The match of an earlier move while its object exists, unless a person chose for another name under this id."""
    reference, choice = subject.reference, earlier.get(subject.reference.id)
    if choice is None or all(candidate.id != choice.id for candidate in subject.candidates):
        return None
    is_same = reference.named_only or not choice.whom or normalise_name(choice.whom) == normalise_name(reference.name)
    match = Choice(to="match", id=choice.id)
    return Suggestion(reference, match, "An earlier move matched it", "sure") if is_same else None


def _apply(rule: Rule, subject: MatchSubject, taken: Mapping[str | None, str]) -> Suggestion | None:
    fits = rule.fits(subject)
    if not fits:
        return None
    if len(fits) > 1:
        many = "Two" if len(fits) == 2 else "Several"
        why = f"{many} {rule.several}: {_listed([c.label for c in fits])}"
        return Suggestion(subject.reference, CREATE, why, "unsure")
    if fits[0].id in taken:
        why = f"{fits[0].name} in Caspen is matched to {taken[fits[0].id]} already"
        return Suggestion(subject.reference, CREATE, why, "unsure")
    return Suggestion(subject.reference, Choice(to="match", id=fits[0].id), rule.why, "sure" if rule.sure else "unsure")


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _natures(source: Source, old: Plan) -> Callable[[Suggestion], Suggestion]:
    """Adds the nature of types that are created, from the words in their names."""
    kind = source.with_role(KindRole.SERVICE)
    words = kind.schedule.activity_words if kind is not None else ()

    def with_nature(suggestion: Suggestion) -> Suggestion:
        if suggestion.choice.to != "create":
            return suggestion
        plain = re.sub(r"[^a-z0-9]+", " ", normalise_name(suggestion.reference.name))
        nature: Nature = "activity" if any(word in plain for word in words) else "appointment"
        return replace(suggestion, nature=old.service_kinds.get(suggestion.reference.id, nature))

    return with_nature


def _default_location(locations: tuple[Suggestion, ...], workspace: WorkspaceSnapshot, old: Plan | None) -> str | None:
    """The older plan's location, else the location with most appointments, else the workspace's first location."""
    if old and old.default_location:
        return old.default_location
    kept = [s for s in locations if s.choice.to != "leave_out"]
    if kept:
        main = max(kept, key=lambda s: (s.reference.active, s.reference.appointments))
        place = main.object_id if main.certainty == "sure" else None
        return place or f"{OF_THE_EXPORT}{main.reference.id}"
    return next((place.id for place in workspace.locations if not place.archived), None)


def _candidates(workspace: WorkspaceSnapshot) -> Mapping[KindRole, tuple[Candidate, ...]]:
    return {
        KindRole.LOCATION: tuple(Candidate(p.id, p.name, None, not p.archived) for p in workspace.locations),
        KindRole.USER: tuple(Candidate(u.id, u.name, u.email, u.active) for u in workspace.users),
        KindRole.PRACTITIONER: tuple(Candidate(p.id, p.name, p.email, p.active) for p in workspace.practitioners),
        KindRole.SERVICE: tuple(Candidate(s.id, s.name, None, not s.archived) for s in workspace.services),
    }
