"""Links of Dropbox: a share, and the path of an entry in a shared folder.

The parameters `rlkey` and `st` open the share, so only the parameters that select a view are removed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from app.links.link_problems import stop
from app.links.provider_folder import load_provider_data
from app.links.share_link import ShareLink, WebAddress
from app.links.web_client import BROWSER, WebClient

DATA = load_provider_data(__file__)
SHAPES = tuple((re.compile(shape["path"]), str(shape["kind"]), str(shape.get("host", ""))) for shape in DATA["shape"])
VIEW_PARAMETERS = {"dl", "raw", "preview"}


@dataclass(frozen=True, slots=True)
class DropboxTarget:
    """What a link points at. `root` is the address of the share, `path` the entry in the share (empty for the share).

    `kind` is file, folder or redirector by the shape of the link. Dropbox's metadata decides between file and folder.
    """

    root: WebAddress
    shared: WebAddress
    path: str = field(default="", repr=False)
    kind: str = "file"

    @property
    def url(self) -> str:
        """The link for the API: the pasted link, or the link of the folder that holds the entry."""
        return self.shared.secret_url


def parse_dropbox_target(address: WebAddress) -> DropboxTarget | None:
    """The target of a link. None for a link of an unknown shape."""
    for shape, kind, host in SHAPES:
        match = shape.match(address.path)
        if match is None or (host and host != address.host):
            continue
        if kind == "redirector":
            return DropboxTarget(address, address, kind=kind)
        inside = unquote(match.groupdict().get("rest") or "").rstrip("/")
        if kind == "folder" and (preview := address.parameters.get("preview")):
            inside += f"/{preview}"
        kept = "&".join(_kept(address.query))
        root = WebAddress("www.dropbox.com", f"{match['root']}?{kept}".rstrip("?"))
        return DropboxTarget(root, root if inside else address, inside, kind)
    return None


def resolve_target(link: ShareLink, web: WebClient) -> DropboxTarget:
    """The target of a link, after a single redirect where the link redirects. Raises Stop `link_not_recognised`."""
    target = parse_dropbox_target(link.address)
    if target is not None and target.kind == "redirector":
        onward = web.resolve_once(link.address, BROWSER)
        target = parse_dropbox_target(onward) if onward is not None else None
        if target is None or target.kind == "redirector":
            raise stop("link_not_recognised")
    if target is None:
        raise stop("link_not_recognised")
    return target


def build_download_address(target: DropboxTarget, item: str) -> WebAddress:
    """The address that sends the bytes to a browser, for the share or for an entry in the share."""
    path = target.root.path + quote(item, safe="/")
    query = [pair for pair in target.root.query.split("&") if pair]
    return WebAddress(target.root.host, f"{path}?{'&'.join([*query, 'dl=1'])}")


def _kept(query: str) -> Iterator[str]:
    for pair in query.split("&"):
        if pair and unquote(pair.partition("=")[0]).lower() not in VIEW_PARAMETERS:
            yield pair
