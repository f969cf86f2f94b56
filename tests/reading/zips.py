"""Zips built byte by byte, so that they can contradict themselves."""

import bz2
import lzma
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.reading.story import patients

STORED, DEFLATE, DEFLATE64, BZIP2, LZMA = 0, 8, 9, 12, 14


@dataclass
class Item:
    """An entry. None values follow from the data; `local_*` values differ from the directory's."""

    name: bytes = b"patients.csv"
    data: bytes = field(default_factory=lambda: patients(2).encode())
    method: int = DEFLATE
    flags: int = 0
    packed: bytes | None = None
    crc: int | None = None
    size: int | None = None
    claimed: int | None = None  # its packed size, as both headers say it
    local_name: bytes | None = None
    local_method: int | None = None
    local_size: int | None = None
    descriptor: bool = False
    wide: bool = False
    attributes: int = 0
    at: int | None = None  # where the directory says that it begins
    extra: bytes = b""  # a field of the directory

    def body(self) -> bytes:
        return self.packed if self.packed is not None else pack(self.data, self.method)


def pack(data: bytes, method: int) -> bytes:
    if method in (DEFLATE, DEFLATE64):  # short distances and lengths are the same in both
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        return bytes(packer.compress(data) + packer.flush())
    if method == BZIP2:
        return bz2.compress(data)
    if method == LZMA:
        filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}]
        properties = lzma._encode_filter_properties(filters[0])  # type: ignore[attr-defined]  # as zipfile does
        body = lzma.LZMACompressor(lzma.FORMAT_RAW, filters=filters)
        return struct.pack("<BBH", 9, 4, len(properties)) + bytes(properties) + body.compress(data) + body.flush()
    return data


def build(
    items: Sequence[Item],
    *,
    before: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    moved: bool = True,
    zip64: bool = False,
    disk: int = 0,
    count: int | None = None,
) -> bytes:
    """Returns the zip. `moved` False keeps the offsets from before `before` was put in front."""
    out = bytearray(before)
    directory = bytearray()
    for item in items:
        offset = len(out) - (0 if moved else len(before))
        body = item.body()
        crc = zlib.crc32(item.data) if item.crc is None else item.crc
        size = len(item.data) if item.size is None else item.size
        packed = len(body) if item.claimed is None else item.claimed
        flags = item.flags | (0x08 if item.descriptor else 0)
        local = (0, 0, 0) if item.descriptor else (crc, packed, size if item.local_size is None else item.local_size)
        name = item.name if item.local_name is None else item.local_name
        method = item.method if item.local_method is None else item.local_method
        extra = struct.pack("<2H2Q", 1, 16, size, len(body)) if item.wide else b""
        if item.wide:
            local = (crc, 0xFFFFFFFF, 0xFFFFFFFF)
        out += struct.pack("<4s5H3L2H", b"PK\x03\x04", 45, flags, method, 0, 33, *local, len(name), len(extra))
        out += name + extra + body
        if item.descriptor:
            out += struct.pack("<4s3L", b"PK\x07\x08", crc, len(body), size)
        result = (0xFFFFFFFF, 0xFFFFFFFF) if item.wide else (packed, size)
        directory += struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02",
            0x0300 | 45,
            45,
            flags,
            item.method,
            0,
            33,
            crc,
            *result,
            len(item.name),
            len(extra + item.extra),
            0,
            0,
            0,
            item.attributes,
            offset if item.at is None else item.at,
        )
        directory += item.name + extra + item.extra
    start = len(out) - (0 if moved else len(before))
    out += directory
    number = len(items) if count is None else count
    end = (disk, disk, number, number, len(directory), start)
    if zip64:
        record_at = len(out) - (0 if moved else len(before))
        out += struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, number, number, len(directory), start)
        out += struct.pack("<4sLQL", b"PK\x06\x07", 0, record_at, 1)
        end = (0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    out += struct.pack("<4s4H2LH", b"PK\x05\x06", *end, len(comment)) + comment + after
    return bytes(out)


def overlapping(copies: int) -> bytes:
    """Returns a zip with many names for the same packed bytes."""
    kernel = Item(b"0.csv", b"0" * 1_000_000)
    return build([kernel, *(Item(b"%d.csv" % n, kernel.data, packed=b"", at=0) for n in range(1, copies))])
