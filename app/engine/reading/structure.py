"""Whether the entries of a zip lie one after the other and each says of itself what the directory says of it."""

import struct
from collections.abc import Sequence
from typing import BinaryIO

from app.engine.reading.directory import LOCAL, End, Slot, wide
from app.engine.reading.limits import Limits
from app.engine.reading.refusal import Refused

_LOCAL = struct.Struct("<4s5H3L2H")
DESCRIPTOR = 0x08
_KNOWN_FLAGS = 0x0001 | 0x0008 | 0x0040 | 0x0800 | 0x2000  # what the two headers must agree on


def prove(file: BinaryIO, end: End, found: Sequence[Slot], limits: Limits) -> dict[int, int]:
    """Where the data of each entry begins, by its header's place; refuses an archive that contradicts itself."""
    names: set[bytes] = set()
    for slot in found:
        if slot.name in names:
            raise Refused("archive_unsafe", details={"reason": "two files of one name"})
        names.add(slot.name)
    data_at: dict[int, int] = {}
    reached = 0
    if end.at > min((slot.header_at for slot in found), default=0) > limits.stray_bytes:
        raise Refused("archive_unsafe", details={"reason": "it is hidden inside another file"})
    for slot in sorted(found, key=lambda s: s.header_at):
        if slot.header_at < reached:
            raise Refused("archive_unsafe", details={"reason": "files that overlap"})
        begins = _local(file, slot)
        reached = begins + slot.packed
        if reached > end.at:
            if slot.header_at >= end.at or begins > end.at:
                raise Refused("zip_damaged")
            raise Refused("archive_unsafe", details={"reason": "files that overlap"})
        data_at[slot.header_at] = begins
    return data_at


def _local(file: BinaryIO, slot: Slot) -> int:
    file.seek(slot.header_at)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != LOCAL:
        raise Refused("zip_damaged")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(head)
    name = file.read(name_length)
    extra = file.read(extra_length)
    if len(name) < name_length or len(extra) < extra_length:
        raise Refused("zip_damaged")
    size, packed, _, _ = wide(extra, size, packed)
    agree = name == slot.name and method == slot.method and not (flags ^ slot.flags) & _KNOWN_FLAGS
    if agree and not flags & DESCRIPTOR:
        agree = (size, packed, crc) == (slot.size, slot.packed, slot.crc)
    if not agree and not flags & 0x2000:  # a masked header says nothing true; its entry counts as locked
        raise Refused("archive_unsafe", details={"reason": "a file that is described twice, differently"})
    return slot.header_at + _LOCAL.size + len(name) + len(extra)
