"""What Dropbox tells of a file: in its listings, and in a header of the file itself."""

import json
from collections.abc import Mapping

from app.links.answer import Answer, Json
from app.links.problems import stop
from app.links.provider import RemoteFile, Validator
from app.links.providers.asking import text_of


def file_of(told: Json, item: str, path: str) -> RemoteFile:
    size = told.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise stop("provider_changed")
    page = path.lower().endswith((".html", ".htm"))
    return RemoteFile(item, path, size, Validator("rev", text_of(told, "rev")), checksums=sums_of(told), page=page)


def sums_of(told: Json) -> Mapping[str, str]:
    found = text_of(told, "content_hash").lower()
    return {"dropbox": found} if len(found) == 64 else {}


def result_of(answer: Answer) -> Json:
    try:
        told = json.loads(answer.headers.get("dropbox-api-result", ""))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
