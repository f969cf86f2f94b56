"""Reads a presigned link and its response: the expiry in the link, and the checksums in the storage host's headers."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import unquote

from app.links.response import ProviderResponse

STAMP = "%Y%m%dT%H%M%SZ"
LENGTHS = {"md5": 16, "sha1": 20, "sha256": 32, "crc32": 4, "crc32c": 4}
AMAZON = ("sha256", "sha1", "crc32c", "crc32")


def expires_at(query: str) -> float | None:
    """The link's expiry in seconds since 1970, or None for a link without an expiry."""
    parameters: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        parameters.setdefault(unquote(name).lower(), unquote(value))
    for read in (_build_reader("x-amz-"), _build_reader("x-goog-"), _read_azure, _read_plain):
        try:
            if (expiry := read(parameters)) is not None:
                return expiry
        except (ValueError, OverflowError):
            continue
    return None


def _build_reader(prefix: str) -> Callable[[Mapping[str, str]], float | None]:
    """A reader of an expiry that is written as a date and a number of seconds."""

    def read(parameters: Mapping[str, str]) -> float | None:
        if f"{prefix}date" not in parameters or f"{prefix}expires" not in parameters:
            return None
        signed_at = datetime.strptime(parameters[f"{prefix}date"], STAMP).replace(tzinfo=UTC)
        return signed_at.timestamp() + int(parameters[f"{prefix}expires"])

    return read


def _read_azure(parameters: Mapping[str, str]) -> float | None:
    if "se" not in parameters or "sig" not in parameters:
        return None
    end = datetime.fromisoformat(parameters["se"])
    return (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()


def _read_plain(parameters: Mapping[str, str]) -> float | None:
    text = parameters.get("expires", "")
    return float(text) if re.fullmatch(r"\d{9,11}", text) else None


def checksums(response: ProviderResponse, s3: bool) -> Mapping[str, str]:
    """Checksums of the whole file as hex, by algorithm. Invalid checksums are ignored."""
    valid = {}
    for name, text in [*_read_google(response), *_read_amazon(response), *_read_azure_md5(response)]:
        try:
            digest = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            continue
        if len(digest) == LENGTHS[name]:
            valid[name] = digest.hex()
    return valid or (_read_etag(response) if s3 else {})


def _read_google(response: ProviderResponse) -> Sequence[tuple[str, str]]:
    """Google's checksums of the stored object. A compressed object is sent decompressed: ignored."""
    if response.headers.get("x-goog-stored-content-encoding", "identity").strip().lower() != "identity":
        return []
    return re.findall(r"\b(crc32c|md5)=([A-Za-z0-9+/=]+)", response.headers.get("x-goog-hash", ""))


def _read_amazon(response: ProviderResponse) -> Sequence[tuple[str, str]]:
    """Amazon's checksums, which are sent where the signature asks for checksums.

    A checksum of a range, and a composite checksum of a multipart upload, are not checksums of the file.
    """
    if response.status != 200 or response.headers.get("x-amz-checksum-type", "").strip().upper() == "COMPOSITE":
        return []
    headers = ((name, response.headers.get(f"x-amz-checksum-{name}", "").strip()) for name in AMAZON)
    return [(name, text) for name, text in headers if text]


def _read_azure_md5(response: ProviderResponse) -> Sequence[tuple[str, str]]:
    """Azure's md5. The `content-md5` of a range is the md5 of the range, so only a whole response is used."""
    text = response.headers.get("x-ms-blob-content-md5", "")
    if not text and response.status == 200:
        text = response.headers.get("content-md5", "")
    return [("md5", text.strip())] if text else []


def _read_etag(response: ProviderResponse) -> Mapping[str, str]:
    """The md5 in Amazon's ETag, for a single-part upload that is not encrypted with the owner's own key."""
    headers = response.headers
    etag = headers.get("etag", "").strip('"')
    own_key = headers.get("x-amz-server-side-encryption", "").startswith("aws:") or any(
        name.startswith("x-amz-server-side-encryption-customer") for name in headers
    )
    return {"md5": etag.lower()} if not own_key and re.fullmatch(r"[0-9a-fA-F]{32}", etag) else {}
