"""Stores of both kinds, as in the stories of the destination."""

from tests.caspen.conftest import postgres, stores, url

__all__ = ["postgres", "stores", "url"]
