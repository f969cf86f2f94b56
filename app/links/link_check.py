"""Checks a link for an operator: the contents, the first bytes, and a range in the middle of the first file."""

from dataclasses import dataclass

from app.links.download_observer import DownloadObserver
from app.links.guard import TrafficObserver
from app.links.link_settings import LinkSettings
from app.links.provider import LinkContents
from app.links.provider_session import level_refusal_time, open_session
from app.links.share_link import ShareLink


@dataclass(frozen=True, slots=True)
class LinkCheckResult:
    """`resumes` is None for an empty file, and for a file without ranges."""

    contents: LinkContents
    route: str
    resumes: bool | None


def check_link(link: ShareLink, settings: LinkSettings, traffic: TrafficObserver) -> LinkCheckResult:
    """Sends the requests that a download would send. Raises Stop with the problem of the link."""
    observer = DownloadObserver(patience=0)
    with level_refusal_time(observer, settings), open_session(link, settings, observer, traffic, None) as session:
        contents, name = session.probe(observer)
        route = next(r for r in session.provider.routes(settings) if r.name == name)
        file = contents.files[0]
        if not file.ranges or file.size == 0:
            return LinkCheckResult(contents, name, None)
        start = max(1, (file.size or 2) // 2)
        with route.open(link, file, session.web, start) as response:
            part = response.content_range
            return LinkCheckResult(contents, name, response.status == 206 and part is not None and part.start == start)
