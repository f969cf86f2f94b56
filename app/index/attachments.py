"""The files of an export that belong to clients, with the rows that name them. The table is dropped at resolving."""

import sqlite3
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

AT_ONCE = 500  # files that are written in one statement, which has room for 32,766 values
COLUMNS = "path, root, key, owner, name_key, size, sha256, content_type, code"


class Attachment(NamedTuple):
    """One file of an export.

    `path` is the path in the export, `root` the folder of clients' files above it, and `key` the comparable path below
    `root`. `owner` is the client's id in the name of the file's folder. `size` is in bytes. `sha256` and `content_type`
    are computed from the bytes; both are None for a refused file, whose problem code is `code`.
    """

    path: str
    root: str
    key: str
    owner: str | None
    name_key: str
    size: int
    sha256: str | None = None
    content_type: str | None = None
    code: str | None = None


def comparable(text: str) -> str:
    """A path or a name for comparison: in NFC and without case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


class Attachments:
    """The table of attachments. Every statement joins the open transaction, if there is one.

    Added files are written AT_ONCE at a time. A copy of the index may therefore lack files that wait in memory: a
    worker that continues with such a copy finds them missing and adds them again.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._waiting: dict[str, Attachment] = {}

    def add(self, attachment: Attachment) -> None:
        """Keeps a file. A second call with the same path changes nothing."""
        self._waiting.setdefault(attachment.path, attachment)
        if len(self._waiting) == AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Writes the files that wait in memory, all or none. A second call writes nothing."""
        if self._waiting:
            row = f"({', '.join('?' * len(Attachment._fields))})"
            rows = ", ".join([row] * len(self._waiting))
            values = [value for attachment in self._waiting.values() for value in attachment]
            self._db.execute(f"INSERT OR IGNORE INTO attachments ({COLUMNS}) VALUES {rows}", values)
            self._waiting.clear()

    def has(self, path: str) -> bool:
        """Whether a file with this path was added."""
        if path in self._waiting:
            return True
        return self._db.execute("SELECT 1 FROM attachments WHERE path = ?", (path,)).fetchone() is not None

    def at(self, key: str, whole: str, written: str) -> Attachment | None:
        """The file whose key is `key`, or None.

        Of several files, those whose comparable path is `whole` come first, and of these the file whose path ends with
        `written`, letter by letter.
        """
        matches = self._matches("key = ?", (key,))
        at_whole_path = [match for match in matches if comparable(match.path) == whole] or matches
        return next(
            (match for match in at_whole_path if match.path.endswith(written)),
            at_whole_path[0] if at_whole_path else None,
        )

    def of(self, owner: str, name: str) -> Attachment | None:
        """A client's file by its name, or None. `owner` is the client's id in the source.

        Of several files, those that no row names yet come first, and of these the file whose path ends with `name`.
        """
        matches = self._matches("owner = ? AND name_key = ?", (owner, comparable(name)), name)
        return matches[0] if matches else None

    def same_place(self, attachment: Attachment) -> Iterator[Attachment]:
        """All files with the key of this file, this file among them."""
        yield from self._matches("key = ?", (attachment.key,))

    def claim(self, path: str, file: int) -> None:
        """Notes that a row of a file names an attachment. A second call overwrites the first."""
        self._db.execute("UPDATE attachments SET claimed = ? WHERE path = ?", (file, path))

    def forget(self, file: int) -> None:
        """Withdraws all claims by rows of a file, because the file is read again. A second call changes nothing."""
        self._db.execute("UPDATE attachments SET claimed = NULL WHERE claimed = ?", (file,))

    def unclaimed(self, root: str) -> Iterator[Attachment]:
        """The files below a folder that no row names, ordered by path. Waiting files are written first."""
        self.settle()
        query = f"SELECT {COLUMNS} FROM attachments WHERE root = ? AND claimed IS NULL ORDER BY path"
        for row in self._db.execute(query, (root,)):
            yield Attachment(*row)

    def _matches(self, where: str, values: tuple[str, ...], name: str = "") -> list[Attachment]:
        self.settle()
        order = "claimed IS NOT NULL, substr(path, -length(?)) <> ?, path"
        query = f"SELECT {COLUMNS} FROM attachments WHERE {where} ORDER BY {order}"
        return [Attachment(*row) for row in self._db.execute(query, (*values, name, name))]
