"""The records of a row of appointments: a visit of one patient, a group with a visit for each patient, or a busy time.

A visit whose type the clinic made an activity is an appointment, too: its service is the activity, whose id begins with
`act_`. It keeps time, practitioner, client and note, and no reminder is sent.
"""

from collections.abc import Mapping
from dataclasses import replace

from app.mapping.decisions import name_key
from app.mapping.lookups import Lookups
from app.mapping.names import name_digest, normalise_person
from app.mapping.rows import Joined, Mapped, Member, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import cut
from app.mapping.traits import Mention
from app.problems import Level, Problem
from app.sources.cliniko.appointment_row import AppointmentRow
from app.sources.cliniko.attendance import (
    Attendance,
    Attending,
    Cancellable,
    attendance_of,
    attendee_attendance,
    note_of_slot,
)
from app.sources.cliniko.diary import busy_time, lasts_long, location_of, times_of
from app.sources.cliniko.visit_records import KIND, ClientVisit, DiarySlot, is_long, visit_records

_ATTENDEES = "attendees"  # the kind whose rows say who attended a group


def to_records(row: AppointmentRow, joined: Joined, lookups: Lookups) -> Result:
    """The visit, the group with its visits, or the busy time. A row without client, practitioner or type is held."""
    practitioner = joined.targets.get("practitioner_id")
    service = joined.targets.get("appointment_type_id")
    is_busy = row.shape == "busy" and not joined.members
    if row.starts_at is None:
        return _not_moved(row, Outcome.SKIPPED, "bad_appointment_time")
    needs_client = not is_group(row, joined) or (row.names_patients and not joined.members)
    if not is_busy and needs_client and _client(joined) is None:
        return _not_moved(row, Outcome.HELD, "appointment_without_patient")
    if practitioner is None:
        return _not_moved(row, Outcome.HELD, "busy_time_without_practitioner" if is_busy else "practitioner_unknown")
    if service is None and not is_busy:
        code = "appointment_type_ambiguous" if row.appointment_type_id else "appointment_type_missing"
        return _not_moved(row, Outcome.HELD, code)
    location, codes = location_of(row.business, joined.targets, lookups)
    if location is None:
        return _not_moved(row, Outcome.HELD, "location_unknown")
    usual = lookups.durations.get(service.id) if service else None
    starts, ends, time_codes = times_of(row.starts_at, row.ends_at, location, usual, lookups)
    if ends <= starts:
        return _not_moved(row, Outcome.HELD, "bad_interval")
    codes += [*time_codes, *(["long_appointment"] if lasts_long(starts, ends) else [])]
    if row.repeated_from_id or row.repeat_rule:
        codes.append("series_not_linked")
    if service is None or is_busy:
        record, more = busy_time(
            KIND, row.id, location=location, practitioner=practitioner.id, starts=starts, ends=ends,
            notes=note_of_slot(row.notes, row), made_at=row.created_at,
        )  # fmt: skip
        return _moved(row, (record,), [*codes, *more], joined)
    slot = DiarySlot(location, practitioner.id, service.id, starts, ends, row.created_at)
    if not is_group(row, joined):
        records, more = _individual(row, joined, slot, lookups)
    elif joined.members:
        records, more = group_records(row, joined, slot, lookups)
    else:
        return empty_group(row, slot, lookups)
    return _moved(row, records, [*codes, *more], joined)


def _moved(row: AppointmentRow, records: tuple[Record, ...], codes: list[str], joined: Joined) -> Mapped:
    problems = (Problem(code, KIND, source_id=row.id) for code in dict.fromkeys(codes))
    return Mapped(records, tuple(problem for problem in problems if problem.code not in joined.findings))


def _not_moved(row: AppointmentRow, outcome: Outcome, code: str) -> NotMapped:
    level = Level.HELD if outcome is Outcome.HELD else Level.SKIPPED
    return NotMapped(outcome, Problem(code, KIND, source_id=row.id, level=level))


def _client(joined: Joined) -> str | None:
    """The id of the visit's client. A row of attendees has priority over the row of appointments."""
    client = joined.members[0].target if joined.members else joined.targets.get("patient_ids")
    return client.id if client else None


