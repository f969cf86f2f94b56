"""Appointments: past, cancelled, missed and future visits; then classes and times off."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from app.sources.cliniko.sample.invented_names import plain_name
from app.sources.cliniko.sample.kinds.classes import class_rows
from app.sources.cliniko.sample.kinds.patient_cases import case_of
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.kinds.times_off import times_off
from app.sources.cliniko.sample.kinds.treatment_notes import is_attended, note_state
from app.sources.cliniko.sample.kinds.visit_difficulties import apply_plant
from app.sources.cliniko.sample.sample_columns import CREATED, UPDATED, CellForm, SampleColumn, SampleValue, texts
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import SampleVisit, World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("starts_at", CellForm.TIME),
    SampleColumn("ends_at", CellForm.TIME),
    SampleColumn("practitioner", only="native"),
    SampleColumn("practitioner_id", CellForm.LINK),
    SampleColumn("business", only="native"),
    SampleColumn("business_id", CellForm.LINK),
    SampleColumn("patient_ids", CellForm.LINK, key="patient_id", other_api_header="patient_id"),
    SampleColumn("patient", key="patient_name", other_api_header="patient_name"),
    SampleColumn("appointment_type", only="native", key="type_name"),
    SampleColumn("appointment_type_id", CellForm.LINK, only="api", key="type_id"),
    SampleColumn("appointment_category", only="native", key="category"),
    SampleColumn("number_of_patients", only="native", key="number"),
    SampleColumn("max_attendees"),
    SampleColumn("number_of_cancellations", only="native", key="cancellations"),
    SampleColumn("patient_arrived", CellForm.BOOL, key="arrived"),
    SampleColumn("did_not_arrive", CellForm.BOOL, key="missed"),
    SampleColumn("cancelled_at", CellForm.TIME, only="native", key="cancelled_cell"),
    SampleColumn("cancelled_at", CellForm.TIME, only="api"),
    SampleColumn("cancellation_reason", only="native", key="reason_name"),
    SampleColumn("cancellation_reason_description", key="reason_name"),
    SampleColumn("cancellation_reason", only="api", key="reason_code"),
    *texts("cancellation_note", "notes"),
    SampleColumn("patient_case_id", CellForm.LINK, key="case_id"),
    SampleColumn("treatment_note_status", only="native", key="note_status_name"),
    SampleColumn("treatment_note_status", only="api", key="note_status"),
    SampleColumn("invoice_id", CellForm.ID, only="native"),
    SampleColumn("sms_reminder_sent", CellForm.BOOL),
    SampleColumn("email_reminder_sent", CellForm.BOOL),
    CREATED,
    UPDATED,
    SampleColumn("archived_at", CellForm.TIME, only="api"),
    DELETED_AT,
)

FURTHER: tuple[Callable[[World], Iterator[SampleRow]], ...] = (class_rows, times_off)
"""Rows of appointments that are no single client's visit."""

_STRAY = 5
"""The position, among the visits between two plants, of the visit with an unknown case."""
REASONS = ((10, "Feeling better"), (20, "Condition worse"), (30, "Sick"), (40, "Away"), (60, "Work"))
NOTES = ("Bring last scan.", "Asked for a ground floor room.", "Comes with her son.", "Knee brace fitted last time.")


def _plain(world: World, visit: SampleVisit) -> dict[str, SampleValue]:
    index, noise = visit.index, world.mixed(visit.index, 5)
    kind, site = world.types[visit.type], world.sites[visit.business]
    booked = visit.starts - timedelta(days=1 + noise % 30, minutes=noise % 400)
    cancelled = visit.starts - timedelta(hours=2 + noise % 50) if visit.status == "cancelled" else None
    code, reason = REASONS[noise % len(REASONS)] if cancelled else ("", "")
    first, last = plain_name(visit.patient)
    arrived = visit.status == "arrived"
    return {
        "id": world.appointment_id(index),
        "starts_at": visit.starts,
        "ends_at": visit.ends,
        "practitioner": world.people[visit.practitioner].name,
        "practitioner_id": world.practitioner_id(visit.practitioner),
        "business": site.label,
        "business_id": world.business_id(visit.business),
        "patient_id": world.patient_id(visit.patient),
        "patient_name": "" if visit.patient in world.unnamed_in_visits else f"{first} {last}",
        "type_name": kind.name,
        "type_id": world.type_id(visit.type),
        "category": kind.category,
        "number": 1,
        "max_attendees": 1,
        "cancellations": 1 if cancelled else 0,
        "arrived": arrived,
        "missed": visit.status == "missed",
        "cancelled_at": cancelled,
        "cancelled_cell": cancelled or ("n/a" if noise % 4 == 0 else None),
        "reason_name": reason,
        "reason_code": code,
        "cancellation_note": "Rang on the day." if cancelled and noise % 3 == 0 else None,
        "notes": NOTES[noise % len(NOTES)] if noise % 17 == 0 else None,
        "case_id": case_of(world, visit.patient) if noise % 3 == 0 else None,
        "sms_reminder_sent": noise % 2 == 0,
        "email_reminder_sent": noise % 5 == 0,
        "created_at": booked,
        "updated_at": max(booked, cancelled or visit.starts if index < world.past else booked),
    }


