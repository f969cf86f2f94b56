"""The cases of all routes, collected from the folders of the providers' fakes."""

from importlib import import_module

from app.links.link_settings import LinkSettings
from app.links.provider_registry import PROVIDERS, UNSUPPORTED
from tests.links.route_case import RouteCase


def load_cases(provider: str) -> tuple[RouteCase, ...]:
    """The cases of a provider's routes, from `tests/links/providers/NAME/cases.py`."""
    try:
        cases: tuple[RouteCase, ...] = import_module(f"tests.links.providers.{provider}.cases").CASES
    except ModuleNotFoundError:
        raise AssertionError(
            f"add tests/links/providers/{provider}/ with fake.py and cases.py, which has CASES"
        ) from None
    return cases


CASES = tuple(case for provider in PROVIDERS if provider.name not in UNSUPPORTED for case in load_cases(provider.name))
BY_NAME = {case.name: case for case in CASES}


def routes_of(settings: LinkSettings) -> set[str]:
    """Every route of every provider that is available with these settings."""
    return {f"{provider.name}-{route.name}" for provider in PROVIDERS for route in provider.routes(settings)}