def _individual(
    row: AppointmentRow, joined: Joined, slot: DiarySlot, lookups: Lookups
) -> tuple[tuple[Record, ...], list[str]]:
    """One patient's visit, completed by the patient's row of attendees where the export has one."""
    client = _client(joined)
    codes: list[str] = []
    if client is None:
        raise ValueError("a visit without a client is held before")
    own = attendance_of(row, arrived=bool(row.patient_arrived), missed=bool(row.did_not_arrive))
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
    if row.notes and is_long(note):
        codes.append("appointment_note_truncated")
    visit = ClientVisit(row.id, client, attendance, note, case.id if case else None)
    return visit_records(visit, slot, lookups), codes


def _refined(own: Attendance, attendee: Attending) -> tuple[Attendance, bool]:
    """The attendance of the row of attendees where it is marked, and whether the row of appointments counts instead.

    `own` is the attendance of the row of appointments. Both rows' words about a cancellation are kept.
    """
    attendance = attendee_attendance(attendee)
    is_own = not attendance.is_marked or (own.status == attendance.status == "cancelled" and attendance.reason is None)
    note = _both(attendance.note, own.note)
    return replace(own if is_own else attendance, note=note), is_own


def _both(attendee_note: str | None, own_note: str | None) -> str | None:
    """The attendee's note, then the appointment's; one of the two where it has all lines of the other in a row."""
    if not attendee_note or not own_note or _has_lines(attendee_note, own_note):
        return attendee_note or own_note
    return own_note if _has_lines(own_note, attendee_note) else f"{attendee_note}\n{own_note}"


def _has_lines(note: str, lines: str) -> bool:
    """Whether a note has these lines. A word within a line is no line: `no` in `nothing new` would be lost."""
    return f"\n{lines.strip()}\n" in f"\n{note.strip()}\n"


def _digests(name: str) -> tuple[bytes, bytes]:
    """The digests of a name, as written and without title, comparable with the digest of a client's name."""
    return name_digest(name), name_digest(normalise_person(name))


def cancellation_mentions(row: Cancellable) -> tuple[Mention, ...]:
    """The cancellation reason that a row names; no row of an export describes cancellation reasons."""
    reason = attendance_of(row, arrived=False, missed=False).reason
    return (Mention("cancellation_reasons", name_key(reason), reason),) if reason else ()


def cancellation_reason(mention: Mention, lookups: Lookups) -> Record:
    """The record of a cancellation reason that the workspace does not have yet."""
    return Record("cancellation_reasons", KIND, mention.key, {"name": cut(mention.name)})


# Groups: one appointment for each patient, and the record of the group.


def is_group(row: AppointmentRow, joined: Joined) -> bool:
    """Whether several patients may attend: by the row's shape, or because a row of attendees has a key of its own."""
    return row.shape == "group" or any(member.key != row.id for member in joined.members)


def group_records(
    row: AppointmentRow, joined: Joined, slot: DiarySlot, lookups: Lookups
) -> tuple[tuple[Record, ...], list[str]]:
    """The group and an appointment for each member, with the codes of their problems.

    The row's note goes to the group alone: it may name other patients.
    """
    group = lookups.ids.derive("appointment_groups", KIND, row.id)
    shared, codes = _of_all(row, joined, are_unread=_ATTENDEES in lookups.refused_kinds)
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
    if _is_contradicted(row, joined, visits):
        codes.append("attendance_conflict")
    for key, visit in visits.items():
        records += visit_records(visit, slot, lookups)
        if cases[key][1]:
            codes.append("appointment_case_unknown")
        if not visit.attendance.is_marked and slot.ends < lookups.now and "group_attendance_unknown" not in codes:
            codes.append("past_appointment_unmarked")
    return tuple(records), codes


def _is_contradicted(row: AppointmentRow, joined: Joined, visits: Mapping[str, ClientVisit]) -> bool:
    """Whether a cancelled or archived group has an attendee who did not cancel. The row of the attendee decides."""
    if row.cancelled_at is None and not row.archived_at:
        return False
    of_attendees = [visits[member.key].attendance for member in joined.members if member.row is not None]
    return any(attendance.status != "cancelled" for attendance in of_attendees)


