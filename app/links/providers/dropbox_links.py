"""Links of Dropbox: the share itself, and the path of something in a shared folder. `rlkey` and `st` open it, so that
nothing of the query is lost but what says how to show it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from app.links.failures import data_of
from app.links.link import Address, Link
from app.links.problems import stop
from app.links.web import BROWSER, Web

DATA = data_of(__file__, "dropbox.toml")
SHAPES = tuple((re.compile(shape["path"]), str(shape["kind"]), str(shape.get("host", ""))) for shape in DATA["shape"])
SHOWN = {"dl", "raw", "preview"}  # how a page shows it, and what of it


@dataclass(frozen=True, slots=True)
class Target:
    """`root` is the address of the share, `path` what is meant in it (empty for itself), `kind` file, folder or
    redirector: for display only, since Dropbox itself knows better."""

    root: Address
    shared: Address
    path: str = field(default="", repr=False)
    kind: str = "file"

    @property
    def url(self) -> str:
        """The link as the API takes it: as it was copied, or that of the folder in which something is meant."""
        return self.shared.secret_url


def target_of(address: Address) -> Target | None:
    """None where the link has no shape that we know."""
    for shape, kind, host in SHAPES:
        found = shape.match(address.path)
        if found is None or (host and host != address.host):
            continue
        if kind == "redirector":
            return Target(address, address, kind=kind)
        inside = unquote(found.groupdict().get("rest") or "").rstrip("/")
        if kind == "folder" and (preview := address.parameters.get("preview")):
            inside += f"/{preview}"
        kept = "&".join(_kept(address.query))
        root = Address("www.dropbox.com", f"{found['root']}?{kept}".rstrip("?"))
        return Target(root, root if inside else address, inside, kind)
    return None


def settled(link: Link, web: Web) -> Target:
    """What a link means; a redirector is followed once, and what it leads to must be a share."""
    target = target_of(link.address)
    if target is not None and target.kind == "redirector":
        onward = web.step(link.address, BROWSER)
        target = target_of(onward) if onward is not None else None
        if target is None or target.kind == "redirector":
            raise stop("link_not_recognised")
    if target is None:
        raise stop("link_not_recognised")
    return target


def download_address(target: Target, item: str) -> Address:
    """The address at which a browser gets the bytes: of the share, or of something in it."""
    path = target.root.path + quote(item, safe="/")
    query = [pair for pair in target.root.query.split("&") if pair]
    return Address(target.root.host, f"{path}?{'&'.join([*query, 'dl=1'])}")


def _kept(query: str) -> Iterator[str]:
    for pair in query.split("&"):
        if pair and unquote(pair.partition("=")[0]).lower() not in SHOWN:
            yield pair
