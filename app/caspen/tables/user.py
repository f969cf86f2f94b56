"""A person who works at the clinic and may sign in to Caspen."""

from typing import Any

from app.caspen.tables.base import Imported, nested


class User(Imported, table=True):
    """A user. An imported one is not invited, and one that is only needed for history stays inactive."""

    __tablename__ = "users"

    first_name: str
    last_name: str
    email: str | None = None
    title: str | None = None
    phone_numbers: list[dict[str, Any]] | None = nested()
    role: str
    invite_state: str = "not_invited"
    active: bool = False
