"""Entries of a zip that are locked with a password: ZipCrypto and AES, opened when the clinic gives it."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from stream_unzip import PasswordError, UnzipError, stream_unzip

from app.engine.reading.directory import CENTRAL, LOCAL, Slot
from app.engine.reading.refusal import Refused
from app.engine.reading.unpack import CHUNK
from app.engine.reading.window import Window

ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_NOT_OURS = 0x0040 | 0x2000  # strong encryption and masked directories
_AES = 99
_HEADER = struct.Struct("<4s5H3L2H")
_FULL = 0xFFFFFFFF
_SIZES, _AES_FIELD = 0x0001, 0x9901
_DESCRIBED = 0x08
"""The flag of an entry whose checksum and sizes follow its data. Its password is checked by its time of day."""


def is_locked(slot: Slot) -> bool:
    return bool(slot.flags & ENCRYPTED) or slot.method == _AES


def unlocked(file: BinaryIO, slot: Slot, data_at: int, password: str | None) -> Iterator[bytes]:
    """The entry's plain bytes; asks for a password, and says when it is the wrong one."""
    if password is None or slot.flags & _NOT_OURS:
        raise Refused("zip_encrypted")
    return _opened(file, slot, data_at, password)


def _opened(file: BinaryIO, slot: Slot, data_at: int, password: str) -> Iterator[bytes]:
    def stream() -> Iterator[bytes]:
        raw = Window(file, data_at, slot.packed)
        yield _header(file, slot, data_at)
        while piece := raw.read(CHUNK):
            yield piece
        if slot.flags & _DESCRIBED:
            yield b"PK\x07\x08" + struct.pack("<LQQ", slot.crc, slot.packed, slot.size)
        yield CENTRAL + bytes(42)

    try:
        for _name, _size, pieces in stream_unzip(stream(), password=password.encode()):
            yield from pieces
    except PasswordError:
        raise Refused("zip_password_wrong") from None
    except UnzipError:
        raise Refused("zip_damaged") from None


def _header(file: BinaryIO, slot: Slot, data_at: int) -> bytes:
    """A header for one entry alone, in one shape whatever program wrote it: what its own header and the directory say,
    with sizes of 8 bytes (APPNOTE 4.3.7, 4.3.9, 4.5.3)."""
    file.seek(slot.header_at)
    own = file.read(data_at - slot.header_at)
    _, version, _, method, time, day, _, _, _, name, extra = _HEADER.unpack_from(own)
    fields = own[_HEADER.size + name : _HEADER.size + name + extra]
    described = bool(slot.flags & _DESCRIBED)
    sizes = struct.pack("<2H2Q", _SIZES, 16, slot.size, slot.packed)
    more = _field(fields, _AES_FIELD) + sizes
    crc = 0 if described else slot.crc
    flags = slot.flags & (0x01 | _DESCRIBED)
    return (
        _HEADER.pack(LOCAL, max(version, 45), flags, method, time, day, crc, _FULL, _FULL, 1, len(more)) + b"x" + more
    )


def _field(fields: bytes, wanted: int) -> bytes:
    """One extra field with its head; empty where it is not there."""
    at = 0
    while at + 4 <= len(fields):
        number, size = struct.unpack_from("<2H", fields, at)
        if number == wanted:
            return fields[at : at + 4 + size]
        at += 4 + size
    return b""
