"""Checks a response before a byte is stored: the response is the file, unchanged, from the requested byte."""

from dataclasses import dataclass

from app.links.checkpoint import FileState
from app.links.file_signatures import first_kind, is_page
from app.links.link_problems import stop
from app.links.link_settings import LinkSettings
from app.links.provider import Route, Validator
from app.links.response import ProviderResponse


class NotTheFile(Exception):
    """The response is a web page or an error instead of the file. The provider's failure table has the problem."""


class FileChanged(Exception):
    """The file changed since the download began, or cannot be resumed. The download restarts, at most once."""


@dataclass(frozen=True, slots=True)
class AcceptedResponse:
    """The size and validator that a response gives. `has_body` is False where every byte is stored already."""

    expected_size: int | None
    validator: Validator
    has_body: bool = True


def accept_response(
    response: ProviderResponse, state: FileState, start: int, route: Route, settings: LinkSettings
) -> AcceptedResponse:
    if response.status == 416 and start:
        return _check_unsatisfied(response, state, start)
    check = _check_first if start == 0 else _check_resumed
    verdict = check(response, state, start, route)
    if verdict.expected_size is not None and verdict.expected_size > settings.max_bytes:
        raise build_size_stop(verdict.expected_size, settings.max_bytes)
    return verdict


def build_size_stop(size: int | None, limit: int) -> Exception:
    return stop("export_too_big", size=format_size(size or limit), limit=format_size(limit))


def format_size(size: int) -> str:
    """A number of bytes for people: 107374182400 is "100.0 GiB"."""
    value, unit = float(size), "bytes"
    for following in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, following
    return f"{size} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def _check_first(response: ProviderResponse, state: FileState, start: int, route: Route) -> AcceptedResponse:
    part = response.content_range
    if response.status == 206 and (part is None or part.start != start):
        raise stop("provider_changed")
    first = response.peek()
    if (is_page(first) and not state.page) or not (route.trusts(response) or first_kind(first) in ("zip", "empty")):
        raise NotTheFile
    total = part.total if response.status == 206 and part else response.length
    validator = route.validator(response)
    if state.expected_size is not None and total is not None and total != state.expected_size:
        raise FileChanged
    _require_same(state.validator, validator)
    return AcceptedResponse(state.expected_size if state.expected_size is not None else total, validator)


def _check_resumed(response: ProviderResponse, state: FileState, start: int, route: Route) -> AcceptedResponse:
    validator = route.validator(response)
    if response.status == 200:
        if is_page(response.peek()) and not state.page:
            raise NotTheFile
        raise FileChanged
    part = response.content_range
    if part is None or part.start != start or part.end is None:
        raise stop("provider_changed")
    if part.total is not None and state.expected_size is not None and part.total != state.expected_size:
        raise FileChanged
    if response.length is not None and response.length != part.end - start + 1:
        raise FileChanged
    same_proven = bool(validator.value) and validator == state.validator
    page_typed = response.headers.get("content-type", "").strip().lower().startswith("text/html")
    if (page_typed or not same_proven) and is_page(response.peek()) and not state.page:
        raise NotTheFile
    _require_same(state.validator, validator)
    return AcceptedResponse(state.expected_size if state.expected_size is not None else part.total, state.validator)


def _check_unsatisfied(response: ProviderResponse, state: FileState, start: int) -> AcceptedResponse:
    part = response.content_range
    if part is None or part.total is None:
        raise stop("provider_changed")
    if state.expected_size is None and part.total == start:
        return AcceptedResponse(start, state.validator, has_body=False)
    if part.total == state.expected_size:
        raise stop("provider_changed")
    raise stop("file_changed", name=state.path)


def _require_same(known: Validator, current: Validator) -> None:
    if known.value and current.value and known.kind == current.kind and known != current:
        raise FileChanged
