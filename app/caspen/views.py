"""What the review pages show of a trial, or of the live workspace: clients, their visits and their notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from app.caspen.stores import Store, Stores
from app.caspen.tables import Appointment, Client, Imported, Location, Practitioner, ProgressNote, Service

PAGE = 50


@dataclass(frozen=True, slots=True)
class ClientLine:
    """A client in a list."""

    id: str
    name: str
    date_of_birth: date | None
    email: str | None
    phone: str | None
    archived: bool
    appointments: int
    notes: int


@dataclass(frozen=True, slots=True)
class ClientPage:
    """One page of clients; `total` counts all that were searched for."""

    lines: tuple[ClientLine, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment with the names of what it points at, in the time zone of its location."""

    id: str
    starts_at: datetime
    ends_at: datetime
    timezone: str
    status: str
    service: str
    practitioner: str
    location: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Note:
    """A progress note. `body` is None for a reader who may not see clinical notes."""

    id: str
    title: str
    author: str
    note_date: datetime
    state: str
    body: str | None


@dataclass(frozen=True, slots=True)
class ClientSheet:
    """Everything that is shown of one client. `client` is the object itself."""

    client: Client
    visits: tuple[Visit, ...]
    notes: tuple[Note, ...]


def clients(store: Store, workspace_id: str, *, search: str = "", page: int = 1, size: int = PAGE) -> ClientPage:
    """Clients by last name. `search` finds parts of names, of an e-mail address or of a phone number."""
    wanted = _of(Client, workspace_id)
    for word in search.split()[:5]:
        like = f"%{_escaped(word)}%"
        places = (Client.first_name, Client.last_name, Client.preferred_name, Client.email, Client.phone_number)
        wanted.append(sa.or_(*(col(place).ilike(like, escape="\\") for place in places)))
    with store.database.read() as session:
        total = session.exec(select(func.count()).select_from(Client).where(*wanted)).one()
        pages = max(1, -(-total // size))
        page = min(max(1, page), pages)
        chosen = select(Client).where(*wanted).order_by(col(Client.last_name), col(Client.first_name), col(Client.id))
        found = session.exec(chosen.offset((page - 1) * size).limit(size)).all()
        ids = [client.id for client in found]
        visits, notes = (_per_client(session, model, workspace_id, ids) for model in (Appointment, ProgressNote))
        lines = tuple(_line(client, visits.get(client.id, 0), notes.get(client.id, 0)) for client in found)
    return ClientPage(lines, total, page, pages)


def client_sheet(
    stores: Stores, store: Store, workspace_id: str, client_id: str, *, clinical: bool, limit: int = 500
) -> ClientSheet | None:
    """One client with visits and notes, newest first. Without `clinical`, notes come without their text."""
    with store.database.read() as session:
        client = session.get(Client, (workspace_id, client_id))
        if client is None or client.deleted_at is not None:
            return None
        visits = session.exec(
            select(Appointment)
            .where(*_of(Appointment, workspace_id), col(Appointment.client_id) == client_id)
            .order_by(col(Appointment.starts_at).desc())
            .limit(limit)
        ).all()
        notes = session.exec(
            select(ProgressNote)
            .where(*_of(ProgressNote, workspace_id), col(ProgressNote.client_id) == client_id)
            .order_by(col(ProgressNote.note_date).desc())
            .limit(limit)
        ).all()
        session.expunge_all()
    names = _Names.read(stores, store, workspace_id)
    return ClientSheet(
        client,
        tuple(names.visit(visit) for visit in visits),
        tuple(names.note(note, clinical) for note in notes),
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """What ids are called. Trial records point at live objects too, so both stores are asked."""

    names: dict[str, str]
    zones: dict[str, str]

    @classmethod
    def read(cls, stores: Stores, store: Store, workspace_id: str) -> "_Names":
        found = cls({}, {})
        for each in (stores.live, store):
            with each.database.read() as session:
                for model, column in ((Service, Service.name), (Practitioner, Practitioner.display_name)):
                    asked = select(model.id, column).where(col(model.workspace_id) == workspace_id)
                    found.names.update(dict(session.exec(asked).all()))
                places = select(Location.id, Location.name, Location.timezone)
                for place_id, name, zone in session.exec(places.where(col(Location.workspace_id) == workspace_id)):
                    found.names[place_id], found.zones[place_id] = name, zone
        return found

    def visit(self, visit: Appointment) -> Visit:
        return Visit(
            visit.id,
            visit.starts_at,
            visit.ends_at,
            self.zones.get(visit.location_id, "UTC"),
            visit.status,
            self.names.get(visit.service_id, ""),
            self.names.get(visit.practitioner_id, ""),
            self.names.get(visit.location_id, ""),
            visit.note,
        )

    def note(self, note: ProgressNote, clinical: bool) -> Note:
        author = note.author_name or self.names.get(note.practitioner_id or "", "")
        return Note(note.id, note.title, author, note.note_date, note.state, note.body if clinical else None)


def _of(model: type[Imported], workspace_id: str) -> list[Any]:
    return [col(model.workspace_id) == workspace_id, col(model.deleted_at).is_(None)]


def _per_client(
    session: Session, model: type[Appointment] | type[ProgressNote], workspace_id: str, ids: Sequence[str]
) -> dict[str, int]:
    asked = select(model.client_id, func.count()).where(*_of(model, workspace_id), col(model.client_id).in_(ids))
    return dict(session.exec(asked.group_by(model.client_id)).all())


def _line(client: Client, visits: int, notes: int) -> ClientLine:
    name = f"{client.first_name} {client.last_name}".strip()
    archived = client.status == "archived"
    return ClientLine(client.id, name, client.date_of_birth, client.email, client.phone_number, archived, visits, notes)


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
