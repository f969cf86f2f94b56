"""A zip as a clinic shares it: its structure proven first, its files read one by one under limits.

Nothing is ever written under a name from the archive.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from app.engine.reading import locked
from app.engine.reading.directory import SPLIT, Slot, find_end, slots
from app.engine.reading.file_watch import nothing
from app.engine.reading.inside import decoded, is_noise, is_root, is_special, is_unsafe, tidy
from app.engine.reading.limits import Budget
from app.engine.reading.refusal import Refused
from app.engine.reading.slot_table import SlotTable
from app.engine.reading.structure import data_begins, prove
from app.engine.reading.unpack import STORED, Unpacked, pieces_of
from app.engine.reading.window import Window, buffered


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
        if locked.is_locked(slot):
            pieces = locked.unlocked(self._file, slot, data_at, self._password)
        else:
            pieces, crc = pieces_of(buffered(Window(self._file, data_at, slot.packed)), slot.method), slot.crc
        return buffered(
            Unpacked(pieces, crc=crc, packed=slot.packed, size=slot.size, budget=self._budget, advancing=advancing)
        )

    def in_place(self, member: Member) -> BinaryIO | None:
        """The entry as a seekable file where it lies unpacked and unlocked, else None."""
        slot = member.slot
        if slot.method != STORED or locked.is_locked(slot) or slot.packed != slot.size:
            return None
        return buffered(Window(self._file, data_begins(self._file, slot), slot.packed))


def _shown(name: str) -> str:
    """An unsafe name for display only: short, printable and without a way out."""
    parts = [p for p in tidy(name).split("/") if p != ".."]
    text = "/".join(parts[-3:])
    return "".join(c for c in text if c.isprintable())[-200:] or "?"
