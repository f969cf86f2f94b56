"""What a person types into "Find" is a client's name, e-mail or phone: no address and no access log holds it.

The form is sent by POST and leads on to the list with the text encrypted in the address. Only this product opens it,
and only for the list that it was typed for. Going back, loading again and paging work as for any address.
"""

from urllib.parse import quote

from app.storage.encryption import CannotOpen, key_from_setting, open_secret, seal_secret
from app.worker.runtime import Runtime

LONGEST = 100


def found_at(runtime: Runtime, address: str, text: str) -> str:
    """The address of a list with what was typed, encrypted; the address alone where nothing was typed."""
    words = text.strip()[:LONGEST]
    if not words:
        return address
    return f"{address}?find={quote(seal_secret(words, _key(runtime), _purpose(address)))}"


def typed_text(runtime: Runtime, address: str, find: str) -> str:
    """What was typed. "" where nothing was, and where it was typed for another list or cannot be opened."""
    try:
        return open_secret(find, _key(runtime), _purpose(address)) if find else ""
    except (CannotOpen, UnicodeError):
        return ""


def _key(runtime: Runtime) -> bytes:
    return key_from_setting(runtime.settings.secret_key)


def _purpose(address: str) -> str:
    return f"search:{address}"
