"""Zip archives: the structure is checked first, then entries are read one by one under limits.

No file is ever written under a name from the archive. Section numbers refer to PKWARE's APPNOTE.TXT.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from app.reading.archive_names import decoded_name, is_noise, is_root, is_special, is_unsafe, tidy_path
from app.reading.file_watch import do_nothing
from app.reading.limits import Budget, Limits
from app.reading.refusal import Refused
from app.reading.unpack import CHUNK, STORED, Unpacked, Window, buffered, pieces_of
from app.reading.zip_directory import CENTRAL, LOCAL, SPLIT, ZipEnd, ZipEntry, find_end, with_zip64_fields, zip_entries
from app.reading.zip_entry_table import ZipEntries, ZipEntryTable


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A file of an archive. `path` is its tidy path; `slot` is its directory entry and `number` that entry's number in
    the table; `code` is the problem code of a file that cannot be read; `guessed` marks a path whose encoding was
    guessed."""

    path: str
    slot: ZipEntry
    number: int
    code: str | None = None
    guessed: bool = False


class Archive:
    """An open zip. The constructor checks the structure and adds the announced sizes to `budget`.

    Raises Refused for a damaged, split or contradictory archive. An entry over a limit is refused only when opened.
    `table` holds the directory; None keeps it in memory, for small zips.
    """

    def __init__(
        self, file: BinaryIO, size: int, budget: Budget, password: str | None = None, table: ZipEntryTable | None = None
    ) -> None:
        self._file = file
        self._budget = budget
        self._password = password
        file.seek(0)
        if file.read(4) == SPLIT[0] or size < 22:
            raise Refused("zip_split_unsupported" if size >= 22 else "zip_damaged")
        end = find_end(file, size, budget.limits)
        budget.must_have_room(end.entries)
        self.table = table or ZipEntryTable()
        try:
            self._slots = self.table.take(zip_entries(file, end, budget.limits))
        except Refused as refused:
            if refused.ends_archive:
                budget.entries = budget.limits.entries  # the refused entries were listed: they count
            raise
        try:
            budget.count_entries(len(self._slots))
            require_sound_structure(file, end, self._slots, budget.limits)
            for slot in self._slots:
                budget.announce(slot.packed, slot.size)
        except Refused:
            self._slots.forget()
            raise

    @property
    def members(self) -> Iterator[ZipMember]:
        """The files in directory order, built one at a time. Each access reads the table again."""
        return self._members(self._slots.numbered())

    def paths_of(self, names: Sequence[str]) -> set[str]:
        """Returns those of `names` that are files of the archive. The last part of each name must be ASCII."""
        wanted = [name.rpartition("/")[2] for name in names]
        return {member.path for member in self._members(self._slots.like(wanted)) if member.path in names}

    def _members(self, numbered: Iterator[tuple[int, ZipEntry]]) -> Iterator[ZipMember]:
        for number, slot in numbered:
            name, guessed = decoded_name(slot)
            if not slot.size and (is_root(name) or is_noise(name)):
                continue
            unsafe = is_special(slot) or is_unsafe(name, slot.name, self._budget.limits)
            if not unsafe and (name.endswith(("/", "\\")) or is_noise(tidy_path(name))):
                continue
            path = tidy_path(name) if not unsafe else _display_name(name)
            yield ZipMember(path, slot, number, "unsafe_path" if unsafe else None, guessed)

    def judge_whole(self) -> None:
        """Raises Refused if any entry is too large or too dense: an office document is read as a whole."""
        for slot in self._slots:
            self._budget.judge_strictly(slot.packed, slot.size)

    def forget(self) -> None:
        """Deletes the entries from the table. Afterwards the archive has no members."""
        self._slots.forget()

    def open(self, member: ZipMember, advancing: Callable[[], None] = do_nothing) -> BinaryIO:
        """Opens a member as a stream of its unpacked bytes. `advancing` is called for each piece.

        Raises Refused for an entry over the limits; reading the stream raises Refused for damage, a missing or wrong
        password, and more bytes than announced.
        """
        slot = member.slot
        self._budget.judge(slot.packed, slot.size)
        data_at = data_start(self._file, slot)
        crc: int | None = None
        if is_locked(slot):
            pieces = decrypted_pieces(self._file, slot, data_at, self._password)
        else:
            pieces, crc = pieces_of(buffered(Window(self._file, data_at, slot.packed)), slot.method), slot.crc
        return buffered(
            Unpacked(pieces, crc=crc, packed=slot.packed, size=slot.size, budget=self._budget, advancing=advancing)
        )

    def in_place(self, member: ZipMember) -> BinaryIO | None:
        """Returns a seekable view of an entry that is stored without compression and encryption; None for any other
        entry."""
        slot = member.slot
        if slot.method != STORED or is_locked(slot) or slot.packed != slot.size:
            return None
        return buffered(Window(self._file, data_start(self._file, slot), slot.packed))


