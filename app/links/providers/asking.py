"""What every provider's requests have in common: asking for a part of a file, its version, and what a refusal says."""

import json
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.links.answer import Answer
from app.links.failures import Refusal
from app.links.network_errors import Cut
from app.links.provider import Validator

BODY = 64 * 1024
MARKS = b"\xef\xbb\xbf \t\r\n"


def part_headers(start: int, validator: Validator) -> dict[str, str]:
    """Headers that ask for the bytes from `start`; none for the whole file."""
    if not start:
        return {}
    guarded = {"if-range": validator.if_range} if validator.if_range else {}
    return {"range": f"bytes={start}-", **guarded}


def validator_of(answer: Answer) -> Validator:
    """What the headers of a file say of its version."""
    if etag := answer.headers.get("etag", "").strip():
        return Validator("etag", etag)
    if modified := answer.headers.get("last-modified", "").strip():
        return Validator("last_modified", modified)
    return Validator()


def refusal(answer: Answer, limit: int = BODY) -> Refusal:
    """Status, error code and text of a refusal. The text serves the failure table and is not kept."""
    try:
        body = b"" if answer.headers.get("content-encoding") else answer.body(limit)
    except Cut:
        body = b""
    code = answer.headers.get("x-ms-error-code", "").strip() or _code(body.lstrip(MARKS))
    return Refusal(answer.status, code, body.decode("utf-8", "replace").lower())


def _code(body: bytes) -> str:
    if body.startswith(b"<"):
        return _of_xml(body)
    return _of_json(body) if body.startswith(b"{") else ""


def _of_xml(body: bytes) -> str:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return ""
    for element in root.iter():
        if str(element.tag).rpartition("}")[2] == "Code":
            return (element.text or "").strip()
    return ""


def _of_json(body: bytes) -> str:
    """The code of an error as the providers' APIs write it: Google's reason, Dropbox's tag, Microsoft's code."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = told.get("error") if isinstance(told, dict) else None
    if isinstance(told, dict) and isinstance(summary := told.get("error_summary"), str):
        return summary.partition("/")[0].strip(".")
    if not isinstance(error, dict):
        return error if isinstance(error, str) else ""
    reasons = error.get("errors")
    if isinstance(reasons, list) and reasons and isinstance(reasons[0], dict):
        return str(reasons[0].get("reason", ""))
    return str(error.get(".tag") or error.get("code") or "")


def size_of(answer: Answer) -> tuple[int | None, bool] | None:
    """The whole size, and whether parts can be had, by the answer to a request for the first bytes; None where the
    answer makes no sense."""
    part = answer.content_range
    if answer.status == 206 and part is not None and part.start == 0:
        return part.total, True
    if answer.status == 200:
        return answer.length, False
    if answer.status == 416 and part is not None and part.total == 0:
        return 0, False
    return None


def text_of(told: Mapping[str, Any], name: str) -> str:
    """A text of an answer in JSON; empty where there is none."""
    value = told.get(name)
    return value if isinstance(value, str) else ""
