"""A client's file: Caspen's limits for it, its key where no list names it, and its record of an earlier import."""

import hashlib
import json
import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import datetime

from app.mapping.text import STRING

MOST_BYTES = 100 << 20
BLOCKED = frozenset({"exe", "bat", "cmd", "js", "msi", "scr", "vbs", "ps1", "lnk"})
EARLIER_FILE = "earlier_file"
"""In `Joined.extra`: the text of the `EarlierFile` of a file that an earlier import brought."""
_KEY_OF_PATH = re.compile("[0-9a-f]{64}")
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


def is_key_of_path(key: str) -> bool:
    """Whether a key is one that `key_of_path` makes."""
    return _KEY_OF_PATH.fullmatch(key) is not None


def composed(path: str) -> str:
    """A path in Unicode normal form C."""
    return unicodedata.normalize("NFC", path)


def is_blocked(name: str) -> bool:
    """Whether a file name has the extension of a program, which Caspen does not accept for a client."""
    return name.rstrip(". ").rpartition(".")[2].lower() in BLOCKED


@dataclass(frozen=True, slots=True)
class EarlierFile:
    """What the live record of a file says that an earlier import brought under `key`.

    A later export without the list of files says none of it, so the record keeps it. `created_at` is ISO text in UTC.
    """

    key: str
    name: str
    folder: str
    description: str | None = None
    uploaded_by: str | None = None
    created_at: str | None = None

    @property
    def created(self) -> datetime | None:
        return None if self.created_at is None else datetime.fromisoformat(self.created_at)

    def to_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def parse(cls, text: str) -> "EarlierFile":
        """Parses the text of `to_text`."""
        return cls(**json.loads(text))
