"""Reads the central directory of a zip by its end record, and trusts it only as far as it is proven.

Section numbers refer to PKWARE's APPNOTE.TXT.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from app.reading.limits import MIB, Limits, bomb_refusal, too_many_entries
from app.reading.refusal import Refused
from app.reading.unpack import Window, buffered

END, END64, LOCATOR, CENTRAL, LOCAL = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02", b"PK\x03\x04"
SPLIT = (b"PK\x07\x08", b"PK00PK\x03\x04")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_TURN16, _TURN32 = 1 << 16, 1 << 32
_UNICODE_PATH = 0x7075


@dataclass(frozen=True, slots=True)
class ZipEnd:
    """The position of the directory, and by how many bytes data in front of the archive moves everything (4.3.16).

    `wraps`: some macOS programs write counts modulo 65,536 and offsets modulo 2^32 instead of a zip64 record.
    """

    entries: int
    at: int
    size: int
    moved: int
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """An entry of the directory (4.3.12). `header_at` is the offset of its local header; sizes are in bytes."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    header_at: int
    attributes: int
    system: int
    unicode_name: str | None = None


def find_end(file: BinaryIO, size: int, limits: Limits) -> ZipEnd:
    """Returns the proven end record, zip64 included (4.3.14 to 4.3.16). `size` is the file's size in bytes.

    Raises Refused for an ambiguous, split, truncated or padded archive, and for too many entries.
    """
    start = max(0, size - MIB)
    file.seek(start)
    tail = file.read(size - start)
    ends = []
    at = tail.rfind(END)
    while at >= 0:
        ends.append(at)
        at = tail.rfind(END, 0, at)
    whole = [at for at in ends if at + _END.size <= len(tail)]
    exact = [at for at in whole if at + _END.size + _END.unpack_from(tail, at)[7] == len(tail)]
    if len(exact) > 1:
        raise Refused("archive_unsafe", details={"reason": "two directories"})
    for at in whole:
        comment = _END.unpack_from(tail, at)[7]
        after = len(tail) - (at + _END.size + comment)
        if after < 0:
            continue
        end = _proven(file, start + at, _END.unpack_from(tail, at))
        if end is None:
            continue
        if after > limits.stray_bytes or end.moved > limits.stray_bytes:
            raise Refused("archive_unsafe", details={"reason": "it is hidden inside another file"})
        if end.entries > limits.entries:
            raise too_many_entries(limits)
        if end.size > limits.directory_bytes:
            raise bomb_refusal(f"more than {limits.directory_bytes // MIB} MiB of names", ends_archive=True)
        return end
    raise Refused("zip_damaged")


def _proven(file: BinaryIO, at: int, record: tuple[int, ...]) -> ZipEnd | None:
    """Returns the end record at `at` if a directory precedes it; None if these bytes are not an end record."""
    _, disk, first_disk, on_disk, entries, size, offset, _ = record
    file.seek(max(0, at - _LOCATOR.size))
    raw = file.read(_LOCATOR.size)
    before = at
    wraps = not (at >= _LOCATOR.size and raw[:4] == LOCATOR)
    if at >= _LOCATOR.size and raw[:4] == LOCATOR:
        before, entries, size, offset = _zip64(file, at, raw, (entries, size, offset))
    elif _FULL32 in (size, offset) or entries == _FULL16 != on_disk:
        return None
    elif ((disk or first_disk) and (disk, first_disk) != (_FULL16, _FULL16)) or on_disk != entries:
        raise Refused("zip_split_unsupported")
    moved = before - size - offset
    if moved < 0:
        return None
    if wraps:
        moved %= _TURN32
    if entries or size:
        file.seek(before - size)
        if size < _CENTRAL.size or file.read(4) != CENTRAL:
            return None
    return ZipEnd(entries, before - size, size, moved, wraps)


