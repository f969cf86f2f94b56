"""What a presigned link tells by itself: until when it lasts, and the fingerprint its host keeps of the file."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import unquote

from app.links.answer import Answer

STAMP = "%Y%m%dT%H%M%SZ"


def expires_at(query: str) -> float | None:
    """When the link runs out, in seconds since 1970; None when it does not say."""
    said: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        said.setdefault(unquote(name).lower(), unquote(value))
    for read in (_dated("x-amz-"), _dated("x-goog-"), _azure, _plain):
        try:
            if (found := read(said)) is not None:
                return found
        except (ValueError, OverflowError):
            continue
    return None


def _dated(start: str) -> Callable[[Mapping[str, str]], float | None]:
    def read(said: Mapping[str, str]) -> float | None:
        if f"{start}date" not in said or f"{start}expires" not in said:
            return None
        made = datetime.strptime(said[f"{start}date"], STAMP).replace(tzinfo=UTC)
        return made.timestamp() + int(said[f"{start}expires"])

    return read


def _azure(said: Mapping[str, str]) -> float | None:
    if "se" not in said or "sig" not in said:
        return None
    end = datetime.fromisoformat(said["se"])
    return (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()


def _plain(said: Mapping[str, str]) -> float | None:
    text = said.get("expires", "")
    return float(text) if re.fullmatch(r"\d{9,11}", text) else None


def checksums(answer: Answer, s3: bool) -> Mapping[str, str]:
    """Fingerprints of the whole file as hex, by the name of their algorithm."""
    headers = answer.headers
    found = re.search(r"md5=([A-Za-z0-9+/=]+)", headers.get("x-goog-hash", ""))
    said = found[1] if found else headers.get("x-ms-blob-content-md5", "")
    if not said and answer.status == 200:
        said = headers.get("content-md5", "")
    if said:
        try:
            digest = base64.b64decode(said, validate=True)
        except (binascii.Error, ValueError):
            return {}
        return {"md5": digest.hex()} if len(digest) == 16 else {}
    etag = headers.get("etag", "").strip('"')
    own_key = headers.get("x-amz-server-side-encryption", "").startswith("aws:") or any(
        name.startswith("x-amz-server-side-encryption-customer") for name in headers
    )
    return {"md5": etag.lower()} if s3 and not own_key and re.fullmatch(r"[0-9a-fA-F]{32}", etag) else {}
