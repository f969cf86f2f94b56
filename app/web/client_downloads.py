"""A client's file as somebody opens or saves it: its bytes, proven and streamed, under headers that let it do nothing.

Pictures and PDF open in the browser, everything else is saved. What it is, is what its content was found to be.
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
    """The answer to a request for a file. Raises Stop, before a byte is sent, where the content is not the file's."""
    if not _is_whole(file, content):
        content.close()
        raise Stop(Problem("file_bytes_altered"))
    is_shown = file.content_type in SHOWN
    plain = file.name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_").replace("?", "_")
    how = "inline" if is_shown else "attachment"
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
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
