"""Links that a clinic may paste and that we cannot collect here: each answered with its own words, and no request."""

from collections.abc import Mapping
from typing import Any

from app.links.failures import data_of
from app.links.link import Link
from app.links.problems import stop
from app.links.providers.known import KnownProvider
from app.links.settings import LinkSettings


class Recognised(KnownProvider):
    """A provider known by its hosts alone."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data["name"], {**data, "allowed": []})
        self._otherwise = str(data["otherwise"])

    def check(self, link: Link, settings: LinkSettings) -> None:
        raise stop(self._otherwise)


RECOGNISED = tuple(Recognised(told) for told in data_of(__file__)["provider"])
