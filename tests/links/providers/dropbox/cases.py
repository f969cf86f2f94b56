"""The cases of Dropbox's routes."""

from tests.links.providers.dropbox.fake import APP, SECRET, Dropbox
from tests.links.route_case import RouteCase

CASES = (
    RouteCase("dropbox", "api", Dropbox, {"dropbox_app_key": APP, "dropbox_app_secret": SECRET}),
    RouteCase("dropbox", "page", Dropbox, folders=False, zipped=True, checked=False),
)
