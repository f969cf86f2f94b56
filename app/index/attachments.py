"""The files that lie beside an export's tables, as reading found them, until it is settled which row names which."""

import sqlite3
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

AT_ONCE = 500  # files that are written in one statement, which has room for 32,766 values
COLUMNS = "path, root, key, owner, name_key, size, sha256, content_type, code"


class Attachment(NamedTuple):
    """One file: `path` is its place in the export, `root` the folder of files above it, `key` its place below that.

    `owner` is the id that its folder bears. `sha256` and `content_type` are what its bytes say; `code` is why they
    were not taken, and then there is no sum.
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
    """A path or a name as it is compared: neither case nor the form of its letters counts."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


class Attachments:
    """The table of them. Everything joins the transaction that is open, if one is.

    Files that were added are written a few hundred at a time. A copy of the index may lack those that wait: work
    that goes on with such a copy finds that these files are missing, and adds them again.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._waiting: dict[str, Attachment] = {}

    def add(self, one: Attachment) -> None:
        """Keeps what was found; once more changes nothing."""
        self._waiting.setdefault(one.path, one)
        if len(self._waiting) == AT_ONCE:
            self.settle()

    def settle(self) -> None:
        """Writes the files that wait, all or none."""
        if self._waiting:
            row = f"({', '.join('?' * len(Attachment._fields))})"
            rows = ", ".join([row] * len(self._waiting))
            values = [value for attachment in self._waiting.values() for value in attachment]
            self._db.execute(f"INSERT OR IGNORE INTO attachments ({COLUMNS}) VALUES {rows}", values)
            self._waiting.clear()

    def has(self, path: str) -> bool:
        if path in self._waiting:
            return True
        return self._db.execute("SELECT 1 FROM attachments WHERE path = ?", (path,)).fetchone() is not None

    def at(self, key: str, whole: str, written: str) -> Attachment | None:
        """The file at a place below the folders of files; where several lie there, the one at the whole path, and of
        these the one that is `written` like that."""
        found = self._found("key = ?", (key,))
        there = [one for one in found if comparable(one.path) == whole] or found
        return next((one for one in there if one.path.endswith(written)), there[0] if there else None)

    def of(self, owner: str, name: str) -> Attachment | None:
        """Somebody's file of a name; where there are several, the first that no row has named yet, and of these the
        one that is written like that."""
        found = self._found("owner = ? AND name_key = ?", (owner, comparable(name)), name)
        return found[0] if found else None

    def alike(self, one: Attachment) -> Iterator[Attachment]:
        """The files at the same place as this one, whatever the case and the form of their letters."""
        yield from self._found("key = ?", (one.key,))

    def claim(self, path: str, file: int) -> None:
        """Notes that a row of a file names it."""
        self._db.execute("UPDATE attachments SET claimed = ? WHERE path = ?", (file, path))

    def forget(self, file: int) -> None:
        """The rows of a file are read anew."""
        self._db.execute("UPDATE attachments SET claimed = NULL WHERE claimed = ?", (file,))

    def unclaimed(self, root: str) -> Iterator[Attachment]:
        """The files below a folder that no row names, in the order of their paths."""
        self.settle()
        asked = f"SELECT {COLUMNS} FROM attachments WHERE root = ? AND claimed IS NULL ORDER BY path"
        for row in self._db.execute(asked, (root,)):
            yield Attachment(*row)

    def _found(self, where: str, values: tuple[str, ...], name: str = "") -> list[Attachment]:
        self.settle()
        order = "claimed IS NOT NULL, substr(path, -length(?)) <> ?, path"
        asked = f"SELECT {COLUMNS} FROM attachments WHERE {where} ORDER BY {order}"
        return [Attachment(*row) for row in self._db.execute(asked, (*values, name, name))]
