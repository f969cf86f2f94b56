"""What the rest of the product may know of a clinic's workspace: its places, its people and what it does."""

from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session, col, select

from app.caspen.names import normalise_name
from app.caspen.stores import Store
from app.caspen.tables import BY_NAME, Imported, Location, Practitioner, Service, User, Workspace

T = TypeVar("T", bound=Imported)
FOUND_BY_NAME = ("categories", "taxes", "cancellation_reasons", "referral_types")


@dataclass(frozen=True, slots=True)
class LocationFact:
    id: str
    name: str
    timezone: str
    archived: bool


@dataclass(frozen=True, slots=True)
class UserFact:
    """`invite_state` is not_invited, invited or accepted."""

    id: str
    name: str
    email: str | None
    role: str
    invite_state: str
    active: bool


@dataclass(frozen=True, slots=True)
class PractitionerFact:
    """`accepted` says that the person has accepted the invitation."""

    id: str
    user_id: str
    name: str
    email: str | None
    active: bool
    accepted: bool


@dataclass(frozen=True, slots=True)
class ServiceFact:
    """`kind` is appointment or activity."""

    id: str
    name: str
    kind: str
    archived: bool


@dataclass(frozen=True, slots=True)
class WorkspaceFacts:
    """A workspace at one version. What people deleted is not in it."""

    id: str
    name: str
    timezone: str
    country: str
    version: int = 1
    locations: tuple[LocationFact, ...] = ()
    users: tuple[UserFact, ...] = ()
    practitioners: tuple[PractitionerFact, ...] = ()
    services: tuple[ServiceFact, ...] = ()

    @property
    def zones(self) -> dict[str, str]:
        """The time zone of each location by its id."""
        return {location.id: location.timezone for location in self.locations}


def workspace_facts(live: Store, workspace_id: str) -> WorkspaceFacts:
    """Reads a live workspace in one look. Raises LookupError when there is no such workspace."""
    with live.database.read() as session:
        workspace = session.get(Workspace, workspace_id)
        if workspace is None:
            raise LookupError(workspace_id)
        users = {u.id: _user(u) for u in _all(session, User, workspace_id)}
        return WorkspaceFacts(
            id=workspace.id,
            name=workspace.name,
            timezone=workspace.timezone,
            country=workspace.country_code,
            version=workspace.version,
            locations=tuple(
                LocationFact(x.id, x.name, x.timezone, x.status == "archived")
                for x in _all(session, Location, workspace_id)
            ),
            users=tuple(users.values()),
            practitioners=tuple(
                _practitioner(p, users.get(p.user_id)) for p in _all(session, Practitioner, workspace_id)
            ),
            services=tuple(
                ServiceFact(x.id, x.name, x.kind, x.status == "archived") for x in _all(session, Service, workspace_id)
            ),
        )


def named_objects(live: Store, workspace_id: str) -> dict[str, dict[str, str]]:
    """The ids of the things that an import finds by name, by table and normalised name; the oldest of equals."""
    found: dict[str, dict[str, str]] = {}
    with live.database.read() as session:
        for table in FOUND_BY_NAME:
            model = BY_NAME[table]
            chosen = select(model).where(col(model.workspace_id) == workspace_id, col(model.deleted_at).is_(None))
            for thing in session.exec(chosen.order_by(col(model.id))):
                found.setdefault(table, {}).setdefault(normalise_name(str(thing.name)), thing.id)  # type: ignore[attr-defined]  # all of FOUND_BY_NAME have one
    return found


def _all(session: Session, model: type[T], workspace_id: str) -> list[T]:
    chosen = select(model).where(col(model.workspace_id) == workspace_id, col(model.deleted_at).is_(None))
    return list(session.exec(chosen.order_by(col(model.id))))


def _user(user: User) -> UserFact:
    name = f"{user.first_name} {user.last_name}".strip()
    return UserFact(user.id, name, user.email, user.role, user.invite_state, user.active)


def _practitioner(practitioner: Practitioner, user: UserFact | None) -> PractitionerFact:
    name = practitioner.display_name or (user.name if user else "")
    return PractitionerFact(
        practitioner.id,
        practitioner.user_id,
        name,
        user.email if user else None,
        practitioner.active,
        user is not None and user.invite_state == "accepted",
    )
