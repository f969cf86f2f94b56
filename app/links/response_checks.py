"""Whether an answer is the file we are fetching, from where we left off, unchanged: decided before a byte is kept."""

from dataclasses import dataclass

from app.links.answer import Answer
from app.links.checkpoint import FileState
from app.links.kinds import first_kind, is_page
from app.links.problems import stop
from app.links.provider import Route, Validator
from app.links.settings import LinkSettings


class NotTheFile(Exception):
    """A web page or the like where the file belongs: its provider knows what it means."""


class Changed(Exception):
    """The file is not the one that was begun, or cannot be gone on with: it is begun anew, once."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the answer settles; no body where everything is already here."""

    expected_size: int | None
    validator: Validator
    has_body: bool = True


def accepted(answer: Answer, state: FileState, start: int, route: Route, settings: LinkSettings) -> Accepted:
    if answer.status == 416 and start:
        return _beyond(answer, state, start)
    judge = _first if start == 0 else _following
    verdict = judge(answer, state, start, route)
    if verdict.expected_size is not None and verdict.expected_size > settings.max_bytes:
        raise too_big(verdict.expected_size, settings.max_bytes)
    return verdict


def too_big(size: int | None, limit: int) -> Exception:
    return stop("export_too_big", size=readable(size or limit), limit=readable(limit))


def readable(size: int) -> str:
    """Bytes for people: 107374182400 -> "100.0 GiB"."""
    value, unit = float(size), "bytes"
    for following in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, following
    return f"{size} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def _first(answer: Answer, state: FileState, start: int, route: Route) -> Accepted:
    part = answer.content_range
    if answer.status == 206 and (part is None or part.start != start):
        raise stop("provider_changed")
    first = answer.peek()
    if (is_page(first) and not state.page) or not (route.trusts(answer) or first_kind(first) in ("zip", "empty")):
        raise NotTheFile
    total = part.total if answer.status == 206 and part else answer.length
    told = route.validator(answer)
    if state.expected_size is not None and total is not None and total != state.expected_size:
        raise Changed
    _same(state.validator, told)
    return Accepted(state.expected_size if state.expected_size is not None else total, told)


def _following(answer: Answer, state: FileState, start: int, route: Route) -> Accepted:
    told = route.validator(answer)
    if answer.status == 200:
        if is_page(answer.peek()) and not state.page:
            raise NotTheFile
        raise Changed
    part = answer.content_range
    if part is None or part.start != start or part.end is None:
        raise stop("provider_changed")
    if part.total is not None and state.expected_size is not None and part.total != state.expected_size:
        raise Changed
    if answer.length is not None and answer.length != part.end - start + 1:
        raise Changed
    same_proven = bool(told.value) and told == state.validator
    page_typed = answer.headers.get("content-type", "").strip().lower().startswith("text/html")
    if (page_typed or not same_proven) and is_page(answer.peek()) and not state.page:
        raise NotTheFile
    _same(state.validator, told)
    return Accepted(state.expected_size if state.expected_size is not None else part.total, state.validator)


def _beyond(answer: Answer, state: FileState, start: int) -> Accepted:
    part = answer.content_range
    if part is None or part.total is None:
        raise stop("provider_changed")
    if state.expected_size is None and part.total == start:
        return Accepted(start, state.validator, has_body=False)
    if part.total == state.expected_size:
        raise stop("provider_changed")
    raise stop("file_changed", name=state.path)


def _same(known: Validator, told: Validator) -> None:
    if known.value and told.value and known.kind == told.kind and known != told:
        raise Changed
