"""Encrypts a clinic's export with its migration's own key. Destroying the key destroys every copy.

Each migration has one data key, wrapped by `STORAGE_KEY`. Secrets of the ledger (links, passwords, tokens) are sealed
as short texts. A wrong key, or changed data, raises `CannotOpen`.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
SEALED = "s1."


class CannotOpen(Exception):
    """The data does not open with this key, or was changed. The message reveals nothing of the content."""

    def __init__(self, what: str = "sealed data") -> None:
        super().__init__(f"{what} does not open: the key is not its key, or it was changed")


def new_key() -> bytes:
    """A new data key for one migration."""
    return os.urandom(KEY_BYTES)


def key_from_setting(text: str) -> bytes:
    """The key for a setting such as `STORAGE_KEY`."""
    if not text:
        raise ValueError("an encryption key must not be empty")
    return derive(text.encode(), b"", b"setting")


def derive(key: bytes, salt: bytes, purpose: bytes) -> bytes:
    """Derives a separate key for one purpose, so that no two purposes share a nonce."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"caspen-import:" + purpose).derive(key)


def wrap(key: bytes, storage_key: bytes) -> bytes:
    """Wraps a data key for the ledger."""
    return _closed(key, derive(storage_key, b"", b"wrap"), b"")


def unwrap(wrapped: bytes, storage_key: bytes) -> bytes:
    return _opened(wrapped, derive(storage_key, b"", b"wrap"), b"", "a data key")


def seal_secret(value: str | bytes, key: bytes, purpose: str = "") -> str:
    """Seals a link, password or token for the ledger. `purpose` binds it to its place, such as "link"."""
    plain = value.encode() if isinstance(value, str) else value
    closed = _closed(plain, derive(key, b"", b"secret"), purpose.encode())
    return SEALED + base64.urlsafe_b64encode(closed).decode("ascii")


def open_secret(sealed: str, key: bytes, purpose: str = "") -> str:
    return open_secret_bytes(sealed, key, purpose).decode()


def open_secret_bytes(sealed: str, key: bytes, purpose: str = "") -> bytes:
    try:
        closed = base64.b64decode(sealed.removeprefix(SEALED), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise CannotOpen("a secret") from None
    return _opened(closed, derive(key, b"", b"secret"), purpose.encode(), "a secret")


class Sealing:
    """Seals many small values for one purpose, with a key that is derived once."""

    def __init__(self, key: bytes, purpose: str) -> None:
        self._key = derive(key, b"", b"sealing:" + purpose.encode())

    def close(self, plain: bytes) -> bytes:
        return _closed(plain, self._key, b"")

    def open(self, closed: bytes) -> bytes:
        return _opened(closed, self._key, b"", "a row")


def _closed(plain: bytes, key: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def _opened(closed: bytes, key: bytes, bound_to: bytes, what: str) -> bytes:
    if len(closed) < NONCE_BYTES + TAG_BYTES:
        raise CannotOpen(what)
    try:
        return AESGCM(key).decrypt(closed[:NONCE_BYTES], closed[NONCE_BYTES:], bound_to)
    except InvalidTag:
        raise CannotOpen(what) from None
