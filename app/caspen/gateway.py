"""A clinic's workspace as its people use it in Caspen: adding, inviting, editing, deleting.

Each change is marked as a person's, gets an entry that no import can write (see `edits`), and raises the workspace's
version. The gateway never sends a message.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlmodel import Session, col, func, select

from app.caspen.edit_entries import DELETED, EDITED, MADE, RecordAct, write_entries
from app.caspen.name_keys import normalise_name
from app.caspen.record_ids import new_id
from app.caspen.stores import Stores
from app.caspen.tables import (
    BY_NAME,
    OBJECTS,
    Category,
    Imported,
    Location,
    Practitioner,
    Service,
    Tax,
    User,
    Workspace,
)
from app.db import now

T = TypeVar("T", bound=Imported)
BILLED_ROLES = frozenset({"practitioner_admin", "practitioner"})
_ACTS = "acts"  # the acts of this transaction, in the session's `info`
ROLES = BILLED_ROLES | {"practice_manager", "receptionist", "accountant"}


class NotThere(LookupError):
    """The workspace has no such object, or a person deleted the object."""


@dataclass(frozen=True, slots=True)
class Invited:
    """A new user, with a practitioner when the role sees clients."""

    user_id: str
    practitioner_id: str | None


def create_workspace(
    stores: Stores, workspace_id: str, name: str, *, timezone: str = "Australia/Sydney", country: str = "AU"
) -> None:
    """Creates a workspace. An existing workspace is not changed."""
    with stores.live.database.write() as session:
        if session.get(Workspace, workspace_id) is None:
            session.add(Workspace(id=workspace_id, name=name, timezone=timezone, country_code=country))


class Gateway:
    """One workspace, with the person who changes it."""

    def __init__(self, stores: Stores, workspace_id: str, by: str) -> None:
        self._stores = stores
        self._id = workspace_id
        self._by = by

    def add_location(self, name: str, *, timezone: str | None = None, archived: bool = False) -> str:
        """Adds a location, in the workspace's time zone unless `timezone` is given."""
        with self._changing() as (session, workspace):
            place = Location(
                **self._made("locations"),
                name=name,
                timezone=timezone or workspace.timezone,
                country_code=workspace.country_code,
                status="archived" if archived else "active",
            )
            self._add(session, place)
            return place.id

    def invite_user(
        self, name: str, email: str | None, role: str, *, invite: str = "invited", active: bool = True
    ) -> Invited:
        """Adds a user, and a practitioner when the role sees clients. `invite`: not_invited, invited or accepted."""
        if role not in ROLES or invite not in ("not_invited", "invited", "accepted"):
            raise ValueError("unknown role or state of an invitation")
        first, _, last = name.strip().partition(" ")
        with self._changing() as (session, _workspace):
            user = User(
                **self._made("users"),
                first_name=first,
                last_name=last,
                email=email,
                role=role,
                invite_state=invite,
                active=active,
            )
            self._add(session, user)
            if role not in BILLED_ROLES:
                return Invited(user.id, None)
            person = Practitioner(
                **self._made("practitioners"), user_id=user.id, display_name=name.strip(), active=active
            )
            self._add(session, person)
            return Invited(user.id, person.id)

    def accept_invitation(self, user_id: str) -> None:
        with self._changing() as (session, _workspace):
            self._touch(session, self._get(session, User, user_id)).invite_state = "accepted"

    def deactivate_user(self, user_id: str) -> None:
        """Deactivates a user and the user's practitioner. Their history is kept."""
        with self._changing() as (session, _workspace):
            self._touch(session, self._get(session, User, user_id)).active = False
            mine = select(Practitioner).where(
                col(Practitioner.workspace_id) == self._id, col(Practitioner.user_id) == user_id
            )
            for person in session.exec(mine):
                self._touch(session, person).active = False

    def add_service(self, name: str, *, kind: str = "appointment", duration: int = 30, archived: bool = False) -> str:
        """Adds a service or, with kind activity, an activity."""
        table = {"appointment": "services", "activity": "activities"}[kind]
        with self._changing() as (session, workspace):
            if workspace.default_category_id is None or workspace.default_tax_id is None:
                category = Category(**self._made("categories"), name="General")
                tax = Tax(**self._made("taxes"), name="No tax")
                self._add(session, category)
                self._add(session, tax)
                workspace.default_category_id, workspace.default_tax_id = category.id, tax.id
            service = Service(
                **self._made(table),
                kind=kind,
                name=name,
                category_id=workspace.default_category_id,
                tax_id=workspace.default_tax_id,
                duration=duration,
                status="archived" if archived else "active",
            )
            self._add(session, service)
            return service.id

    def add(self, table: str, values: Mapping[str, Any]) -> str:
        """Adds an object, by the names of its table, and returns its id. Two calls add two objects."""
        model = BY_NAME[table]
        _refuse_unknown(model, values)
        with self._changing() as (session, _workspace):
            thing = model(**self._made(table), **values)
            self._add(session, thing)
            return thing.id

    def archive(self, table: str, record_id: str) -> None:
        """Archives a location, service or client."""
        self.edit(table, record_id, {"status": "archived"})

    def edit(self, table: str, record_id: str, changes: Mapping[str, Any]) -> None:
        """Changes fields of an object, by the names of its table."""
        model = BY_NAME[table]
        _refuse_unknown(model, changes)
        with self._changing() as (session, _workspace):
            thing = self._touch(session, self._get(session, model, record_id))
            for name, value in changes.items():
                setattr(thing, name, value)

    def delete(self, table: str, record_id: str) -> None:
        """Marks an object as deleted. The mark is kept, so that no import brings the object back."""
        with self._changing() as (session, _workspace):
            self._touch(session, self._get(session, BY_NAME[table], record_id), DELETED).deleted_at = now()

    def find(self, table: str, name: str) -> str | None:
        """The id of a location, service, category and so on by its name, ignoring case."""
        with self._stores.live.database.read() as session:
            for thing in session.exec(_present(BY_NAME[table], self._id)):
                if normalise_name(str(getattr(thing, "name", ""))) == normalise_name(name):
                    return str(thing.id)
        return None

    def counts(self) -> dict[str, int]:
        """How many objects each table has, without deleted objects."""
        with self._stores.live.database.read() as session:
            return {
                str(model.__tablename__): session.exec(
                    select(func.count()).select_from(_present(model, self._id).subquery())
                ).one()
                for model in OBJECTS
            }

    @contextmanager
    def _changing(self) -> Iterator[tuple[Session, Workspace]]:
        """One transaction that locks the workspace and raises its version."""
        with self._stores.live.database.write() as session:
            chosen = select(Workspace).where(col(Workspace.id) == self._id).with_for_update()
            workspace = session.exec(chosen).one_or_none()
            if workspace is None:
                raise NotThere(self._id)
            workspace.version += 1
            acts: list[RecordAct] = []
            session.info[_ACTS] = acts
            yield session, workspace
            session.flush()
            write_entries(session.connection(), self._stores.live.schema, self._id, acts, self._by, now())

    def _made(self, table: str) -> dict[str, Any]:
        return {"workspace_id": self._id, "id": new_id(table), "edited_by": self._by, "edited_at": now()}

    def _add(self, session: Session, thing: Imported) -> None:
        session.add(thing)
        session.info[_ACTS].append(RecordAct(str(thing.__tablename__), thing.id, MADE))

    def _touch(self, session: Session, thing: T, act: str = EDITED) -> T:
        thing.edited_at, thing.edited_by = now(), self._by
        thing.version += 1
        session.info[_ACTS].append(RecordAct(str(thing.__tablename__), thing.id, act))
        return thing

    def _get(self, session: Session, model: type[T], record_id: str) -> T:
        thing = session.get(model, (self._id, record_id))
        if thing is None or thing.deleted_at is not None:
            raise NotThere(record_id)
        return thing


def _refuse_unknown(model: type[Imported], values: Mapping[str, Any]) -> None:
    unknown = values.keys() - model.model_fields.keys() | values.keys() & Imported.model_fields.keys()
    if unknown:
        raise ValueError(f"{model.__tablename__} has no such field for people: {', '.join(sorted(unknown))}")


def _present(model: type[T], workspace_id: str) -> Any:
    return select(model).where(col(model.workspace_id) == workspace_id, col(model.deleted_at).is_(None))