def _display_name(name: str) -> str:
    """Returns a printable form of an unsafe name, at most 200 characters, for display only."""
    parts = [p for p in tidy_path(name).split("/") if p != ".."]
    text = "/".join(parts[-3:])
    return "".join(c for c in text if c.isprintable())[-200:] or "?"


# Encrypted entries: ZipCrypto and AES, opened with the clinic's password.

ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_NOT_OURS = 0x0040 | 0x2000  # strong encryption and masked directories
_AES = 99
_HEADER = struct.Struct("<4s5H3L2H")
_FULL = 0xFFFFFFFF
_SIZES, _AES_FIELD = 0x0001, 0x9901
_DESCRIBED = 0x08
"""Flag of an entry whose checksum and sizes follow its data (4.4.4, bit 3). ZipCrypto then checks the password
against the time of day."""


def is_locked(slot: ZipEntry) -> bool:
    """Returns whether an entry is encrypted."""
    return bool(slot.flags & ENCRYPTED) or slot.method == _AES


def decrypted_pieces(file: BinaryIO, slot: ZipEntry, data_at: int, password: str | None) -> Iterator[bytes]:
    """Yields the plain bytes of an encrypted entry. Raises Refused `zip_encrypted` without a password,
    `zip_password_wrong` for a wrong one, `zip_damaged` for damage."""
    if password is None or slot.flags & _NOT_OURS:
        raise Refused("zip_encrypted")
    return _decrypted(file, slot, data_at, password)


def _decrypted(file: BinaryIO, slot: ZipEntry, data_at: int, password: str) -> Iterator[bytes]:
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


def _header(file: BinaryIO, slot: ZipEntry, data_at: int) -> bytes:
    """Returns a local header for a single entry, always in the same form: values of the local header and the directory,
    sizes as 8 bytes (4.3.7, 4.3.9, 4.5.3)."""
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
    """Returns the extra field of a number, header included; empty bytes if absent."""
    at = 0
    while at + 4 <= len(fields):
        number, size = struct.unpack_from("<2H", fields, at)
        if number == wanted:
            return fields[at : at + 4 + size]
        at += 4 + size
    return b""


# The structure of a zip: entries must not overlap, and each local header must agree with the directory.

_LOCAL = struct.Struct("<4s5H3L2H")
DESCRIPTOR = 0x08
_KNOWN_FLAGS = 0x0001 | 0x0008 | 0x0040 | 0x0800 | 0x2000  # flags that both headers must agree on


def require_sound_structure(file: BinaryIO, end: ZipEnd, entries: ZipEntries, limits: Limits) -> None:
    """Raises Refused for an archive that contradicts itself: `archive_unsafe` for two files with the same name,
    overlapping entries, headers that disagree, or data hidden in front; `zip_damaged` for truncated data."""
    if entries.doubled:
        raise Refused("archive_unsafe", details={"reason": "two files of one name"})
    reached = 0
    if end.at > entries.first_at > limits.stray_bytes:
        raise Refused("archive_unsafe", details={"reason": "it is hidden inside another file"})
    for slot in entries.by_place():
        if slot.header_at < reached:
            raise Refused("archive_unsafe", details={"reason": "files that overlap"})
        begins = data_start(file, slot)
        reached = begins + slot.packed
        if reached > end.at:
            if slot.header_at >= end.at or begins > end.at:
                raise Refused("zip_damaged")
            raise Refused("archive_unsafe", details={"reason": "files that overlap"})


def data_start(file: BinaryIO, slot: ZipEntry) -> int:
    """Returns the offset of an entry's data. Raises Refused `archive_unsafe` if the local header disagrees with the
    directory and `zip_damaged` if the header is missing."""
    file.seek(slot.header_at)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != LOCAL:
        raise Refused("zip_damaged")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(head)
    name = file.read(name_length)
    extra = file.read(extra_length)
    if len(name) < name_length or len(extra) < extra_length:
        raise Refused("zip_damaged")
    size, packed, _, _ = with_zip64_fields(extra, size, packed)
    agree = name == slot.name and method == slot.method and not (flags ^ slot.flags) & _KNOWN_FLAGS
    if agree and not flags & DESCRIPTOR:
        agree = (size, packed, crc) == (slot.size, slot.packed, slot.crc)
    if not agree and not flags & 0x2000:  # a masked header holds no real values; its entry counts as encrypted
        raise Refused("archive_unsafe", details={"reason": "a file that is described twice, differently"})
    return slot.header_at + _LOCAL.size + len(name) + len(extra)
