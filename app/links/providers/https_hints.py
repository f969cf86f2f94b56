"""What a presigned link tells by itself: until when it lasts, and the fingerprints its host keeps of the file."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote

from app.links.answer import Answer

STAMP = "%Y%m%dT%H%M%SZ"
LENGTHS = {"md5": 16, "sha1": 20, "sha256": 32, "crc32": 4, "crc32c": 4}
AMAZON = ("sha256", "sha1", "crc32c", "crc32")


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
    """Fingerprints of the whole file as hex, by the name of their algorithm. What cannot be one is none."""
    found = {}
    for name, said in [*_google(answer), *_amazon(answer), *_azure_sum(answer)]:
        try:
            digest = base64.b64decode(said, validate=True)
        except (binascii.Error, ValueError):
            continue
        if len(digest) == LENGTHS[name]:
            found[name] = digest.hex()
    return found or (_etag(answer) if s3 else {})


def _google(answer: Answer) -> Sequence[tuple[str, str]]:
    """Of the object as it is stored: where it is kept packed, that is not what is sent. Objects that were put together
    of parts have no md5."""
    if answer.headers.get("x-goog-stored-content-encoding", "identity").strip().lower() != "identity":
        return []
    return re.findall(r"\b(crc32c|md5)=([A-Za-z0-9+/=]+)", answer.headers.get("x-goog-hash", ""))


def _amazon(answer: Answer) -> Sequence[tuple[str, str]]:
    """Sent where whoever signed the link asked for it. Of a part it may be the part's; of an object that was sent in
    parts it may be the parts' own sums put together, and is told apart by its type or a dash."""
    if answer.status != 200 or answer.headers.get("x-amz-checksum-type", "").strip().upper() == "COMPOSITE":
        return []
    said = ((name, answer.headers.get(f"x-amz-checksum-{name}", "").strip()) for name in AMAZON)
    return [(name, text) for name, text in said if text]


def _azure_sum(answer: Answer) -> Sequence[tuple[str, str]]:
    """An answer with a part of a file tells that part's sum as `content-md5`."""
    said = answer.headers.get("x-ms-blob-content-md5", "")
    if not said and answer.status == 200:
        said = answer.headers.get("content-md5", "")
    return [("md5", said.strip())] if said else []


def _etag(answer: Answer) -> Mapping[str, str]:
    """Amazon's etag is the md5 of what was sent in one go and is not sealed with a key of the owner's."""
    headers = answer.headers
    etag = headers.get("etag", "").strip('"')
    own_key = headers.get("x-amz-server-side-encryption", "").startswith("aws:") or any(
        name.startswith("x-amz-server-side-encryption-customer") for name in headers
    )
    return {"md5": etag.lower()} if not own_key and re.fullmatch(r"[0-9a-fA-F]{32}", etag) else {}
