"""Stores a clinic's export during its migration: encrypted objects, and sealed secrets for the ledger."""

from app.storage.encryption import CannotOpen, derive, key_from_setting, new_key, open_secret, seal_secret, unwrap, wrap
from app.storage.objects import LocalObjects, Objects

__all__ = [
    "CannotOpen",
    "LocalObjects",
    "Objects",
    "derive",
    "key_from_setting",
    "new_key",
    "open_secret",
    "seal_secret",
    "unwrap",
    "wrap",
]
