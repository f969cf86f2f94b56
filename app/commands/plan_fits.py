"""Whether what a plan file answers can be: an answer that would count for nothing is told, not passed over."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from app.caspen.facts import WorkspaceFacts
from app.commands.files import BadFile, first_fault, no_country, no_zone, yaml_of
from app.engine.inventory import Inventory
from app.mapping.countries import country_code
from app.mapping.defined import fitting
from app.mapping.kind import Source
from app.mapping.plan import Choice, Plan
from app.mapping.zones import zone_name

_OF_THE_EXPORT = "source:"
_SIMPLE = ("timezone", "country", "leave_out_kinds")


def must_fit_alone(path: Path, source: Source) -> None:
    """Raises BadFile for the first answer of the file that cannot be, whatever the export and the workspace hold."""
    given = yaml_of(path)
    try:
        plan = Plan.model_validate({name: given[name] for name in _SIMPLE if name in given})
    except ValidationError as wrong:
        raise BadFile(f"{path}: {first_fault(wrong)}") from None
    for words in _simple(plan, source):
        raise BadFile(f"{path}: {words}")


def must_fit(plan: Plan, path: Path, facts: WorkspaceFacts, inventory: Inventory, fields: frozenset[str]) -> None:
    """Raises BadFile for the first answer that the export or the workspace does not have.

    `fields` are the workspace's own questions.
    """
    said = frozenset(yaml_of(path))
    every = (
        _matches(plan, facts, fields),
        _place(plan, facts, inventory),
        _types(plan, inventory),
    )
    for wrong in (wrong for some in every for wrong in some):
        name, _, words = wrong.partition(": ")
        if name in said:
            raise BadFile(f"{path}: {name}: {words}")


def _simple(plan: Plan, source: Source) -> Iterator[str]:
    if zone_name(plan.timezone) != plan.timezone:
        yield no_zone(plan.timezone)
    if country_code(plan.country) != plan.country:
        yield no_country(plan.country)
    known = {kind.name for kind in source.kinds}
    for name in plan.leave_out_kinds:
        if name not in known:
            yield f"leave_out_kinds: there is no kind {name}"


def _matches(plan: Plan, facts: WorkspaceFacts, fields: frozenset[str]) -> Iterator[str]:
    there: Mapping[str, frozenset[str]] = {
        "locations": frozenset(one.id for one in facts.locations),
        "users": frozenset(one.id for one in facts.users),
        "practitioners": frozenset(one.id for one in facts.practitioners),
        "services": frozenset(one.id for one in facts.services),
        "fields": fields,
    }
    for name in (*there, "clients"):
        choices: Mapping[str, Choice] = getattr(plan, name)
        for key, choice in choices.items():
            if choice.to == "wait" and name != "clients":
                yield f"{name}: {key} cannot wait: match it, create it or leave it out"
            if choice.to == "match" and (choice.id is None or choice.id not in there.get(name, {choice.id})):
                yield f"{name}: the workspace has nothing by the id that {key} is matched with"


def _place(plan: Plan, facts: WorkspaceFacts, inventory: Inventory) -> Iterator[str]:
    chosen = plan.default_location
    businesses = {one.id for one in inventory.references.get("businesses", ())}
    known = {one.id for one in facts.locations} | {f"{_OF_THE_EXPORT}{one}" for one in businesses}
    if chosen is not None and chosen not in known:
        yield f"default_location: {chosen} is neither a location's id nor {_OF_THE_EXPORT} with a business's"


def _types(plan: Plan, inventory: Inventory) -> Iterator[str]:
    for token, type_ in plan.field_types.items():
        asked = inventory.questions.get(token)
        if asked is None:
            yield f"field_types: the export has no field {token}"
            continue
        own = asked.own or asked.type
        may_be = fitting(own, asked.options)
        if type_ not in (own, *may_be):
            yield f"field_types: {token} cannot become {type_}: it may be {', '.join((own, *may_be))}"
