"""The cases of OneDrive personal's routes."""

from tests.links.providers.onedrive.fake import OneDrive
from tests.links.route_case import RouteCase

CASES = (RouteCase("onedrive", "browser", OneDrive),)
