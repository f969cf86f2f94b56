"""Whether the entries of a zip lie one after the other and each says of itself what the directory says of it."""

import struct
from typing import BinaryIO

from app.engine.reading.directory import LOCAL, End, Slot, wide
from app.engine.reading.limits import Limits
from app.engine.reading.refusal import Refused
from app.engine.reading.slot_table import Slots

_LOCAL = struct.Struct("<4s5H3L2H")
DESCRIPTOR = 0x08
_KNOWN_FLAGS = 0x0001 | 0x0008 | 0x0040 | 0x0800 | 0x2000  # what the two headers must agree on


def prove(file: BinaryIO, end: End, found: Slots, limits: Limits) -> None:
    """Refuses an archive that contradicts itself."""
    if found.doubled:
        raise Refused("archive_unsafe", details={"reason": "two files of one name"})
    reached = 0
    if end.at > found.first_at > limits.stray_bytes:
        raise Refused("archive_unsafe", details={"reason": "it is hidden inside another file"})
    for slot in found.by_place():
        if slot.header_at < reached:
            raise Refused("archive_unsafe", details={"reason": "files that overlap"})
        begins = data_begins(file, slot)
        reached = begins + slot.packed
        if reached > end.at:
            if slot.header_at >= end.at or begins > end.at:
                raise Refused("zip_damaged")
            raise Refused("archive_unsafe", details={"reason": "files that overlap"})


def data_begins(file: BinaryIO, slot: Slot) -> int:
    """Where the data of an entry begins; refuses one whose own header says something else than the directory."""
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
