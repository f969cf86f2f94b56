"""Download of a client's file. The response is streamed after a checksum, with headers that forbid scripts.

Pictures and PDF files open in the browser, all other files are saved. The content type comes from the file's bytes.
"""

import hashlib
from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from fastapi.responses import StreamingResponse

from app.caspen.tables import File
from app.errors import Stop
from app.problems import Problem
from app.storage import CannotOpen

PIECE = 256 << 10
SHOWN = frozenset({"application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp"})
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"


def file_answer(file: File, content: BinaryIO) -> StreamingResponse:
    """Streams a client's file. Raises Stop before the first byte if size or checksum differ from the record."""
    if not _is_whole(file, content):
        content.close()
        raise Stop(Problem("file_bytes_altered"))
    is_shown = file.content_type in SHOWN
    plain = file.name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_").replace("?", "_")
    disposition = "inline" if is_shown else "attachment"
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    media = file.content_type if is_shown else "application/octet-stream"
    return StreamingResponse(_pieces(content), media_type=media, headers=headers)


def _is_whole(file: File, content: BinaryIO) -> bool:
    digest, size = hashlib.sha256(), 0
    try:
        while piece := content.read(PIECE):
            digest.update(piece)
            size += len(piece)
        content.seek(0)
    except CannotOpen:
        return False
    return size == file.size and digest.hexdigest() == file.sha256


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while piece := content.read(PIECE):
            yield piece
