"""A link is tried as far as a download would need it: what is behind it, its first bytes, and a part of the middle."""

from dataclasses import dataclass

from app.links.download_observer import Conduct
from app.links.guard import Watch
from app.links.link import Link
from app.links.provider import Found
from app.links.provider_session import even_refusals, travelling
from app.links.settings import LinkSettings


@dataclass(frozen=True, slots=True)
class Tried:
    """`resumes` is None where there is nothing to go on with: an empty file, or one that comes in one piece."""

    found: Found
    route: str
    resumes: bool | None


def try_link(link: Link, settings: LinkSettings, watch: Watch) -> Tried:
    """A Stop says what was in the way."""
    conduct = Conduct(patience=0)
    with even_refusals(conduct, settings), travelling(link, settings, conduct, watch, None) as journey:
        found, name = journey.probed(conduct)
        route = next(r for r in journey.provider.routes(settings) if r.name == name)
        file = found.files[0]
        if not file.ranges or file.size == 0:
            return Tried(found, name, None)
        start = max(1, (file.size or 2) // 2)
        with route.open(link, file, journey.web, start) as answer:
            part = answer.content_range
            return Tried(found, name, answer.status == 206 and part is not None and part.start == start)