def _note(row: AppointmentRow, attendances: list[Attendance]) -> str | None:
    """The note of the group, then the row's words about a cancellation that no member's visit has."""
    kept = "\n".join(words for each in attendances for words in (each.reason, each.note) if words)
    return note_of_slot(row.notes, row, kept)


def member_visit(member: Member, shared: Attendance, group: str, case: str | None) -> ClientVisit:
    """The visit of one member. A member without a mark of their own has the attendance that the group shares.

    The group's words about a cancellation are not copied to an attendee: they may name other patients.
    """
    row = member.row
    if member.place is None or row is None:
        return ClientVisit(member.key, member.target.id, shared, None, case, group)
    own = attendee_attendance(row)
    attendance = own if own.is_marked else replace(shared, note=own.note)
    return ClientVisit(member.key, member.target.id, attendance, row.notes, case, group)


def _case(member: Member, joined: Joined) -> tuple[str | None, bool]:
    """The id of the case of a member's visit, and whether the row names another member's case.

    The case in the member's row of attendees has priority over the case in the group's row.
    """
    own, of_all = member.targets.get("patient_case_id"), joined.targets.get("patient_case_id")
    if own is not None or of_all is None:
        return own.id if own else None, False
    is_own = joined.is_of(member, "patient_case_id")
    if is_own is None:
        return of_all.id if len(joined.members) == 1 else None, False
    return of_all.id if is_own else None, not is_own


def _of_all(row: AppointmentRow, joined: Joined, *, are_unread: bool) -> tuple[Attendance, list[str]]:
    """The attendance that all members share, and the codes of numbers and lists that contradict each other.

    Rows of attendees decide who attends and who cancelled. A group that was archived without being cancelled is
    cancelled for all members, because Cliniko no longer shows the group. If a file of attendees was refused, they
    `are_unread`: then nobody knows who attended a group without such rows, unless it was cancelled as a whole.
    """
    listed = len(row.patient_ids.ids) if row.patient_ids else len(joined.members)
    has_attendees = any(member.row is not None for member in joined.members)
    has_other_members = has_attendees and _has_more_listed(joined)
    codes = ["group_count_mismatch"] if row.number_of_patients not in (None, listed) or has_other_members else []
    if row.archived_at and row.cancelled_at is None:
        shared = attendance_of(row, arrived=bool(row.patient_arrived), missed=bool(row.did_not_arrive))
        return shared, [*codes, *shared.codes]
    if has_attendees:
        return Attendance(), codes
    total = max(listed, row.number_of_patients or 0)
    shared = attendance_of(row, arrived=bool(row.patient_arrived), missed=bool(row.did_not_arrive))
    is_unknown = are_unread and shared.status != "cancelled"
    if is_unknown or 0 < (row.number_of_cancellations or 0) < total:
        return Attendance(), [*codes, "group_attendance_unknown"]
    return shared, [*codes, *shared.codes]


def _has_more_listed(joined: Joined) -> bool:
    """Whether the row lists a patient without a row of attendees. Such a patient has no place in the group."""
    members = {member.target.id for member in joined.members}
    return any(target.id not in members for target in joined.many.get("patient_ids", ()))


def empty_group(row: AppointmentRow, slot: DiarySlot, lookups: Lookups) -> Result:
    """The result of a group without patients: skipped when it is past, a busy time when it is ahead."""
    code = "group_without_attendees"
    if slot.ends <= lookups.now:
        return NotMapped(Outcome.SKIPPED, Problem(code, KIND, source_id=row.id, level=Level.SKIPPED))
    record, note_codes = busy_time(
        KIND, row.id, location=slot.location, practitioner=slot.practitioner, starts=slot.starts, ends=slot.ends,
        notes=note_of_slot(row.notes, row), made_at=slot.made_at, name=row.appointment_type,
    )  # fmt: skip
    problems = (Problem(code, KIND, source_id=row.id, level=Level.WARNING),)
    return Mapped((record,), (*problems, *(Problem(more, KIND, source_id=row.id) for more in note_codes)))
