"""Visits that several patients share: one appointment for each of them, and the group that holds them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Mapped, Member, NotMapped, Outcome, Record, Result, Value
from app.problems import Level, Problem
from app.sources.cliniko.attendance import Attendance, attendance_of, attendee_s, note_of_slot
from app.sources.cliniko.busy_times import busy_time
from app.sources.cliniko.visits import KIND, Slot, Visit, visit_records

if TYPE_CHECKING:
    from app.sources.cliniko.appointments import Appointment


def is_group(row: Appointment, joined: Joined) -> bool:
    """Whether several may come: the row says so, or those who came do, even if one alone of them moves."""
    return row.shape == "group" or any(member.key != row.id for member in joined.members)


def group_records(
    row: Appointment, joined: Joined, slot: Slot, lookups: Lookups
) -> tuple[tuple[Record, ...], list[str]]:
    """The group and an appointment for each member; the slot's note stays with the group, for it may name others."""
    group = lookups.ids.derive("appointment_groups", KIND, row.id)
    shared, codes = _of_all(row, joined)
    cases = {member.key: _case(member, joined) for member in joined.members}
    visits = {member.key: member_visit(member, shared, group, cases[member.key][0]) for member in joined.members}
    values: dict[str, Value] = {
        "service_id": slot.service,
        "location_id": slot.location,
        "practitioner_id": slot.practitioner,
        "starts_at": slot.starts,
        "ends_at": slot.ends,
        "capacity": row.max_attendees if (row.max_attendees or 0) > 0 else None,
        "note": _note(row, [visit.attendance for visit in visits.values()]),
        "source_created_at": slot.made_at,
    }
    records = [Record("appointment_groups", KIND, row.id, values)]
    for key, visit in visits.items():
        records += visit_records(visit, slot, lookups)
        if cases[key][1]:
            codes.append("appointment_case_unknown")
        if not visit.attendance.is_marked and slot.ends < lookups.now and "group_attendance_unknown" not in codes:
            codes.append("past_appointment_unmarked")
    return tuple(records), codes


def _note(row: Appointment, attendances: list[Attendance]) -> str | None:
    """The note of the group, and after it the row's words about a cancellation that no member's visit has."""
    kept = "\n".join(words for each in attendances for words in (each.reason, each.note) if words)
    return note_of_slot(row.notes, row, kept)


def member_visit(member: Member, shared: Attendance, group: str, case: str | None) -> Visit:
    """A member's own visit; where no row tells of it, what became of the group became of each."""
    row = member.row
    if member.place is None or row is None:
        return Visit(member.key, member.target.id, shared, None, case, group)
    return Visit(member.key, member.target.id, attendee_s(row), row.notes, case, group)


def _case(member: Member, joined: Joined) -> tuple[str | None, bool]:
    """The case of a member's visit, and whether the row names one that is another member's and this one has none.

    The member's own row says it first, then the row of all where the case is this member's.
    """
    own, of_all = member.targets.get("patient_case_id"), joined.targets.get("patient_case_id")
    if own is not None or of_all is None:
        return own.id if own else None, False
    is_own = joined.is_of(member, "patient_case_id")
    if is_own is None:
        return of_all.id if len(joined.members) == 1 else None, False
    return of_all.id if is_own else None, not is_own


def _of_all(row: Appointment, joined: Joined) -> tuple[Attendance, list[str]]:
    """What became of the whole group, and what does not fit together in what the row counts."""
    listed = len(row.patient_ids.ids) if row.patient_ids else len(joined.members)
    told = any(member.row is not None for member in joined.members)
    codes = ["group_count_mismatch"] if row.number_of_patients not in (None, listed) else []
    if told:
        return Attendance(), codes
    total = max(listed, row.number_of_patients or 0)
    if 0 < (row.number_of_cancellations or 0) < total:
        return Attendance(), [*codes, "group_attendance_unknown"]
    all_alike = attendance_of(row, came=bool(row.patient_arrived), missed=bool(row.did_not_arrive))
    return all_alike, [*codes, *all_alike.codes]


def empty_group(row: Appointment, slot: Slot, lookups: Lookups) -> Result:
    """A group that nobody is in: a past one is history of nobody, the time of a coming one is kept free."""
    code = "group_without_attendees"
    if slot.ends <= lookups.now:
        return NotMapped(Outcome.SKIPPED, Problem(code, KIND, source_id=row.id, level=Level.SKIPPED))
    record, told = busy_time(
        KIND, row.id, location=slot.location, practitioner=slot.practitioner, starts=slot.starts, ends=slot.ends,
        notes=note_of_slot(row.notes, row), made_at=slot.made_at, name=row.appointment_type,
    )  # fmt: skip
    problems = (Problem(code, KIND, source_id=row.id, level=Level.WARNING),)
    return Mapped((record,), (*problems, *(Problem(more, KIND, source_id=row.id) for more in told)))
