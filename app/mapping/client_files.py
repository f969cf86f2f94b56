"""Limits of Caspen for a client's file: its size, its name, and the kinds of programs that are refused."""

import hashlib
import re
import unicodedata

from app.mapping.text import STRING

MOST_BYTES = 100 << 20
BLOCKED = frozenset({"exe", "bat", "cmd", "js", "msi", "scr", "vbs", "ps1", "lnk"})
_UNSAFE = re.compile('[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff/\\\\:*?"<>|]')


def safe_name(name: str, number: int = 1) -> str:
    """A file name that every operating system accepts: at most 255 characters, with its extension.

    `number` distinguishes later files of the same name.

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
    """The key of a file without an id: the SHA-256 of its path from its kind's folder on, as hex.

    The folders above differ from export to export. The Unicode form of the letters is ignored, unless `as_written`: an
    export may have the same path in two forms.
    """
    return hashlib.sha256((path if as_written else composed(path)).encode("utf-8", "surrogatepass")).hexdigest()


def composed(path: str) -> str:
    """A path in Unicode normal form C."""
    return unicodedata.normalize("NFC", path)


def is_blocked(name: str) -> bool:
    """Whether a file name has the extension of a program, which Caspen does not accept for a client."""
    return name.rstrip(". ").rpartition(".")[2].lower() in BLOCKED
