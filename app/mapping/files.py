"""What Caspen takes as a client's file: how large, under which names, and which kinds of program never."""

import hashlib
import re
import unicodedata

from app.mapping.text import STRING

MOST_BYTES = 100 << 20
BLOCKED = frozenset({"exe", "bat", "cmd", "js", "msi", "scr", "vbs", "ps1", "lnk"})
_UNSAFE = re.compile('[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff/\\\\:*?"<>|]')


def safe_name(name: str, number: int = 1) -> str:
    """A name that every computer can save a file under, at most 255 letters, its extension kept.

    `number` tells a later file of the same name.

    >>> safe_name("a/b?.pdf", 2)
    'a_b_ (2).pdf'
    """
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" ").rstrip(". ")
    stem, dot, extension = (name or "file").rpartition(".")
    if not stem or len(extension) > 20:
        stem, dot, extension = name or "file", "", ""
    tail = (f" ({number})" if number > 1 else "") + dot + extension
    return stem[: STRING - len(tail)] + tail


def key_of_path(path: str, *, as_written: bool = False) -> str:
    """The key of what has no id: the sum of its path, from the folder on that gives it meaning.

    What stands above that folder is the clinic's name and the day, and differs from export to export. So does the form
    of its letters, which tells nothing apart but where an export has the same path in two forms: then `as_written`.
    """
    return hashlib.sha256((path if as_written else composed(path)).encode("utf-8", "surrogatepass")).hexdigest()


def composed(path: str) -> str:
    """A path in the one form of its letters that most programs write."""
    return unicodedata.normalize("NFC", path)


def is_blocked(name: str) -> bool:
    """Whether a name is that of a program, which nobody keeps with a client."""
    return name.rstrip(". ").rpartition(".")[2].lower() in BLOCKED
