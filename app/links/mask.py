"""How a share link is shown: enough for its owner to know which one it was, and nothing that opens it."""

from app.links.link import Link
from app.links.normalise import normalise


def masked(link: str) -> str:
    """Host and the end of the path's last part: `drive.example/…export.zip`, never a query."""
    tidy: Link = normalise(link)
    last = tidy.address.path.rstrip("/").rsplit("/", 1)[-1]
    shown = last if "." in last and len(last) <= 60 else f"…{last[-4:]}" if len(last) > 12 else "…"
    return f"{tidy.address.host}/{shown}"
