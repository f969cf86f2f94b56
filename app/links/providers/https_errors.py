"""What a storage host says when it refuses: an error code in a small XML body or in a header."""

from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.links.answer import Answer
from app.links.cuts import Cut
from app.links.failures import Refusal

BODY = 64 * 1024


def refusal(answer: Answer) -> Refusal:
    """Status, error code and text of a refusal. The text serves the failure table and is not kept."""
    try:
        body = b"" if answer.headers.get("content-encoding") else answer.body(BODY)
    except Cut:
        body = b""
    code = answer.headers.get("x-ms-error-code", "").strip() or _code(body)
    return Refusal(answer.status, code, body.decode("utf-8", "replace").lower())


def _code(body: bytes) -> str:
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return ""
    try:
        root = fromstring(body.lstrip(b"\xef\xbb\xbf \t\r\n"))
    except (ParseError, DefusedXmlException, ValueError):
        return ""
    for element in root.iter():
        if str(element.tag).rpartition("}")[2] == "Code":
            return (element.text or "").strip()
    return ""
