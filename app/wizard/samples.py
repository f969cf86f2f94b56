"""The clients that are most likely to go wrong, for the clinic to look at first."""

import unicodedata
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from app.caspen.stores import Stores
from app.caspen.tables import Appointment, Client, ProgressNote
from app.migration.models import Migration, Trial
from app.words import plural

Picked = tuple[str, str, str]  # why, client id, how much


def picked_clients(stores: Stores, migration: Migration, trial: Trial) -> list[dict[str, Any]]:
    """Up to six clients of a trial, each for another reason. Empty once the trial is dropped."""
    store = stores.trial(migration.id, trial.number)
    if not stores.exists(store):
        return []
    with store.database.read() as session:
        found = [pick for pick in (rule(session, migration.workspace_id) for rule in RULES) if pick]
        wanted = select(Client).where(col(Client.id).in_([client_id for _, client_id, _ in found]))
        names = {client.id: client for client in session.exec(wanted)}
    told, shown = [], set()
    for why, client_id, tiny in found:
        client = names.get(client_id)
        if client is None or client_id in shown:
            continue
        shown.add(client_id)
        name = f"{client.first_name} {client.last_name}".strip()
        told.append({"why": why, "name": name, "href": f"/m/{migration.id}/clients/{client_id}", "tiny": tiny})
    return told


def newest(session: Session, workspace: str) -> Picked | None:
    wanted = select(Client).where(Client.workspace_id == workspace, col(Client.source_created_at).is_not(None))
    found = session.exec(wanted.order_by(col(Client.source_created_at).desc()).limit(1)).first()
    return ("Newest client", found.id, f"since {found.source_created_at:%d/%m/%Y}") if found else None


def longest_note(session: Session, workspace: str) -> Picked | None:
    size = func.length(ProgressNote.body)
    wanted = select(ProgressNote.client_id, size).where(ProgressNote.workspace_id == workspace)
    found = session.exec(wanted.order_by(size.desc()).limit(1)).first()
    return ("Longest note", found[0], plural(found[1], "character")) if found else None


def most_visits(session: Session, workspace: str) -> Picked | None:
    count = func.count()
    wanted = select(Appointment.client_id, count).where(Appointment.workspace_id == workspace)
    found = session.exec(wanted.group_by(col(Appointment.client_id)).order_by(count.desc()).limit(1)).first()
    return ("Most appointments", found[0], plural(found[1], "appointment")) if found else None


def furthest_booking(session: Session, workspace: str) -> Picked | None:
    wanted = select(Appointment).where(Appointment.workspace_id == workspace, Appointment.status == "pending")
    found = session.exec(wanted.order_by(col(Appointment.starts_at).desc()).limit(1)).first()
    return ("Booked furthest ahead", found.client_id, f"until {found.starts_at:%d/%m/%Y}") if found else None


def other_script(session: Session, workspace: str) -> Picked | None:
    """A name in letters that are not Latin, such as Arabic or Chinese: where copying goes wrong first."""
    wanted = select(Client).where(Client.workspace_id == workspace, sa.func.length(Client.last_name) > 0)
    for client in session.exec(wanted.order_by(col(Client.last_name).desc(), col(Client.id)).limit(50)):
        if any("LATIN" not in unicodedata.name(letter, "LATIN") for letter in client.last_name if letter.isalpha()):
            return "Name in another script", client.id, "read it letter by letter"
    return None


def longest_name(session: Session, workspace: str) -> Picked | None:
    size = func.length(Client.first_name) + func.length(Client.last_name)
    wanted = select(Client.id, size).where(Client.workspace_id == workspace)
    found = session.exec(wanted.order_by(size.desc()).limit(1)).first()
    return ("Longest name", found[0], plural(found[1], "letter")) if found else None


RULES = (newest, longest_note, most_visits, furthest_booking, other_script, longest_name)
