"""The list of clients of a trial, or of the live workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from app.caspen.stores import Store
from app.caspen.tables import Appointment, Client, Imported, ProgressNote

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
    """One page of clients. `total` counts all clients that match the search."""

    lines: tuple[ClientLine, ...]
    total: int
    page: int
    pages: int


def clients(store: Store, workspace_id: str, *, search: str = "", page: int = 1, size: int = PAGE) -> ClientPage:
    """Clients by last name. `search` matches parts of names, of an e-mail address or of a phone number."""
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
        page_clients = session.exec(chosen.offset((page - 1) * size).limit(size)).all()
        ids = [client.id for client in page_clients]
        visits, notes = (_per_client(session, model, workspace_id, ids) for model in (Appointment, ProgressNote))
        lines = tuple(_line(client, visits.get(client.id, 0), notes.get(client.id, 0)) for client in page_clients)
    return ClientPage(lines, total, page, pages)


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
