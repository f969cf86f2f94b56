"""A group of services, with a colour in the calendar."""

from app.caspen.tables.base import Imported


class Category(Imported, table=True):
    """A category; services and activities have separate sets, told apart by `kind`."""

    __tablename__ = "categories"

    kind: str = "appointment"
    name: str
    colour: str | None = None
    description: str | None = None
