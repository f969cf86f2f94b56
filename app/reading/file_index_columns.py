"""Matches the rows of a list of files with the files themselves, and adds the file's columns to each row."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from app.index.attachments import Attachment, Attachments, comparable
from app.mapping.client_files import composed, key_of_path
from app.mapping.ids import clean_id
from app.mapping.kind import Kind
from app.mapping.layout import Layout
from app.mapping.traits import Filing
from app.problems import Level, catalogue
from app.reading.archive_names import tidy_path
from app.reading.naming import from_root, is_files_folder, owner_of
from app.reading.text_rows import TextRow

_OF_FILE = ("found_key", "found_path", "found_root", "found_size", "found_sha256", "found_type", "found_code")
_OF_FOLDER = ("folder_name", "folder_below")
YES = "true"
_UP = re.compile(r"(^|/)\.\.(?=/|$)")

Cells = list[str | None]


def file_columns(filing: Filing) -> tuple[str, ...]:
    """The columns that reading fills with what it knows of a file."""
    return (*_OF_FILE, filing.folder_link, *_OF_FOLDER, filing.from_folder_column)


def file_cells(attachment: Attachment | None, attachments: Attachments, *, is_owner_from_folder: bool) -> Cells:
    """Returns the cells of `file_columns`; all None without a file. `is_owner_from_folder` marks a row whose owner only
    the folder names. `attachments` are all files, by which the file's key is determined."""
    if attachment is None:
        return [None] * (len(_OF_FILE) + len(_OF_FOLDER) + 2)
    place = attachment.path[len(attachment.root) :]
    owner = owner_of(place.split("/")[:-1])
    code = None if read_failure(attachment) else attachment.code
    root = attachment.root.rstrip("/").rpartition("/")[2]
    below = "/".join(owner.below) or None
    key = _key_of(attachment, attachments)
    mark = YES if is_owner_from_folder else None
    return [
        key,
        place,
        root,
        str(attachment.size),
        attachment.sha256,
        attachment.content_type,
        code,
        owner.id,
        owner.name,
        below,
        mark,
    ]


def _key_of(attachment: Attachment, attachments: Attachments) -> str:
    """Returns the key of a file by its path. If another path has the same composed form, the key uses the exact
    letters."""
    path = from_root(attachment.root, attachment.path)
    plain = composed(path)
    if path == plain:
        return key_of_path(path)
    others = (from_root(other.root, other.path) for other in attachments.same_place(attachment))
    return key_of_path(path, as_written=any(other != path and composed(other) == plain for other in others))


def read_failure(attachment: Attachment | None) -> tuple[str, ...]:
    """Returns the code of a file that could not be read, such as damage in its archive. A blocked file type does not
    count."""
    code = attachment.code if attachment else None
    return (code,) if code and catalogue()[code].level is Level.REFUSED else ()


def unlisted_columns(filing: Filing) -> tuple[str, ...]:
    """Returns the columns of rows for files that no list names."""
    return ("filename", filing.owner_link, *file_columns(filing))


def unlisted_rows(attachments: Attachments, root: str, codes: tuple[str, ...]) -> Iterator[TextRow]:
    """Yields a row for each file below a folder that no list names, with the cells of `unlisted_columns`."""
    for number, attachment in enumerate(attachments.unclaimed(root), start=1):
        place = attachment.path[len(root) :]
        known = file_cells(attachment, attachments, is_owner_from_folder=attachment.owner is not None)
        cells = [place.rpartition("/")[2], attachment.owner, *known]
        yield number, [cell or "" for cell in cells], (*codes, *read_failure(attachment))


class FileFinder:
    """Finds the file of each row of a table, and records that a row names the file."""

    def __init__(
        self, kind: Kind[Any], columns: Sequence[str], file: int, path: str, attachments: Attachments, layout: Layout
    ) -> None:
        self._file = file
        self._layout = layout
        self._folder = path.rpartition("/")[0]
        self._attachments = attachments
        places = {column: place for place, column in enumerate(columns)}
        by = kind.filing.owner_link if kind.filing else ""
        self._path, self._name, self._owner = (places.get(name) for name in ("path", "filename", by))

    def add(self, cells: Cells) -> tuple[str, ...]:
        """Appends the cells of `file_columns` to a row. Returns the code of a file that could not be read.

        A row means the file at its path if given, else the file of its name in its owner's folder. A row without an
        owner gets the folder's owner.
        """
        path = _cell(cells, self._path)
        attachment = self._by_path(path) if path else self._by_name(cells)
        is_owner_from_folder = False
        if attachment is not None:
            self._attachments.claim(attachment.path, self._file)
            if self._owner is not None and cells[self._owner] is None:
                cells[self._owner] = attachment.owner
                is_owner_from_folder = attachment.owner is not None
        cells += file_cells(attachment, self._attachments, is_owner_from_folder=is_owner_from_folder)
        return read_failure(attachment)

    def _by_path(self, path: str) -> Attachment | None:
        path = _UP.sub("", tidy_path(path))
        whole = f"{self._folder}/{path}" if self._folder else path
        for key in dict.fromkeys(key for candidate in (whole, path) for key in _keys(candidate, self._layout)):
            if attachment := self._attachments.at(key, comparable(whole), path):
                return attachment
        return None

    def _by_name(self, cells: Cells) -> Attachment | None:
        owner, name = _id(cells, self._owner), _cell(cells, self._name)
        return self._attachments.of(owner, name) if owner and name else None


def _cell(cells: Cells, place: int | None) -> str:
    return (cells[place] or "").strip().strip('="') if place is not None else ""


def _id(cells: Cells, place: int | None) -> str:
    """Returns the id of a cell as a parsed row has it: without address, guard or `.0`."""
    return clean_id(_cell(cells, place), lambda _: None) or ""


def _keys(path: str, layout: Layout) -> Iterator[str]:
    """Yields the part of a path below a folder of files. A patient's folder may contain a folder of the same name."""
    folders = tidy_path(path).split("/")
    depths = [depth for depth, folder in enumerate(folders[:-1], start=1) if is_files_folder(folder, layout)]
    for depth in (depths[0], depths[-1]) if depths else (0,):
        yield comparable("/".join(folders[depth:]))
