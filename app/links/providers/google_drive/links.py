"""Links of Google Drive: the id of a file or a folder, in every known shape of a link."""

import re
from dataclasses import dataclass, field

from app.links.link_problems import stop
from app.links.provider_folder import load_provider_data
from app.links.share_link import ShareLink

DATA = load_provider_data(__file__)
SHAPES = tuple((re.compile(shape["path"]), str(shape["kind"])) for shape in DATA["shape"])
ID = re.compile(r"[A-Za-z0-9_-]{10,}")


@dataclass(frozen=True, slots=True)
class DriveTarget:
    """What a link points at: an id, the resource key that some older ids need, and `file`, `folder` or `unknown`."""

    id: str = field(repr=False)
    key: str = field(default="", repr=False)
    kind: str = "unknown"

    @property
    def item(self) -> str:
        """The id with the resource key, as a RemoteFile stores the id."""
        return f"{self.id}/{self.key}" if self.key else self.id

    @classmethod
    def of_item(cls, item: str) -> "DriveTarget":
        """The target whose `item` is given."""
        name, _, key = item.partition("/")
        return cls(name, key)


def parse_drive_target(link: ShareLink) -> DriveTarget | None:
    """The target of a link, with an id of any length. None for a link of an unknown shape."""
    parameters = link.address.parameters
    for shape, kind in SHAPES:
        if (match := shape.match(link.address.path)) is not None:
            name = match[1] if shape.groups else parameters.get("id", "")
            if not ID.fullmatch(name):
                raise stop("link_malformed")
            key = parameters.get("resourcekey", "")
            return DriveTarget(name, key if re.fullmatch(r"[A-Za-z0-9_-]*", key) else "", kind)
    return None
