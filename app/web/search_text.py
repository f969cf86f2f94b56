"""The text of "Find" is a client's name, e-mail or phone, so addresses and access logs carry it encrypted.

The form is sent by POST and redirects to the list with the encrypted text in the address. The text opens only in this
product and only for the same list. Back, reload and paging work as for any address.
"""

from urllib.parse import quote

from app.storage.encryption import CannotOpen, key_from_setting, open_secret, seal_secret
from app.worker.runtime import Runtime

LONGEST = 100


def search_address(runtime: Runtime, address: str, text: str) -> str:
    """The address of a list with the typed text, encrypted. Without text, the address alone."""
    words = text.strip()[:LONGEST]
    if not words:
        return address
    return f"{address}?find={quote(seal_secret(words, _key(runtime), _purpose(address)))}"


def typed_text(runtime: Runtime, address: str, find: str) -> str:
    """The typed text. "" if there is none, if it belongs to another list or cannot be opened."""
    try:
        return open_secret(find, _key(runtime), _purpose(address)) if find else ""
    except (CannotOpen, UnicodeError):
        return ""


def _key(runtime: Runtime) -> bytes:
    return key_from_setting(runtime.settings.secret_key)


def _purpose(address: str) -> str:
    return f"search:{address}"
