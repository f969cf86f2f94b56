"""The cases of direct links' routes."""

from tests.links.providers.https.fake import Presigned
from tests.links.route_case import RouteCase

CASES = (RouteCase("https", "direct", Presigned, folders=False, checked=False, page="page_instead_of_file"),)
