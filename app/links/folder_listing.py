"""Lists a shared folder with all its sub-folders, before the first download. An incomplete listing is a problem."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider import RemoteFile
from app.links.response import display_name
from app.problems import Level, Problem


@dataclass(frozen=True, slots=True)
class RemoteFolder:
    """A folder: the provider's id (`item`), and the path below the shared folder."""

    item: str = field(repr=False)
    path: str = ""

    def child_path(self, name: str) -> str:
        """The path of an entry in the folder. A slash in the name becomes an underscore."""
        shown = display_name(name.replace("/", "_").replace("\\", "_")) or "unnamed"
        return f"{self.path}/{shown}" if self.path else shown


@dataclass(frozen=True, slots=True)
class NativeDocument:
    """An online document of the provider, which cannot be downloaded as a file."""

    path: str


FolderEntry = RemoteFile | RemoteFolder | NativeDocument
Children = Callable[[RemoteFolder], Iterable[FolderEntry]]


@dataclass
class FolderListing:
    """The files of a folder in the order of the listing, and a warning for each online document."""

    files: list[RemoteFile] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class ListingPages:
    """Limits the pages of one listing. A repeated cursor, or too many pages, raise Stop `provider_changed`."""

    def __init__(self, settings: LinkSettings) -> None:
        self._cursors: set[str] = set()
        self._left = settings.pages

    def turn(self, cursor: str) -> str:
        """Counts a page and returns the page's cursor."""
        self._left -= 1
        if cursor in self._cursors or self._left < 0:
            raise stop("provider_changed")
        self._cursors.add(cursor)
        return cursor


def walk_folder(root: RemoteFolder, children: Children, settings: LinkSettings) -> FolderListing:
    """Lists a shared folder with its sub-folders. `children` returns the entries of one folder.

    A folder that is shared in two places is listed once. Raises Stop: `provider_changed` for a folder inside itself,
    `too_many_files`, `folder_empty`, and `native_document` where the folder holds online documents only.
    """
    listing, listed = FolderListing(), {root.item}
    waiting: list[tuple[RemoteFolder, tuple[str, ...]]] = [(root, (root.item,))]
    while waiting:
        folder, above = waiting.pop()
        for entry in children(folder):
            match entry:
                case RemoteFolder():
                    if entry.item in above:
                        raise stop("provider_changed")
                    if len(above) > settings.max_depth:
                        raise _too_many(settings)
                    if entry.item not in listed:
                        listed.add(entry.item)
                        waiting.append((entry, (*above, entry.item)))
                case NativeDocument():
                    listing.warnings.append(
                        Problem("native_document", file=entry.path, level=Level.REFUSED, details={"name": entry.path})
                    )
                case RemoteFile():
                    listing.files.append(entry)
            if len(listing.files) + len(listing.warnings) + len(listed) > settings.max_files + 1:
                raise _too_many(settings)
    if not listing.files:
        if listing.warnings:
            raise stop("native_document", name=listing.warnings[0].file or "")
        raise stop("folder_empty")
    return listing


def _too_many(settings: LinkSettings) -> Exception:
    return stop("too_many_files", limit=f"{settings.max_files:,}")
