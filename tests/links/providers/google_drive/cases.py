"""The cases of Google Drive's routes."""

from tests.links.providers.google_drive.fake import KEY, Google
from tests.links.route_case import RouteCase

HIDDEN = "link_private_or_gone"
CASES = (
    RouteCase("google_drive", "api", Google, {"google_drive_api_key": KEY}, private=HIDDEN, gone=HIDDEN),
    RouteCase("google_drive", "page", Google, sized=False, checked=False, gone=HIDDEN),
)
