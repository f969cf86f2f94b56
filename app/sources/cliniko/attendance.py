"""Attendance and cancellation of a place in the diary: whether the client attended; when and why it was cancelled."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.mapping.ids import NOTHING
from app.mapping.names import normalise_name
from app.sources.cliniko.compared_values import ComparedValues

_REASONS = {
    "10": "Feeling better",
    "20": "Condition worse",
    "30": "Sick",
    "31": "COVID-19 related",
    "40": "Away",
    "50": "Other",
    "60": "Work",
}
"""The codes of `cancellation_reason` in Cliniko's API, with the words that its csv export of appointments writes."""
OTHER = "Other"
ARCHIVED = "Archived in Cliniko"
_KNOWN = {normalise_name(name): name for name in (*_REASONS.values(), "Forgot")}


@dataclass(frozen=True, slots=True)
class StatedReason:
    """`name` is one of Cliniko's reasons, None without a reason; `unknown` is text that is none of these reasons."""

    name: str | None = None
    unknown: str | None = None

    @property
    def in_words(self) -> str:
        """Name and unknown text, parted by `; `; the unknown text alone where the name is `Other`."""
        return (
            self.unknown if self.unknown and self.name == OTHER else "; ".join(filter(None, (self.name, self.unknown)))
        )


def reason_of(reason: str | None, description: str | None) -> StatedReason:
    """The reason of a cancellation, from the cells for its code and for its description.

    Either cell may hold a code or words. A reason that is not known counts as `Other`, and its text is kept.
    """
    names = {text: _reason_name(text) for text in (reason, description) if text}
    unknown = "; ".join(text for text, name in names.items() if name is None) or None
    name = next((name for name in names.values() if name), OTHER if unknown else None)
    return StatedReason(name, unknown)


def _reason_name(text: str) -> str | None:
    return _REASONS.get(text) or _KNOWN.get(normalise_name(text))


class Cancellable(Protocol):
    """The columns about a cancellation, which rows of appointments and of attendees have alike."""

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


class Attending(Cancellable, Protocol):
    """A row of attendees."""

    @property
    def arrived(self) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Attendance:
    """`status` is one of Caspen's; `reason` names a cancellation reason; `codes` report contradictions."""

    status: str = "pending"
    cancelled_at: datetime | None = None
    reason: str | None = None
    note: str | None = None
    codes: tuple[str, ...] = ()

    @property
    def is_marked(self) -> bool:
        """Whether the row says that the client arrived, missed the visit or cancelled."""
        return self.status != "pending"


def attendance_of(row: Cancellable, *, arrived: bool, missed: bool) -> Attendance:
    """The attendance of a row: cancelled has priority over missed, missed over arrived; without a mark, pending.

    A time of cancellation that cannot be read, such as a spreadsheet's error text, counts as empty. A row that is not
    cancelled keeps its words about a cancellation as a note, and has no reason.
    """
    conflict = ("attendance_conflict",)
    reason = reason_of(row.cancellation_reason, row.cancellation_reason_description)
    if row.cancelled_at is not None:
        note = "\n".join(piece for piece in (reason.unknown, row.cancellation_note) if piece) or None
        unknown = ("cancellation_reason_unknown",) if reason.unknown else ()
        codes = (*(conflict if arrived or missed else ()), *unknown)
        return Attendance("cancelled", row.cancelled_at, reason.name, note, codes)
    if row.archived_at:
        at = row.archived_at if isinstance(row.archived_at, datetime) else None
        codes = ("appointment_archived", *(conflict if arrived or missed else ()))
        note = "\n".join(piece for piece in (reason.in_words, row.cancellation_note) if piece) or None
        return Attendance("cancelled", at, ARCHIVED, note, codes)
    note = "\n".join(cancellation_words(row)) or None
    if missed:
        return Attendance("missed", note=note, codes=conflict if arrived else ())
    return Attendance("arrived" if arrived else "pending", note=note)


def attendee_attendance(row: Attending) -> Attendance:
    """The attendance of one attendee: `arrived` false means missed, an empty cell means pending."""
    return attendance_of(row, arrived=row.arrived is True, missed=row.arrived is False)


def cancellation_words(row: Cancellable) -> tuple[str, ...]:
    """Reason and note of a cancellation, as words. A reason such as `n/a` is left out."""
    reasons = (row.cancellation_reason, row.cancellation_reason_description)
    reason = reason_of(*(None if not each or each.lower() in NOTHING else each for each in reasons))
    return tuple(words for words in (reason.in_words, row.cancellation_note) if words)


def note_of_slot(notes: str | None, row: Cancellable, kept: str = "") -> str | None:
    """The note of a slot that is no single client's visit, then the words about a cancellation that `kept` lacks."""
    words = [f"Cancellation: {words}" for words in cancellation_words(row) if words not in kept]
    return "\n".join([*([notes] if notes else []), *words]) or None


def compared_cancellation(row: Cancellable) -> ComparedValues:
    """The reason of a cancellation as two rows of one key are compared by it; empty for a row without a reason."""
    if not row.cancellation_reason and not row.cancellation_reason_description:
        return {}
    reason = reason_of(row.cancellation_reason, row.cancellation_reason_description)
    return {"cancellation_reason": [reason.name, reason.unknown], "cancellation_reason_description": None}
