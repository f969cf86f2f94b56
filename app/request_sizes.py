"""The sizes of a request that pages accept: headers, address and texts, so that every database can store them.

A path beyond a limit is answered with 404, a query or a form with 422. SQLite stores NUL bytes and PostgreSQL does not;
pages need not know that.
"""

from collections.abc import Iterable

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData

from app.web.sent_numbers import address_number

LONGEST_PATH = 2048
LONGEST_SEGMENT = 255
LONGEST_QUERY_VALUE = 2_000
LONGEST_FIELD = 200_000
MOST_HEADERS = 100
HEADER_BYTES = 64 * 1024


def is_text(value: str) -> bool:
    """Whether every database can keep this text: no NUL, and no half of a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def is_path(path: str) -> bool:
    """Whether an address of ours could have this path."""
    fits = len(path) <= LONGEST_PATH and all(len(segment) <= LONGEST_SEGMENT for segment in path.split("/"))
    return fits and is_text(path)


def has_too_many_headers(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether there are more headers, or more bytes of them, than a browser sends."""
    number = size = 0
    for name, value in headers:
        number, size = number + 1, size + len(name) + len(value)
    return number > MOST_HEADERS or size > HEADER_BYTES


async def check_texts(request: Request) -> None:
    """Refuses a query, a number in the path or a parsed form that breaks a limit. Numbers in a query are SentNumber."""
    route = request.scope.get("route")
    dependant = getattr(route, "dependant", None)
    if dependant is not None:
        for field in dependant.path_params:
            if field.field_info.annotation is int and address_number(request.path_params[field.alias]) is None:
                raise HTTPException(404)
    for name, value in request.query_params.multi_items():
        if not is_text(name + value) or len(value) > LONGEST_QUERY_VALUE:
            raise RequestValidationError([])
    if getattr(route, "body_field", None) is not None:  # the framework has read the form already
        await read_form(request)


async def read_form(request: Request) -> FormData:
    """The submitted form, with files still to be read. Raises RequestValidationError for a text beyond a limit.

    A second call returns the same form.
    """
    try:
        form = await request.form()
    except (ValueError, IndexError, OverflowError, RuntimeError):  # the charset of the form does not fit its bytes
        raise RequestValidationError([]) from None
    for name, value in form.multi_items():
        text = value if isinstance(value, str) else value.filename or ""
        if not is_text(name + text) or len(text) > LONGEST_FIELD:
            raise RequestValidationError([])
    return form
