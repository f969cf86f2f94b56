"""The index of an export: the identity, the times and the references of every row. It keeps no other cell."""

from app.index.entry import IndexEntry, IndexLink, entry_of
from app.index.store import Index

__all__ = ["Index", "IndexEntry", "IndexLink", "entry_of"]
