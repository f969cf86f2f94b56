"""Entries of a zip that are locked with a password: ZipCrypto and AES, opened when the clinic gives it."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from stream_unzip import PasswordError, UnzipError, stream_unzip

from app.engine.reading.directory import END, Slot
from app.engine.reading.refusal import Refused
from app.engine.reading.unpack import CHUNK
from app.engine.reading.window import Window

ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_NOT_OURS = 0x0040 | 0x2000  # strong encryption and masked directories
_AES = 99


def is_locked(slot: Slot) -> bool:
    return bool(slot.flags & ENCRYPTED) or slot.method == _AES


def unlocked(file: BinaryIO, slot: Slot, data_at: int, password: str | None) -> Iterator[bytes]:
    """The entry's plain bytes; asks for a password, and says when it is the wrong one."""
    if password is None or slot.flags & _NOT_OURS:
        raise Refused("zip_encrypted")
    tail = struct.pack("<LLL", slot.crc, slot.packed, slot.size)
    tail = tail if slot.flags & 0x08 else b""
    return _opened(file, slot, data_at, password, tail)


def _opened(file: BinaryIO, slot: Slot, data_at: int, password: str, tail: bytes) -> Iterator[bytes]:
    def stream() -> Iterator[bytes]:
        raw = Window(file, slot.header_at, data_at - slot.header_at + slot.packed)
        while piece := raw.read(CHUNK):
            yield piece
        yield (b"PK\x07\x08" + tail if tail else b"") + END + bytes(18)

    try:
        for _name, _size, pieces in stream_unzip(stream(), password=password.encode(), allow_zip64=False):
            yield from pieces
    except PasswordError:
        raise Refused("zip_password_wrong") from None
    except UnzipError:
        raise Refused("zip_damaged") from None
