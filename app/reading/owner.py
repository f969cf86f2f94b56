"""Whose a file is, as the folder that it lies in says: `1234 - Lee, Ann`, or a name alone."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_ID = r"[A-Za-z0-9._:-]*\d[A-Za-z0-9._:-]*"
_FOLDER = re.compile(rf"(?P<id>{_ID})\s+-\s+(?P<name>.*)")


class Owner(NamedTuple):
    """`below` are the folders within somebody's own."""

    id: str | None = None
    name: str | None = None
    below: tuple[str, ...] = ()


def owner_of(folders: Sequence[str]) -> Owner:
    """Reads the folders between that of all files and the file itself; the first that begins with an id says it."""
    for depth, folder in enumerate(folders, start=1):
        if said := _FOLDER.fullmatch(folder.strip()):
            return Owner(said["id"], said["name"].strip() or None, tuple(folders[depth:]))
    if not folders:
        return Owner()
    first, below = folders[0].strip(), tuple(folders[1:])
    return Owner(first, None, below) if re.fullmatch(_ID, first) else Owner(None, first, below)


def from_root(root: str, path: str) -> str:
    """A path from the folder on that gives it meaning: `Patient files/1234 - Lee, Ann/scan.pdf`."""
    return path[root.rstrip("/").rfind("/") + 1 :]
