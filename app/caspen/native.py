"""Loads the objects that people made in a workspace, so that an import recognises them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from app.caspen.name_keys import normalise_name
from app.caspen.same_person import client_keys
from app.caspen.stores import Stores
from app.caspen.tables import Client, CustomField


@dataclass(frozen=True, slots=True)
class NativeField:
    """A custom field that the clinic made. `options` are its answers by normalised label: id and label."""

    id: str
    type: str
    options: dict[str, tuple[str, str]]


def native_clients(stores: Stores, workspace_id: str) -> dict[str, str]:
    """The ids of clients that no import brought, by each of their keys. The oldest client wins a shared key."""
    clients: dict[str, str] = {}
    columns = (Client.id, Client.first_name, Client.last_name, Client.date_of_birth, Client.email)
    chosen = select(*columns, Client.phone_number, Client.phone_numbers).where(  # type: ignore[call-overload]  # seven
        col(Client.workspace_id) == workspace_id, col(Client.deleted_at).is_(None), col(Client.source).is_(None)
    )
    with stores.live.database.read() as session:
        for client_id, first, last, born, email, phone, listed in session.exec(chosen.order_by(col(Client.id))):
            whole = [str(n.get("code") or "") + str(n.get("number") or "") for n in listed or ()]
            for key in client_keys(first, last, born, email, iter(n for n in (phone, *whole) if n)):
                clients.setdefault(key, client_id)
    return clients


def native_fields(stores: Stores, workspace_id: str) -> dict[str, NativeField]:
    """The custom fields that no import brought, by normalised name."""
    fields: dict[str, NativeField] = {}
    chosen = select(CustomField).where(
        col(CustomField.workspace_id) == workspace_id,
        col(CustomField.deleted_at).is_(None),
        col(CustomField.source).is_(None),
    )
    with stores.live.database.read() as session:
        for field in session.exec(chosen.order_by(col(CustomField.id))):
            options = {normalise_name(str(o["label"])): (str(o["id"]), str(o["label"])) for o in field.options or ()}
            fields.setdefault(normalise_name(field.name), NativeField(field.id, field.type, options))
    return fields


@dataclass(frozen=True, slots=True)
class BroughtField:
    """A custom field that an earlier migration brought, as the workspace has it. `options` are id, label, archived."""

    name: str
    type: str
    options: tuple[tuple[str, str, bool], ...]
    visible: bool


def brought_fields(stores: Stores, workspace_id: str, source: str) -> dict[str, BroughtField]:
    """The custom fields that earlier migrations brought, by their source id. Their types never change."""
    chosen = select(CustomField).where(
        col(CustomField.workspace_id) == workspace_id,
        col(CustomField.deleted_at).is_(None),
        col(CustomField.source) == source,
    )
    with stores.live.database.read() as session:
        return {str(field.source_id): _brought(field) for field in session.exec(chosen)}


def _brought(field: CustomField) -> BroughtField:
    options = ((str(o["id"]), str(o["label"]), bool(o.get("archived"))) for o in field.options or ())
    return BroughtField(field.name, field.type, tuple(options), field.visible)


def brought_types(stores: Stores, workspace_id: str, source: str) -> dict[str, str]:
    """The types of the custom fields that earlier migrations brought, by their source id. These types never change."""
    chosen = select(CustomField.source_id, CustomField.type).where(
        col(CustomField.workspace_id) == workspace_id,
        col(CustomField.deleted_at).is_(None),
        col(CustomField.source) == source,
    )
    with stores.live.database.read() as session:
        return {str(source_id): type_ for source_id, type_ in session.exec(chosen)}


def client_names(stores: Stores, workspace_id: str, ids: Sequence[str]) -> dict[str, str]:
    """Clients' names with their dates of birth, by id."""
    names: dict[str, str] = {}
    with stores.live.database.read() as session:
        for piece in (ids[n : n + 500] for n in range(0, len(ids), 500)):
            chosen = select(Client).where(
                col(Client.workspace_id) == workspace_id, col(Client.id).in_(piece), col(Client.deleted_at).is_(None)
            )
            for client in session.exec(chosen):
                born = client.date_of_birth
                day = f", born {born.day} {born:%b %Y}" if born else ""
                names[client.id] = f"{client.first_name} {client.last_name}{day}"
    return names