def _zip64(file: BinaryIO, at: int, raw: bytes, short: tuple[int, int, int]) -> tuple[int, int, int, int]:
    _, disk, claimed, disks = _LOCATOR.unpack(raw)
    locator_at = at - _LOCATOR.size
    if disk or disks > 1:
        raise Refused("zip_split_unsupported")
    for record_at in (claimed, locator_at - _END64.size):
        if not 0 <= record_at <= locator_at - _END64.size:
            continue
        file.seek(record_at)
        data = file.read(_END64.size)
        if data[:4] != END64:
            continue
        _, length, _, _, disk, first_disk, on_disk, entries, size, offset = _END64.unpack(data)
        if record_at + 12 + length != locator_at:
            raise Refused("archive_unsafe", details={"reason": "its directory does not add up"})
        if disk or first_disk or on_disk != entries:
            raise Refused("zip_split_unsupported")
        for small, full, large in zip(short, (_FULL16, _FULL32, _FULL32), (entries, size, offset), strict=True):
            if small not in (full, large):
                raise Refused("archive_unsafe", details={"reason": "its directory does not add up"})
        return record_at, entries, size, offset
    raise Refused("archive_unsafe", details={"reason": "its directory does not add up"})


def zip_entries(file: BinaryIO, end: ZipEnd, limits: Limits) -> Iterator[ZipEntry]:
    """Yields every entry in directory order. Wrapped counts and offsets are restored.

    Raises Refused if the directory disagrees with its end record.
    """
    directory = buffered(Window(file, end.at, end.size))
    left = end.size
    count = turns = before = 0
    while count < end.entries or (end.wraps and left):
        head = directory.read(_CENTRAL.size)
        if len(head) < _CENTRAL.size or head[:4] != CENTRAL:
            raise Refused("zip_damaged")
        (
            _,
            made,
            _,
            flags,
            method,
            _time,
            _date,
            crc,
            packed,
            size,
            name_length,
            extra_length,
            comment_length,
            disk,
            _inner,
            attributes,
            offset,
        ) = _CENTRAL.unpack(head)
        name = directory.read(name_length)
        extra = directory.read(extra_length)
        directory.read(comment_length)
        left -= _CENTRAL.size + name_length + extra_length + comment_length
        if left < 0:
            raise Refused("zip_damaged")
        size, packed, offset, disk = with_zip64_fields(extra, size, packed, offset, disk)
        if disk not in (0, _FULL16):
            raise Refused("zip_split_unsupported")
        count += 1
        if count > limits.entries:
            raise too_many_entries(limits)
        if end.wraps and offset < before and end.at >= (turns + 1) * _TURN32 + offset:
            turns += 1
        before = offset
        place = offset + turns * _TURN32 + end.moved
        yield ZipEntry(name, flags, method, crc, packed, size, place, attributes, made >> 8, unicode_path(extra, name))
    if left or count % _TURN16 != end.entries % _TURN16:
        raise Refused("archive_unsafe", details={"reason": "its directory holds more than it says"})


def unicode_path(extra: bytes, name: bytes) -> str | None:
    """Returns the UTF-8 name of the Info-ZIP Unicode Path extra field (4.6.9), if its checksum matches the name; else
    None."""
    for tag, field in _extra_fields(extra):
        if tag == _UNICODE_PATH and len(field) > 5 and field[0] == 1:
            if int.from_bytes(field[1:5], "little") != zlib.crc32(name):
                return None
            try:
                return field[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the extra fields of an entry: header id and data (4.5.1)."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<2H", extra, at)
        yield tag, extra[at + 4 : at + 4 + length]
        at += 4 + length


def with_zip64_fields(
    extra: bytes, size: int, packed: int, offset: int = 0, disk: int = 0
) -> tuple[int, int, int, int]:
    """Returns size, packed size, offset and disk, with 64-bit values from the zip64 extra field (4.5.3)."""
    for tag, field in _extra_fields(extra):
        if tag != 1:
            continue
        values = [size, packed, offset]
        place = 0
        for number, value in enumerate(values):
            if value == _FULL32 and place + 8 <= len(field):
                values[number] = struct.unpack_from("<Q", field, place)[0]
                place += 8
        if disk == _FULL16 and place + 4 <= len(field):
            disk = struct.unpack_from("<L", field, place)[0]
        return values[0], values[1], values[2], disk
    return size, packed, offset, disk
