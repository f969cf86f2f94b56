"""Zips of very many tiny files, written record by record, so that millions take seconds."""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_UTF8 = 0x800
_PIECE = 1 << 20


def scan_name(number: int) -> str:
    """Returns the path of a client's file; each client's folder has eight."""
    return f"Patient files/{number // 8 + 1} - Lee, Ann{number // 8 + 1}/scan-{number:07}.txt"


def note_name(number: int) -> str:
    """Returns the path of a note page in its client's folder."""
    return f"Treatment notes/{number // 8 + 1} - Lee, Ann{number // 8 + 1}/2026-01-05 Visit [{number + 1}].html"


def scan_body(number: int) -> bytes:
    """Returns the bytes of a scan; all scans differ."""
    return b"Scan %d of a client" % number


def note_body(number: int) -> bytes:
    """Returns the bytes of a note page."""
    return b"<h1>Visit</h1><h2>Notes</h2><h3>How</h3><p>Better by %d</p>" % number


def write_zip(
    path: Path,
    count: int,
    name: Callable[[int], str] = scan_name,
    body: Callable[[int], bytes] = scan_body,
    first: bytes = b"",
    first_name: str = "",
) -> None:
    """Writes a zip of `count` stored files in order of number, with zip64 records beyond 65,535 files.

    `first` is put before them under `first_name`. Memory use is the size of the directory.
    """
    directory, at, entries = bytearray(), 0, 0
    with path.open("wb") as out:
        piece = bytearray()
        for number in range(-1 if first_name else 0, count):
            shown, data = (first_name, first) if number < 0 else (name(number), body(number))
            raw, crc, size = shown.encode(), zlib.crc32(data), len(data)
            piece += _LOCAL.pack(b"PK\x03\x04", 20, _UTF8, 0, 0, 0x5A21, crc, size, size, len(raw), 0) + raw + data
            directory += _CENTRAL.pack(
                b"PK\x01\x02", 20, 20, _UTF8, 0, 0, 0x5A21, crc, size, size, len(raw), 0, 0, 0, 0, 0, at
            )
            directory += raw
            at, entries = at + _LOCAL.size + len(raw) + size, entries + 1
            if len(piece) > _PIECE:
                out.write(piece)
                piece.clear()
        out.write(piece)
        out.write(directory)
        short = min(entries, 0xFFFF)
        if entries > short:
            out.write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, len(directory), at))
            out.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, at + len(directory), 1))
        out.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, short, short, len(directory), at, 0))
