"""A shared folder is listed to its end before anything is downloaded: every file of it, or a problem, never half."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.links.answer import display_name
from app.links.problems import stop
from app.links.provider import RemoteFile
from app.links.settings import LinkSettings
from app.problems import Level, Problem


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as its provider knows it, and its path below the shared one."""

    item: str = field(repr=False)
    path: str = ""

    def holding(self, name: str) -> str:
        """The path of something in it. A slash in a name is no folder."""
        shown = display_name(name.replace("/", "_").replace("\\", "_")) or "unnamed"
        return f"{self.path}/{shown}" if self.path else shown


@dataclass(frozen=True, slots=True)
class Document:
    """Something that can only be opened at its provider, and is not a file."""

    path: str


Entry = RemoteFile | Folder | Document
Children = Callable[[Folder], Iterable[Entry]]


@dataclass
class Listing:
    """What a folder holds, files in the order of the listing, and what there is to say of it."""

    files: list[RemoteFile] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class Pages:
    """Turns the pages of a listing: a cursor that comes again, or pages without an end, are not gone along with."""

    def __init__(self, settings: LinkSettings) -> None:
        self._seen: set[str] = set()
        self._left = settings.pages

    def turn(self, cursor: str) -> str:
        self._left -= 1
        if cursor in self._seen or self._left < 0:
            raise stop("provider_changed")
        self._seen.add(cursor)
        return cursor


def listed(root: Folder, children: Children, settings: LinkSettings) -> Listing:
    """Walks through a shared folder. A folder that is shared within itself is refused; one that is shared in two places
    is listed once."""
    found, seen = Listing(), {root.item}
    waiting: list[tuple[Folder, tuple[str, ...]]] = [(root, (root.item,))]
    while waiting:
        folder, above = waiting.pop()
        for entry in children(folder):
            match entry:
                case Folder():
                    if entry.item in above:
                        raise stop("provider_changed")
                    if len(above) > settings.max_depth:
                        raise _too_many(settings)
                    if entry.item not in seen:
                        seen.add(entry.item)
                        waiting.append((entry, (*above, entry.item)))
                case Document():
                    found.warnings.append(
                        Problem("native_document", file=entry.path, level=Level.REFUSED, details={"name": entry.path})
                    )
                case RemoteFile():
                    found.files.append(entry)
            if len(found.files) + len(found.warnings) + len(seen) > settings.max_files + 1:
                raise _too_many(settings)
    if not found.files:
        if found.warnings:
            raise stop("native_document", name=found.warnings[0].file or "")
        raise stop("folder_empty")
    return found


def _too_many(settings: LinkSettings) -> Exception:
    return stop("too_many_files", limit=f"{settings.max_files:,}")
