"""What became of a place in the diary: whether the client came, and if it was cancelled, when and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.mapping.ids import NOTHING
from app.sources.cliniko.cancellations import ARCHIVED, reason_of


class Cancelled(Protocol):
    """What rows of appointments and of attendees say alike."""

    @property
    def unread(self) -> tuple[str, ...]: ...
    @property
    def archived_at(self) -> datetime | bool | None: ...
    @property
    def cancelled_at(self) -> datetime | None: ...
    @property
    def cancellation_reason(self) -> str | None: ...
    @property
    def cancellation_reason_description(self) -> str | None: ...
    @property
    def cancellation_note(self) -> str | None: ...


class Attending(Cancelled, Protocol):
    """A row of attendees."""

    @property
    def arrived(self) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Attendance:
    """`status` is one of Caspen's; `reason` the name of a cancellation reason; `codes` what did not fit together."""

    status: str = "pending"
    cancelled_at: datetime | None = None
    reason: str | None = None
    note: str | None = None
    codes: tuple[str, ...] = ()

    @property
    def is_marked(self) -> bool:
        return self.status != "pending"


def attendance_of(row: Cancelled, *, came: bool, missed: bool) -> Attendance:
    """Cancelled before missed before arrived; a place without a mark waits.

    A place whose time of cancellation nobody can read is cancelled: clients are never expected for it again. A place
    that is not cancelled keeps the words that the row has of a cancellation, and no reason.
    """
    conflict = ("attendance_conflict",)
    found = reason_of(row.cancellation_reason, row.cancellation_reason_description)
    if row.cancelled_at is not None or "cancelled_at" in row.unread:
        note = "\n".join(piece for piece in (found.unknown, row.cancellation_note) if piece) or None
        codes = (*(conflict if came or missed else ()), *(("cancellation_reason_unknown",) if found.unknown else ()))
        return Attendance("cancelled", row.cancelled_at, found.name, note, codes)
    if row.archived_at:
        at = row.archived_at if isinstance(row.archived_at, datetime) else None
        codes = ("appointment_archived", *(conflict if came or missed else ()))
        note = "\n".join(piece for piece in (found.said, row.cancellation_note) if piece) or None
        return Attendance("cancelled", at, ARCHIVED, note, codes)
    note = "\n".join(cancellation_words(row)) or None
    if missed:
        return Attendance("missed", note=note, codes=conflict if came else ())
    return Attendance("arrived" if came else "pending", note=note)


def cancellation_words(row: Cancelled) -> tuple[str, ...]:
    """The reason and the note of a cancellation, as words. A reason such as `n/a` says nothing."""
    reasons = (row.cancellation_reason, row.cancellation_reason_description)
    reason = reason_of(*(None if not each or each.lower() in NOTHING else each for each in reasons))
    return tuple(words for words in (reason.said, row.cancellation_note) if words)


def note_of_slot(notes: str | None, row: Cancelled, kept: str = "") -> str | None:
    """The note of a slot that is nobody's own visit, and after it the words about a cancellation that `kept` lacks."""
    words = [f"Cancellation: {words}" for words in cancellation_words(row) if words not in kept]
    return "\n".join([*([notes] if notes else []), *words]) or None


def attendee_s(row: Attending) -> Attendance:
    """What became of one attendee's place: who was asked and did not arrive has missed it."""
    return attendance_of(row, came=row.arrived is True, missed=row.arrived is False)
