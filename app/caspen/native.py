"""What people have made in a workspace themselves, by which an import knows again what it is about to bring."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from app.caspen.names import client_keys, normalise_name
from app.caspen.stores import Stores
from app.caspen.tables import Client, CustomField


@dataclass(frozen=True, slots=True)
class NativeField:
    """A question of the clinic's own. `options` are its answers by their normalised label: id and label."""

    id: str
    type: str
    options: dict[str, tuple[str, str]]


def native_clients(stores: Stores, workspace_id: str) -> dict[str, str]:
    """The ids of clients whom no import has brought, by each of their keys; the oldest of those who share one."""
    found: dict[str, str] = {}
    columns = (Client.id, Client.first_name, Client.last_name, Client.date_of_birth, Client.email)
    chosen = select(*columns, Client.phone_number, Client.phone_numbers).where(  # type: ignore[call-overload]  # seven
        col(Client.workspace_id) == workspace_id, col(Client.deleted_at).is_(None), col(Client.source).is_(None)
    )
    with stores.live.database.read() as session:
        for client_id, first, last, born, email, phone, listed in session.exec(chosen.order_by(col(Client.id))):
            whole = [str(n.get("code") or "") + str(n.get("number") or "") for n in listed or ()]
            for key in client_keys(first, last, born, email, iter(n for n in (phone, *whole) if n)):
                found.setdefault(key, client_id)
    return found


def native_fields(stores: Stores, workspace_id: str) -> dict[str, NativeField]:
    """The questions that no import has brought, by normalised name."""
    found: dict[str, NativeField] = {}
    chosen = select(CustomField).where(
        col(CustomField.workspace_id) == workspace_id,
        col(CustomField.deleted_at).is_(None),
        col(CustomField.source).is_(None),
    )
    with stores.live.database.read() as session:
        for one in session.exec(chosen.order_by(col(CustomField.id))):
            options = {normalise_name(str(o["label"])): (str(o["id"]), str(o["label"])) for o in one.options or ()}
            found.setdefault(normalise_name(one.name), NativeField(one.id, one.type, options))
    return found


def brought_types(stores: Stores, workspace_id: str, source: str) -> dict[str, str]:
    """The types of the questions that earlier moves have brought, by their id in the source: these do not change."""
    chosen = select(CustomField.source_id, CustomField.type).where(
        col(CustomField.workspace_id) == workspace_id,
        col(CustomField.deleted_at).is_(None),
        col(CustomField.source) == source,
    )
    with stores.live.database.read() as session:
        return {str(source_id): type_ for source_id, type_ in session.exec(chosen)}


def called(stores: Stores, workspace_id: str, ids: Sequence[str]) -> dict[str, str]:
    """Clients' names with their days of birth, by id."""
    found: dict[str, str] = {}
    with stores.live.database.read() as session:
        for piece in (ids[n : n + 500] for n in range(0, len(ids), 500)):
            chosen = select(Client).where(
                col(Client.workspace_id) == workspace_id, col(Client.id).in_(piece), col(Client.deleted_at).is_(None)
            )
            for one in session.exec(chosen):
                born = one.date_of_birth
                day = f", born {born.day} {born:%b %Y}" if born else ""
                found[one.id] = f"{one.first_name} {one.last_name}{day}"
    return found
