"""A snapshot of a clinic's workspace for the rest of the product: its locations, its people and its services."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlmodel import Session, col, select

from app.caspen.name_keys import normalise_name
from app.caspen.stores import Stores
from app.caspen.tables import (
    CancellationReason,
    Category,
    Imported,
    Location,
    Practitioner,
    ReferralType,
    Service,
    Tax,
    User,
    Workspace,
)
from app.changed_values import ValueChanged

T = TypeVar("T", bound=Imported)
Named = Category | Tax | CancellationReason | ReferralType
MATCHED_BY_NAME: tuple[type[Named], ...] = (Category, Tax, CancellationReason, ReferralType)


@dataclass(frozen=True, slots=True)
class WorkspaceLocation:
    id: str
    name: str
    timezone: str
    archived: bool


@dataclass(frozen=True, slots=True)
class WorkspaceUser:
    """`invite_state` is not_invited, invited or accepted."""

    id: str
    name: str
    email: str | None
    role: str
    invite_state: str
    active: bool


@dataclass(frozen=True, slots=True)
class WorkspacePractitioner:
    """`accepted`: the person has accepted the invitation. `is_invited` is False for a person who was never invited or
    cannot sign in any more. `is_user_brought`: an import brought the person's user."""

    id: str
    user_id: str
    name: str
    email: str | None
    active: bool
    accepted: bool
    is_invited: bool = True
    is_user_brought: bool = True

    @property
    def is_awaited(self) -> bool:
        """Whether the person has an invitation that only the person can accept."""
        return self.active and self.is_invited and not self.accepted


@dataclass(frozen=True, slots=True)
class WorkspaceService:
    """`kind` is appointment or activity."""

    id: str
    name: str
    kind: str
    archived: bool
    duration: int = 0


@dataclass(frozen=True, slots=True)
class WorkspaceDetails:
    """`version` grows with every change of the workspace."""

    id: str
    name: str
    timezone: str
    country: str
    version: int = 1


@dataclass(frozen=True, slots=True)
class WorkspaceSnapshot:
    """A workspace at one version, without what people deleted.

    `named` holds the objects that an import finds by name: ids by table and normalised name.
    """

    workspace: WorkspaceDetails
    locations: tuple[WorkspaceLocation, ...] = ()
    users: tuple[WorkspaceUser, ...] = ()
    practitioners: tuple[WorkspacePractitioner, ...] = ()
    services: tuple[WorkspaceService, ...] = ()
    named: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def version(self) -> int:
        return self.workspace.version

    @property
    def zones(self) -> dict[str, str]:
        """The time zone of each location by its id."""
        return {location.id: location.timezone for location in self.locations}

    def existing(self) -> dict[str, dict[str, str]]:
        """`named`, and the locations whose name no other location has, as plain dictionaries, for storing."""
        count = Counter(normalise_name(location.name) for location in self.locations)
        alone = {name: location.id for location in self.locations if count[name := normalise_name(location.name)] == 1}
        return {**{table: dict(names) for table, names in self.named.items()}, "locations": alone}


class NoWorkspace(ValueChanged, LookupError):
    """Caspen has no workspace of this id. When the ledger names the id, other software wrote it."""


def load_workspace(stores: Stores, workspace_id: str) -> WorkspaceSnapshot:
    """Reads a live workspace in one transaction. Raises NoWorkspace when the workspace does not exist."""
    with stores.live.database.read() as session:
        workspace = session.get(Workspace, workspace_id)
        if workspace is None:
            raise NoWorkspace("Caspen has no such workspace")
        user_rows = _all(session, User, workspace_id)
        users = {user.id: _user(user) for user in user_rows}
        by_people = frozenset(user.id for user in user_rows if user.source is None)
        people = _all(session, Practitioner, workspace_id)
        return WorkspaceSnapshot(
            WorkspaceDetails(
                workspace.id, workspace.name, workspace.timezone, workspace.country_code, workspace.version
            ),
            tuple(_location(place) for place in _all(session, Location, workspace_id)),
            tuple(users.values()),
            tuple(_practitioner(person, users.get(person.user_id), by_people) for person in people),
            tuple(_service(row) for row in _all(session, Service, workspace_id)),
            {str(model.__tablename__): _by_name(session, model, workspace_id) for model in MATCHED_BY_NAME},
        )


def deleted_names(stores: Stores, workspace_id: str, ids: Collection[str]) -> dict[str, str]:
    """The names of locations, practitioners and services that people have deleted, by id."""
    with stores.live.database.read() as session:
        places = {row.id: row.name for row in _deleted(session, Location, workspace_id, ids)}
        services = {row.id: row.name for row in _deleted(session, Service, workspace_id, ids)}
        people = {}
        for row in _deleted(session, Practitioner, workspace_id, ids):
            user = session.get(User, (workspace_id, row.user_id)) if not row.display_name else None
            people[row.id] = _user(user).name if user else row.display_name
    return {id_: name for id_, name in (places | services | people).items() if name}


def _deleted(session: Session, model: type[T], workspace_id: str, ids: Collection[str]) -> list[T]:
    chosen = select(model).where(col(model.workspace_id) == workspace_id, col(model.deleted_at).is_not(None))
    return list(session.exec(chosen.where(col(model.id).in_(ids))))


def _by_name(session: Session, model: type[Named], workspace_id: str) -> dict[str, str]:
    """Ids by normalised name. The oldest of several objects with one name wins."""
    ids: dict[str, str] = {}
    for thing in _all(session, model, workspace_id):
        ids.setdefault(normalise_name(thing.name), thing.id)
    return ids


def _all(session: Session, model: type[T], workspace_id: str) -> list[T]:
    chosen = select(model).where(col(model.workspace_id) == workspace_id, col(model.deleted_at).is_(None))
    return list(session.exec(chosen.order_by(col(model.id))))


def _location(place: Location) -> WorkspaceLocation:
    return WorkspaceLocation(place.id, place.name, place.timezone, place.status == "archived")


def _service(row: Service) -> WorkspaceService:
    return WorkspaceService(row.id, row.name, row.kind, row.status == "archived", row.duration)


def _user(user: User) -> WorkspaceUser:
    name = f"{user.first_name} {user.last_name}".strip()
    return WorkspaceUser(user.id, name, user.email, user.role, user.invite_state, user.active)


def _practitioner(
    practitioner: Practitioner, user: WorkspaceUser | None, by_people: Collection[str]
) -> WorkspacePractitioner:
    name = practitioner.display_name or (user.name if user else "")
    return WorkspacePractitioner(
        practitioner.id,
        practitioner.user_id,
        name,
        user.email if user else None,
        practitioner.active,
        user is not None and user.invite_state == "accepted",
        user is not None and user.active and user.invite_state in ("invited", "accepted"),
        practitioner.user_id not in by_people,
    )
