"""Links of Google Drive: the id of a file or a folder, in whatever shape it was copied."""

import re
from dataclasses import dataclass, field

from app.links.failures import data_of
from app.links.link import Link
from app.links.problems import stop

DATA = data_of(__file__, "google_drive.toml")
SHAPES = tuple((re.compile(shape["path"]), str(shape["kind"])) for shape in DATA["shape"])
ID = re.compile(r"[A-Za-z0-9_-]{10,}")


@dataclass(frozen=True, slots=True)
class Target:
    """What a link points at: an id with the key that some older ids need, and whether it is a file or a folder."""

    id: str = field(repr=False)
    key: str = field(default="", repr=False)
    kind: str = "unknown"

    @property
    def item(self) -> str:
        return f"{self.id}/{self.key}" if self.key else self.id

    @classmethod
    def of_item(cls, item: str) -> "Target":
        name, _, key = item.partition("/")
        return cls(name, key)


def target_of(link: Link) -> Target | None:
    """The id of a link, whatever its length; None where the link has no shape that we know."""
    said = link.address.parameters
    for shape, kind in SHAPES:
        if (found := shape.match(link.address.path)) is not None:
            name = found[1] if shape.groups else said.get("id", "")
            if not ID.fullmatch(name):
                raise stop("link_malformed")
            key = said.get("resourcekey", "")
            return Target(name, key if re.fullmatch(r"[A-Za-z0-9_-]*", key) else "", kind)
    return None
