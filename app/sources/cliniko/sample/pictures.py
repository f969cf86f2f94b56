"""Small valid files for clients: a signature, a photo, a letter, a list of exercises."""

import base64
import struct
import zlib
from functools import lru_cache
from random import Random

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _png(width: int, height: int, lines: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines, 1)) + _chunk(b"IEND", b"")


@lru_cache(maxsize=64)
def signature(turn: int) -> bytes:
    """The PNG of a signature; each `turn` gives another one."""
    rng, width, height = Random(f"pen {turn}"), 64, 16  # noqa: S311 - nobody's hand
    rows = [bytearray(b"\xff" * width) for _ in range(height)]
    at = height // 2
    for x in range(4, width - 4):
        at = max(1, min(height - 2, at + rng.choice((-1, 0, 1))))
        rows[at][x] = 0
    return _png(width, height, b"".join(b"\x00" + bytes(row) for row in rows))


def as_uri(png: bytes) -> str:
    """A PNG as a `data:` address."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def photo(rng: Random, size: int) -> bytes:
    """A grey PNG of about `size` bytes."""
    width = 64
    height = max(1, size // (width + 1))
    return _png(width, height, b"".join(b"\x00" + rng.randbytes(width) for _ in range(height)))


def letter(rng: Random, size: int) -> bytes:
    """A PDF with one page, of about `size` bytes."""
    scan = rng.randbytes(max(1, size - 420))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(scan), scan),
    ]
    body, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    return bytes(body)


def exercises(rng: Random, size: int) -> bytes:
    """A list of exercises as plain text, of about `size` bytes."""
    moves = ("Bridge", "Plank", "Clam", "Heel raise", "Row")
    lines = [f"{rng.choice(moves)}: {rng.randrange(2, 30)} times\n" for _ in range(1 + size // 16)]
    return "".join(lines).encode("utf-8")
