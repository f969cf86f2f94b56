"""What reading learned of every row of an export: who it is, when it was, and what it refers to. No other cell."""

from app.index.entry import IndexEntry, IndexLink, entry_of
from app.index.store import Index

__all__ = ["Index", "IndexEntry", "IndexLink", "entry_of"]
