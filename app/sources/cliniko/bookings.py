"""What a row of Cliniko's diary becomes: a visit of one patient, a group, or a time without bookings.

Visits of a type that the clinic made an activity stay records of this kind; their service is the activity (its id
begins with `act_`), so that they keep time, practitioner, client and note and are never announced.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.mapping.lookups import Lookups
from app.mapping.names import name_digest, normalise_person
from app.mapping.rows import Joined, Mapped, Member, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import cut
from app.mapping.traits import Mention
from app.problems import Level, Problem
from app.sources.cliniko.attendance import Attendance, Attending, Cancelled, attendance_of, attendee_s, note_of_slot
from app.sources.cliniko.busy_times import busy_time
from app.sources.cliniko.decisions import name_key
from app.sources.cliniko.diary import lasts_long, location_of, times_of
from app.sources.cliniko.visits import KIND, Slot, Visit, is_long, visit_records

if TYPE_CHECKING:
    from app.sources.cliniko.appointments import Appointment


def to_records(row: Appointment, joined: Joined, lookups: Lookups) -> Result:
    """The visit, or all visits of a group, or the busy time."""
    practitioner = joined.targets.get("practitioner_id")
    service = joined.targets.get("appointment_type_id")
    is_busy = row.shape == "busy" and not joined.members
    if row.starts_at is None:
        return _stays(row, Outcome.SKIPPED, "bad_appointment_time")
    is_of_nobody = not is_group(row, joined) or (row.speaks_of_patients and not joined.members)
    if not is_busy and is_of_nobody and _client(joined) is None:
        return _stays(row, Outcome.HELD, "appointment_without_patient")
    if practitioner is None:
        return _stays(row, Outcome.HELD, "busy_time_without_practitioner" if is_busy else "practitioner_unknown")
    if service is None and not is_busy:
        code = "appointment_type_ambiguous" if row.appointment_type_id else "appointment_type_missing"
        return _stays(row, Outcome.HELD, code)
    location, codes = location_of(joined.targets, lookups)
    if location is None:
        return _stays(row, Outcome.HELD, "location_unknown")
    usual = lookups.durations.get(service.id) if service else None
    starts, ends, told = times_of(row.starts_at, row.ends_at, location, usual, lookups)
    if ends <= starts:
        return _stays(row, Outcome.HELD, "bad_interval")
    codes += [*told, *(["long_appointment"] if lasts_long(starts, ends) else [])]
    if row.repeated_from_id or row.repeat_rule:
        codes.append("series_not_linked")
    if service is None or is_busy:
        record, more = busy_time(
            KIND, row.id, location=location, practitioner=practitioner.id, starts=starts, ends=ends,
            notes=note_of_slot(row.notes, row), made_at=row.created_at,
        )  # fmt: skip
        return _moves(row, (record,), [*codes, *more], joined)
    slot = Slot(location, practitioner.id, service.id, starts, ends, row.created_at)
    if not is_group(row, joined):
        records, more = _individual(row, joined, slot, lookups)
    elif joined.members:
        records, more = group_records(row, joined, slot, lookups)
    else:
        return empty_group(row, slot, lookups)
    return _moves(row, records, [*codes, *more], joined)


def _moves(row: Appointment, records: tuple[Record, ...], codes: list[str], joined: Joined) -> Mapped:
    problems = (Problem(code, KIND, source_id=row.id) for code in dict.fromkeys(codes))
    return Mapped(records, tuple(problem for problem in problems if problem.code not in joined.findings))


def _stays(row: Appointment, outcome: Outcome, code: str) -> NotMapped:
    level = Level.HELD if outcome is Outcome.HELD else Level.SKIPPED
    return NotMapped(outcome, Problem(code, KIND, source_id=row.id, level=level))


def _client(joined: Joined) -> str | None:
    """Whose visit it is. Where a row of its own tells of it, that row knows."""
    found = joined.members[0].target if joined.members else joined.targets.get("patient_ids")
    return found.id if found else None


def _individual(row: Appointment, joined: Joined, slot: Slot, lookups: Lookups) -> tuple[tuple[Record, ...], list[str]]:
    """One patient's visit, refined by the row that tells of the patient's coming, if there is one."""
    client = _client(joined)
    codes: list[str] = []
    if client is None:
        raise ValueError("a visit of nobody does not come here")
    own = attendance_of(row, came=bool(row.patient_arrived), missed=bool(row.did_not_arrive))
    attendance, is_own, note, case = own, True, row.notes, joined.targets.get("patient_case_id")
    member = joined.members[0] if joined.members else None
    named = joined.targets.get("patient_ids")
    if member is not None and member.row is not None:
        attendance, is_own = _refined(own, member.row)
        note = _both(member.row.notes, row.notes)
        case = member.targets.get("patient_case_id") or case
    if is_own:
        codes += own.codes
    if not attendance.is_marked and slot.ends < lookups.now:
        codes.append("past_appointment_unmarked")
    if row.patient and named and named.namesake and named.namesake not in _digests(row.patient):
        codes.append("patient_name_differs")
    if is_long(note) and note == row.notes:
        codes.append("appointment_note_truncated")
    visit = Visit(row.id, client, attendance, note, case.id if case else None)
    return visit_records(visit, slot, lookups), codes


def _refined(own: Attendance, told: Attending) -> tuple[Attendance, bool]:
    """What the patient's own row says, where it says anything, and whether the appointment's row counts instead.

    The words of both rows about a cancellation are kept.
    """
    attendance = attendee_s(told)
    is_own = not attendance.is_marked or (own.status == attendance.status == "cancelled" and attendance.reason is None)
    note = _both(attendance.note, own.note)
    return replace(own if is_own else attendance, note=note), is_own


def _both(told: str | None, own: str | None) -> str | None:
    """The patient's own note, and after it the appointment's where that says more."""
    if not told or not own or own.strip() in told:
        return told or own
    return own if told.strip() in own else f"{told}\n{own}"


def _digests(name: str) -> tuple[bytes, bytes]:
    """A name as it stands and without title, the way that clients' own names are kept for comparing."""
    return name_digest(name), name_digest(normalise_person(name))


def mentions(row: Cancelled) -> tuple[Mention, ...]:
    """The reason of a cancellation, which no row of its own describes."""
    reason = attendance_of(row, came=False, missed=False).reason
    return (Mention("cancellation_reasons", name_key(reason), reason),) if reason else ()


def cancellation_reason(mention: Mention, lookups: Lookups) -> Record:
    """A cancellation reason that the workspace does not have yet."""
    return Record("cancellation_reasons", KIND, mention.key, {"name": cut(mention.name)})


# Visits that several patients share: one appointment for each of them, and the group that holds them together.


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
