"""What came of the clients' visits and notes, as the trial itself holds it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from app.caspen.stores import Store
from app.caspen.tables import Appointment, BusyTime, Client, ProgressNote

AT_ONCE = 500
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Came:
    """One client's visits. Cancelled ones count for `first_of_all` alone; `last` is the last until a moment."""

    workspace_id: str
    client_id: str
    first: datetime | None = None
    first_of_all: datetime | None = None
    last: datetime | None = None
    last_of_all: datetime | None = None

    def is_first(self, told: datetime) -> bool:
        return told in (self.first, self.first_of_all)

    def is_last(self, told: datetime, before: datetime, store: Store) -> bool:
        """Whether that is the last visit, or the last one before the next that the source tells of."""
        if told in (self.last, self.last_of_all):
            return True
        if self.last is None or self.last < told:
            return False
        with store.database.read() as session:
            asked = select(func.max(Appointment.starts_at)).where(
                Appointment.workspace_id == self.workspace_id,
                Appointment.client_id == self.client_id,
                Appointment.status != CANCELLED,
                col(Appointment.starts_at) < before,
            )
            return session.exec(asked).one() == told


def came_of(store: Store, workspace_id: str, clients: Sequence[str], until: datetime) -> dict[str, Came]:
    """By client, those of them that came."""
    found: dict[str, Came] = {}
    with store.database.read() as session:
        for some in _some(clients):
            mine = (Client.workspace_id == workspace_id, col(Client.id).in_(some))
            found |= {one: Came(workspace_id, one) for one in session.exec(select(Client.id).where(*mine))}
            for client, *times in session.connection().execute(_visits(workspace_id, some, until)):
                if client in found:
                    found[client] = Came(workspace_id, client, *times)
    return found


def _some(clients: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(clients), AT_ONCE):
        yield list(clients[start : start + AT_ONCE])


def _visits(workspace_id: str, clients: list[str], until: datetime) -> Any:
    at = col(Appointment.starts_at)
    kept = col(Appointment.status) != CANCELLED
    return (
        sa.select(
            col(Appointment.client_id),
            func.min(sa.case((kept, at))),
            func.min(at),
            func.max(sa.case((sa.and_(kept, at <= until), at))),
            func.max(sa.case((kept, at))),
        )
        .where(col(Appointment.workspace_id) == workspace_id, col(Appointment.client_id).in_(clients))
        .group_by(col(Appointment.client_id))
    )


def totals(store: Store, workspace_id: str) -> dict[str, int]:
    """How much of what came a clinic may not have counted itself, and the notes by their state."""
    visit, note = Appointment, ProgressNote
    with store.database.read() as session:

        def count(model: Any, *wanted: Any) -> int:
            asked = select(func.count()).select_from(model).where(model.workspace_id == workspace_id, *wanted)
            return int(session.exec(asked).one())

        return {
            "clients": count(Client),
            "clients_archived": count(Client, col(Client.status) == "archived"),
            "appointments": count(visit),
            "appointments_cancelled": count(visit, col(visit.status) == CANCELLED),
            "appointments_in_groups": count(visit, col(visit.group_id).is_not(None)),
            "busy_times": count(BusyTime, col(BusyTime.source_kind) == "appointments"),
            "notes_draft": count(note, col(note.state) == "draft"),
            "notes_final": count(note, col(note.state) == "final"),
            "visits_with_final": _visited(session, workspace_id, "final"),
            "visits_with_draft": _visited(session, workspace_id, "draft"),
        }


def _visited(session: Session, workspace_id: str, state: str) -> int:
    asked = select(func.count(sa.distinct(col(ProgressNote.appointment_id)))).where(
        ProgressNote.workspace_id == workspace_id, ProgressNote.state == state
    )
    return int(session.exec(asked).one())
