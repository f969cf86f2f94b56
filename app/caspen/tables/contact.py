"""Somebody beside the clients: a referring doctor, a payer, a company."""

from typing import Any

from app.caspen.tables.base import Imported, nested


class Contact(Imported, table=True):
    """A contact; one that is a company only has the company's name as its first name."""

    __tablename__ = "contacts"

    type: str
    first_name: str
    last_name: str | None = None
    title: str | None = None
    preferred_name: str | None = None
    profession: str | None = None
    company: str | None = None
    email: str | None = None
    notes: str | None = None
    phone_numbers: list[dict[str, Any]] | None = nested()
    address: dict[str, Any] | None = nested()
    tags: list[str] | None = nested()