def _reason(values: dict[str, SampleValue]) -> dict[str, tuple[str, ...]]:
    return {"cancellation_reasons": (str(values["reason_name"]),)} if values["cancelled_at"] else {}


def _noted(state: str) -> dict[str, SampleValue]:
    """The cells for the state of a visit's note."""
    return {"note_status_name": state.title() or None, "note_status": {"final": 90, "draft": 10}.get(state)}


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each visit, classes and times off; a mixed sample repeats some visits in its second slice."""
    nth, twice = 0, dict.fromkeys(world.repeated, "")
    for index in range(world.size.appointments):
        if index == world.boundary:
            for again, state in twice.items():
                yield SampleRow(
                    world.appointment_id(again),
                    _plain(world, world.visit(again)) | _noted(state),
                    "skipped",
                    ("duplicate_row",),
                    marks=("twice",),
                    slice=1,
                )
        visit, state = world.visit(index), ""
        if is_attended(world, visit):
            state = note_state(world, nth)
            nth += 1
        if index in twice:
            twice[index] = state
        yield from _visit(world, visit, state, 0 if index < world.boundary else 1)
    for further in FURTHER:
        yield from further(world)


def _is_stray(world: World, index: int) -> bool:
    every = world.boundary // (world.size.few + 1)
    return index < world.boundary and index % every == _STRAY


def _visit(world: World, visit: SampleVisit, state: str, part: int) -> Iterator[SampleRow]:
    index, planted = visit.index, visit.planted
    values = _plain(world, visit) | _noted(state)
    if planted is None:
        ahead: datetime | None = None
        problems: tuple[str, ...] = ()
        if stray := _is_stray(world, index):
            values["case_id"] = str(999_760_001 + index)
        if visit.status == "pending":
            problems, ahead = (("past_appointment_unmarked",), None) if index < world.past else ((), visit.ends)
        if stray:
            problems += ("appointment_case_unknown",)
        marks = () if visit.status in ("arrived", "pending") and not problems else (visit.status,)
        if index in world.repeated:
            marks = ("twice",)
        yield SampleRow(
            source_id=str(values["id"]),
            values=values,
            problems=problems,
            records=("appointments",),
            shared_records=_reason(values),
            marks=marks,
            slice=part,
            unmarked_until=ahead,
        )
        return
    plant = planted.plant
    older = values | {"notes": "Wants the early slot.", "updated_at": visit.starts - timedelta(days=1)}
    more = apply_plant(world, values, visit, planted)
    row = SampleRow(
        source_id=str(values["id"]),
        values=values,
        outcome=plant.outcome,
        problems=plant.codes,
        records=("appointments", *more),
        shared_records=_reason(values),
        marks=(plant.name,),
        slice=part,
    )
    if plant.name == "conflict":
        values["updated_at"] = visit.starts + timedelta(days=1)
        loser = SampleRow(
            row.source_id, older, "skipped", ("id_conflict_newest_used",), marks=("conflict",), slice=part
        )
        yield from (loser, row) if planted.turn % 2 else (row, loser)
    else:
        yield row


def total(world: World) -> int:
    """The number of rows of visits."""
    conflicts = sum(planted.plant.extra_row for planted in world.visits.values())
    return world.size.appointments + conflicts + len(world.repeated)


def slice_days(world: World) -> tuple[tuple[date, date], tuple[date, date]]:
    """(first day, last day) of each of two slices; the slices share the days of the repeated visits."""
    first, shared = world.visit(0).day, world.visit(world.repeated.start).day
    middle, last = world.visit(world.boundary - 1).day, world.visit(world.size.appointments - 1).day
    return (first, middle), (shared, last)


KIND = SampleKind(
    "appointments",
    "Appointments",
    COLUMNS,
    rows,
    mixed_native=True,
    sliced=True,
    folder="Appointments",
    total=total,
)
