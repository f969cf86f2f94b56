"""Parses Dropbox's metadata of a file: in listings, and in a header of the file's response."""

import json
from collections.abc import Mapping

from app.links.file_requests import get_text
from app.links.link_problems import stop
from app.links.provider import RemoteFile, Validator
from app.links.response import Json, ProviderResponse


def parse_file(metadata: Json, item: str, path: str) -> RemoteFile:
    """The file of a metadata object. Raises Stop `provider_changed` for an object without a valid size."""
    size = metadata.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise stop("provider_changed")
    page = path.lower().endswith((".html", ".htm"))
    return RemoteFile(
        item, path, size, Validator("rev", get_text(metadata, "rev")), checksums=parse_checksums(metadata), page=page
    )


def parse_checksums(metadata: Json) -> Mapping[str, str]:
    """The content hash of a metadata object, or an empty mapping."""
    digest = get_text(metadata, "content_hash").lower()
    return {"dropbox": digest} if len(digest) == 64 else {}


def parse_result_header(response: ProviderResponse) -> Json:
    """The metadata in the header of a file's response. Empty for a missing or invalid header."""
    try:
        metadata = json.loads(response.headers.get("dropbox-api-result", ""))
    except (ValueError, RecursionError):
        return {}
    return metadata if isinstance(metadata, dict) else {}
