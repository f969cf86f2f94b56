"""What lies where a row of a list of files points, told to the row in columns of its own."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from app.index.attachments import Attachment, Attachments, comparable
from app.mapping.files import composed, key_of_path
from app.mapping.ids import clean_id
from app.mapping.kind import Kind
from app.mapping.traits import Filing
from app.problems import Level, catalogue
from app.reading.inside import tidy
from app.reading.naming import is_files_folder
from app.reading.owner import from_root, owner_of
from app.reading.rows import Raw

FOUND = (
    "found_key",
    "found_path",
    "found_root",
    "found_size",
    "found_sha256",
    "found_type",
    "found_code",
    "folder_patient_id",
    "folder_name",
    "folder_below",
    "owner_from_folder",
)
YES = "true"
_UP = re.compile(r"(^|/)\.\.(?=/|$)")

Cells = list[str | None]


def cells_of_found(found: Attachment | None, attachments: Attachments, *, is_owner_from_folder: bool) -> Cells:
    """The cells of `FOUND`; all empty for what is not there. Of a file whose folder alone says whose it is, that is
    marked. `attachments` are all files, by which its key is found."""
    if found is None:
        return [None] * len(FOUND)
    place = found.path[len(found.root) :]
    owner = owner_of(place.split("/")[:-1])
    code = None if refusal_of(found) else found.code
    root = found.root.rstrip("/").rpartition("/")[2]
    below = "/".join(owner.below) or None
    key = _key_of(found, attachments)
    mark = YES if is_owner_from_folder else None
    return [
        key,
        place,
        root,
        str(found.size),
        found.sha256,
        found.content_type,
        code,
        owner.id,
        owner.name,
        below,
        mark,
    ]


def _key_of(found: Attachment, attachments: Attachments) -> str:
    """The key of a file by its path; by the very letters of that, where another has the same in their usual form."""
    path = from_root(found.root, found.path)
    plain = composed(path)
    if path == plain:
        return key_of_path(path)
    others = (from_root(one.root, one.path) for one in attachments.same_place(found))
    return key_of_path(path, as_written=any(other != path and composed(other) == plain for other in others))


def refusal_of(found: Attachment | None) -> tuple[str, ...]:
    """Why a file could not even be read, such as damage in its archive. A reason not to take it is no refusal."""
    code = found.code if found else None
    return (code,) if code and catalogue()[code].level is Level.REFUSED else ()


def unlisted_columns(filing: Filing) -> tuple[str, ...]:
    return ("filename", filing.owner_link, *FOUND)


def unlisted_rows(attachments: Attachments, root: str, codes: tuple[str, ...]) -> Iterator[Raw]:
    """A row for each file below a folder that no list names, with the cells of `unlisted_columns`."""
    for number, found in enumerate(attachments.unclaimed(root), start=1):
        place = found.path[len(root) :]
        known = cells_of_found(found, attachments, is_owner_from_folder=found.owner is not None)
        cells = [place.rpartition("/")[2], found.owner, *known]
        yield number, [cell or "" for cell in cells], (*codes, *refusal_of(found))


class Beside:
    """Finds the file of each row of one table, and notes that a row names it."""

    def __init__(self, kind: Kind[Any], columns: Sequence[str], file: int, path: str, attachments: Attachments) -> None:
        self._file = file
        self._folder = path.rpartition("/")[0]
        self._attachments = attachments
        places = {column: place for place, column in enumerate(columns)}
        by = kind.filing.owner_link if kind.filing else ""
        self._path, self._name, self._owner = (places.get(name) for name in ("path", "filename", by))

    def add(self, cells: Cells) -> tuple[str, ...]:
        """Adds the cells of `FOUND` to those of a row, and says why its file could not be read, where that is so.

        A row means the file at its path, where it gives one, else that of its name in the folder of its owner. A row
        that does not say whose its file is belongs to whom the folder says.
        """
        path = _cell(cells, self._path)
        found = self._by_path(path) if path else self._by_name(cells)
        is_owner_from_folder = False
        if found is not None:
            self._attachments.claim(found.path, self._file)
            if self._owner is not None and cells[self._owner] is None:
                cells[self._owner] = found.owner
                is_owner_from_folder = found.owner is not None
        cells += cells_of_found(found, self._attachments, is_owner_from_folder=is_owner_from_folder)
        return refusal_of(found)

    def _by_path(self, path: str) -> Attachment | None:
        path = _UP.sub("", tidy(path))
        whole = f"{self._folder}/{path}" if self._folder else path
        for key in dict.fromkeys(key for one in (whole, path) for key in _keys(one)):
            if found := self._attachments.at(key, comparable(whole), path):
                return found
        return None

    def _by_name(self, cells: Cells) -> Attachment | None:
        owner, name = _id(cells, self._owner), _cell(cells, self._name)
        return self._attachments.of(owner, name) if owner and name else None


def _cell(cells: Cells, place: int | None) -> str:
    return (cells[place] or "").strip().strip('="') if place is not None else ""


def _id(cells: Cells, place: int | None) -> str:
    """The id of a cell, as a row that is parsed has it: without an address, a guard or `.0` around it."""
    return clean_id(_cell(cells, place), lambda _: None) or ""


def _keys(path: str) -> Iterator[str]:
    """What of a path is below a folder of files. Somebody may have a folder of such a name within their own."""
    folders = tidy(path).split("/")
    depths = [depth for depth, folder in enumerate(folders[:-1], start=1) if is_files_folder(folder)]
    for depth in (depths[0], depths[-1]) if depths else (0,):
        yield comparable("/".join(folders[depth:]))
