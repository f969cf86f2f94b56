"""A zip as a clinic shares it: its structure proven first, its files read one by one under limits.

Nothing is ever written under a name from the archive.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from app.reading.directory import CENTRAL, LOCAL, SPLIT, End, Slot, find_end, slots, wide
from app.reading.file_watch import nothing
from app.reading.inside import decoded, is_noise, is_root, is_special, is_unsafe, tidy
from app.reading.limits import Budget, Limits
from app.reading.refusal import Refused
from app.reading.slot_table import Slots, SlotTable
from app.reading.unpack import CHUNK, STORED, Unpacked, pieces_of
from app.reading.window import Window, buffered


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, by its tidy path. `code` says why it cannot be taken, `number` is its slot's."""

    path: str
    slot: Slot
    number: int
    code: str | None = None
    guessed: bool = False


class Archive:
    """An open zip. Making one proves its structure and adds up its announced sizes; refusals are `Refused`.

    An entry that unpacks to too much is refused when it is opened. The directory lies in `table`, or in memory where
    none is given.
    """

    def __init__(
        self, file: BinaryIO, size: int, budget: Budget, password: str | None = None, table: SlotTable | None = None
    ) -> None:
        self._file = file
        self._budget = budget
        self._password = password
        file.seek(0)
        if file.read(4) == SPLIT[0] or size < 22:
            raise Refused("zip_split_unsupported" if size >= 22 else "zip_damaged")
        end = find_end(file, size, budget.limits)
        budget.must_have_room(end.entries)
        self.table = table or SlotTable()
        try:
            self._slots = self.table.take(slots(file, end, budget.limits))
        except Refused as refused:
            if refused.ends_archive:
                budget.entries = budget.limits.entries  # they were listed
            raise
        try:
            budget.count_entries(len(self._slots))
            prove(file, end, self._slots, budget.limits)
            for slot in self._slots:
                budget.announce(slot.packed, slot.size)
        except Refused:
            self._slots.forget()
            raise

    @property
    def members(self) -> Iterator[Member]:
        """Its files in the order of the directory, made one at a time."""
        return self._members(self._slots.numbered())

    def paths_of(self, names: Sequence[str]) -> set[str]:
        """Which of some paths are files of this archive. Their last parts are to be in ASCII."""
        wanted = [name.rpartition("/")[2] for name in names]
        return {member.path for member in self._members(self._slots.like(wanted)) if member.path in names}

    def _members(self, numbered: Iterator[tuple[int, Slot]]) -> Iterator[Member]:
        for number, slot in numbered:
            name, guessed = decoded(slot)
            if not slot.size and (is_root(name) or is_noise(name)):
                continue
            unsafe = is_special(slot) or is_unsafe(name, slot.name, self._budget.limits)
            if not unsafe and (name.endswith(("/", "\\")) or is_noise(tidy(name))):
                continue
            path = tidy(name) if not unsafe else _shown(name)
            yield Member(path, slot, number, "unsafe_path" if unsafe else None, guessed)

    def judge_whole(self) -> None:
        """Refuses the archive where one of its files unpacks to too much: a document is read as a whole."""
        for slot in self._slots:
            self._budget.judge_strictly(slot.packed, slot.size)

    def forget(self) -> None:
        """Makes room for other archives. This one has no files from here on."""
        self._slots.forget()

    def open(self, member: Member, advancing: Callable[[], None] = nothing) -> BinaryIO:
        """The file's bytes, streamed, each piece told to `advancing`. Damage, or too much, raises `Refused`."""
        slot = member.slot
        self._budget.judge(slot.packed, slot.size)
        data_at = data_begins(self._file, slot)
        crc: int | None = None
        if is_locked(slot):
            pieces = unlocked(self._file, slot, data_at, self._password)
        else:
            pieces, crc = pieces_of(buffered(Window(self._file, data_at, slot.packed)), slot.method), slot.crc
        return buffered(
            Unpacked(pieces, crc=crc, packed=slot.packed, size=slot.size, budget=self._budget, advancing=advancing)
        )

    def in_place(self, member: Member) -> BinaryIO | None:
        """The entry as a seekable file where it lies unpacked and unlocked, else None."""
        slot = member.slot
        if slot.method != STORED or is_locked(slot) or slot.packed != slot.size:
            return None
        return buffered(Window(self._file, data_begins(self._file, slot), slot.packed))


def _shown(name: str) -> str:
    """An unsafe name for display only: short, printable and without a way out."""
    parts = [p for p in tidy(name).split("/") if p != ".."]
    text = "/".join(parts[-3:])
    return "".join(c for c in text if c.isprintable())[-200:] or "?"


# Entries of a zip that are locked with a password: ZipCrypto and AES, opened when the clinic gives it.

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
    # imported for locked zips only: its ciphers are a sixteenth of the start of every process
    from stream_unzip import PasswordError, UnzipError, stream_unzip

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


# Whether the entries of a zip lie one after the other and each says of itself what the directory says of it.

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
