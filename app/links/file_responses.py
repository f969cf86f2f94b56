"""Builds and parses what all providers share: range requests, file versions, sizes and error responses."""

import json
from collections.abc import Mapping
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.json_values import JsonObject, JsonValue
from app.links.failure_tables import RefusedResponse
from app.links.link_problems import stop
from app.links.network_errors import ConnectionLost
from app.links.provider import Validator
from app.links.response import ProviderResponse

BODY = 64 * 1024
MARKS = b"\xef\xbb\xbf \t\r\n"


def build_range_headers(start: int, validator: Validator) -> dict[str, str]:
    """Headers that request the bytes from `start`. Empty for the whole file."""
    if not start:
        return {}
    guarded = {"if-range": validator.if_range} if validator.if_range else {}
    return {"range": f"bytes={start}-", **guarded}


def parse_validator(response: ProviderResponse) -> Validator:
    """The version of a file by the headers of a response: the ETag, else Last-Modified."""
    if etag := response.headers.get("etag", "").strip():
        return Validator("etag", etag)
    if modified := response.headers.get("last-modified", "").strip():
        return Validator("last_modified", modified)
    return Validator()


def parse_refusal(response: ProviderResponse, limit: int = BODY) -> RefusedResponse:
    """Reduces an error response to its status, error code and text, for a failure table."""
    try:
        body = b"" if response.headers.get("content-encoding") else response.body(limit)
    except ConnectionLost:
        body = b""
    code = response.headers.get("x-ms-error-code", "").strip() or _parse_code(body.lstrip(MARKS))
    return RefusedResponse(response.status, code, body.decode("utf-8", "replace").lower())


def _parse_code(body: bytes) -> str:
    if body.startswith(b"<"):
        return _parse_xml_code(body)
    return _parse_json_code(body) if body.startswith(b"{") else ""


def _parse_xml_code(body: bytes) -> str:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return ""
    for element in root.iter():
        if str(element.tag).rpartition("}")[2] == "Code":
            return (element.text or "").strip()
    return ""


def _parse_json_code(body: bytes) -> str:
    """The error code of a JSON body: Google's reason, Dropbox's tag, Microsoft's code."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = payload.get("error") if isinstance(payload, dict) else None
    if isinstance(payload, dict) and isinstance(summary := payload.get("error_summary"), str):
        return summary.partition("/")[0].strip(".")
    if not isinstance(error, dict):
        return error if isinstance(error, str) else ""
    reasons = error.get("errors")
    if isinstance(reasons, list) and reasons and isinstance(reasons[0], dict):
        return str(reasons[0].get("reason", ""))
    return str(error.get(".tag") or error.get("code") or "")


def parse_size(response: ProviderResponse) -> tuple[int | None, bool] | None:
    """The size of the file and whether the server supports ranges, by the response to a request for the first bytes.

    None for any other response.
    """
    part = response.content_range
    if response.status == 206 and part is not None and part.start == 0:
        return part.total, True
    if response.status == 200:
        return response.length, False
    if response.status == 416 and part is not None and part.total == 0:
        return 0, False
    return None


def get_objects(payload: Mapping[str, JsonValue], name: str) -> list[JsonObject]:
    """The objects of a list in a JSON object. Raises Stop `provider_changed` for any other value."""
    listed = payload.get(name)
    if not isinstance(listed, list):
        raise stop("provider_changed")
    objects = [each for each in listed if isinstance(each, dict)]
    if len(objects) != len(listed):
        raise stop("provider_changed")
    return objects


def get_object(payload: Mapping[str, JsonValue], name: str) -> JsonObject:
    """An object inside a JSON object. Empty for a missing value, or a value of another type."""
    value = payload.get(name)
    return value if isinstance(value, dict) else {}


def get_text(payload: Mapping[str, JsonValue], name: str) -> str:
    """A text of a JSON object. Empty for a missing value, or a value of another type."""
    value = payload.get(name)
    return value if isinstance(value, str) else ""
