"""Reads the files that a command takes besides the export: a workspace to import into, and answers to questions."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.caspen.gateway import ROLES, Gateway
from app.caspen.name_keys import normalise_name
from app.caspen.workspace_snapshot import WorkspaceSnapshot, load_workspace
from app.mapping.countries import country_code
from app.mapping.plan import Plan
from app.mapping.storable import without_unshowable
from app.mapping.time_zones import zone_name
from app.worker.runtime import Runtime

YamlScalar: TypeAlias = str | int | float | date | bytes | None
"""A value without parts: YAML reads a day as a date and a time as a datetime."""
YamlValue: TypeAlias = YamlScalar | list["YamlValue"] | dict[YamlScalar, "YamlValue"]
"""Any value of a YAML file. A person wrote the file, so that each reader checks the type of what it uses."""
ANSWERED_BEFORE = ("file_kinds", "column_pairs", "headerless", "file_encodings")  # asked by reading, not by matching


class BadFile(Exception):
    """A file that was passed to a command has invalid content."""


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]


def _is_role(role: str) -> str:
    if role not in ROLES:
        raise ValueError(f"roles are {', '.join(sorted(ROLES))}")
    return role


class GivenLocation(_Given):
    name: Name
    archived: bool = False


class GivenUser(_Given):
    name: Name
    email: Name
    role: Annotated[str, AfterValidator(_is_role)]
    invite: Literal["accepted", "invited", "not_invited"] = "accepted"
    active: bool = True


class GivenService(_Given):
    name: Name
    kind: Literal["appointment", "activity"] = "appointment"
    duration: int = Field(default=30, ge=1, le=24 * 60)


class GivenWorkspace(_Given):
    """A workspace as a file describes it."""

    name: Name
    timezone: str = "Australia/Sydney"
    country: str = "AU"
    locations: list[GivenLocation] = []
    users: list[GivenUser] = []
    services: list[GivenService] = []


def read_workspace(path: Path) -> GivenWorkspace:
    """Reads a workspace file. Raises BadFile with the first invalid value."""
    try:
        given = GivenWorkspace.model_validate(yaml_of(path))
    except ValidationError as wrong:
        raise BadFile(f"{path}: {first_fault(wrong)}") from None
    if zone_name(given.timezone) != given.timezone:
        raise BadFile(f"{path}: {no_zone(given.timezone)}")
    if country_code(given.country) != given.country:
        raise BadFile(f"{path}: {no_country(given.country)}")
    return given


def no_zone(name: str) -> str:
    """The message for a time zone that does not exist."""
    return f"timezone: {name} is no time zone such as Australia/Sydney"


def no_country(code: str) -> str:
    """The message for a country that does not exist."""
    return f"country: {code} is no country's code such as AU"


def set_up(runtime: Runtime, workspace_id: str, given: GivenWorkspace) -> None:
    """Creates what the workspace lacks. Existing objects, by name or e-mail, are not changed."""
    gateway = Gateway(runtime.caspen, workspace_id, "command line")
    for place in given.locations:
        if gateway.find("locations", place.name) is None:
            gateway.add_location(place.name, archived=place.archived)
    emails = {user.email for user in load_workspace(runtime.caspen, workspace_id).users}
    for user in given.users:
        if user.email not in emails:
            gateway.invite_user(user.name, user.email, user.role, invite=user.invite, active=user.active)
    for service in given.services:
        if gateway.find("services", service.name) is None:
            gateway.add_service(service.name, kind=service.kind, duration=service.duration)


def answered(plan: Plan, path: Path, workspace: WorkspaceSnapshot) -> Plan:
    """The suggested plan with the answers of a file. A match may name its object instead of its id."""
    given: Mapping[str, Any] = yaml_of(path)  # Plan checks each value
    known = plan.model_dump(mode="json")
    ids = {
        "locations": {normalise_name(location.name): location.id for location in workspace.locations},
        "users": {normalise_name(user.name): user.id for user in workspace.users},
        "practitioners": {normalise_name(person.name): person.id for person in workspace.practitioners},
        "services": {normalise_name(service.name): service.id for service in workspace.services},
        "clients": {},  # a name does not identify a client
        "fields": {},
    }
    for name, value in given.items():
        if name in ANSWERED_BEFORE:
            continue  # applied before the export was read
        if name in ids:
            if not isinstance(value, dict):
                raise BadFile(f"{path}: {name} must hold the source's ids, each with a choice")
            value = {str(key): _choice(choice, ids[name]) for key, choice in value.items()}
        elif isinstance(value, dict):
            value = {str(key): inner for key, inner in value.items()}
        known[name] = {**known[name], **value} if isinstance(known.get(name), dict) else value
    try:
        return Plan.model_validate(known)
    except ValidationError as wrong:
        raise BadFile(f"{path}: {first_fault(wrong)}") from None


def _choice(choice: Any, ids: dict[str, str]) -> Any:
    if isinstance(choice, str):
        return {"to": choice}
    if isinstance(choice, dict) and "name" in choice:
        object_id = ids.get(normalise_name(str(choice["name"])))
        if object_id is None:
            raise BadFile("a match names something that the workspace does not have")
        return {"to": "match", "id": object_id}
    return choice


def yaml_of(path: Path) -> dict[str, YamlValue]:
    """The names and values of a YAML file. Raises BadFile."""
    try:
        text = path.read_text(encoding="utf-8")
        if (line := _repeated_at(yaml.compose(text, yaml.SafeLoader))) is not None:
            raise BadFile(f"{path}: line {line}: this name stands here a second time. Keep one of the two")
        content = yaml.safe_load(text)
        if content is None:
            return {}
        if not isinstance(content, dict):
            raise BadFile(f"{path} must hold names with values")
        shown: Any = without_unshowable(content)
        return dict(shown)
    except (OSError, ValueError, OverflowError, RecursionError, yaml.YAMLError):
        raise BadFile(f"{path} cannot be read as YAML") from None


def _repeated_at(root: yaml.Node | None) -> int | None:
    """The line of the first repeated name in a mapping, at any depth, or None. `1`, `"1"` and `01` are the same
    name."""
    waiting, met = [root], set()
    lines: list[int] = []
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in met:
            continue
        met.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
        if isinstance(node, yaml.MappingNode):
            names: set[str] = set()
            for key, value in node.value:
                waiting.append(value)
                if isinstance(key, yaml.ScalarNode):
                    name = key.value if key.tag == _TEXT else str(yaml.safe_load(key.value))
                    lines += [key.start_mark.line + 1] if name in names else []
                    names.add(name)
    return min(lines, default=None)


_TEXT = "tag:yaml.org,2002:str"


def first_fault(wrong: ValidationError) -> str:
    """The first invalid field, and the reason."""
    error = wrong.errors()[0]
    return f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
