"""The cases of SharePoint's routes."""

from tests.links.providers.sharepoint.fake import SharePoint
from tests.links.route_case import RouteCase

CASES = (RouteCase("sharepoint", "browser", SharePoint, checked=False),)
