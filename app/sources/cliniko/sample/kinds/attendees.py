"""Attendees: one row for each client of a class, and for some visits of one client."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from app.sources.cliniko.sample.children import DELETED, MERGED, TWICE, client_of, of_clients, planted_rows
from app.sources.cliniko.sample.kinds.classes import Class, classes
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.kinds.treatment_notes import attended
from app.sources.cliniko.sample.kinds.visit_difficulties import LONG_NOTE
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import CREATED, UPDATED, CellForm, SampleColumn, SampleValue, texts
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("booking_id", CellForm.LINK, to="bookings"),
    SampleColumn("patient_id", CellForm.LINK),
    SampleColumn("arrived", CellForm.BOOL),
    SampleColumn("cancelled_at", CellForm.TIME),
    SampleColumn("cancellation_reason", only="api", key="reason_code"),
    SampleColumn("cancellation_reason", only="native", key="reason_name"),
    SampleColumn("cancellation_reason_description", key="reason_name"),
    *texts("cancellation_note", "notes"),
    SampleColumn("patient_case_id", CellForm.LINK, key="case_id"),
    CREATED,
    UPDATED,
    DELETED_AT,
)
PLANTS = (
    *of_clients("attendee_without_patient"),
    *MERGED,
    Plant("no_appointment", ("attendee_without_appointment",), "held"),
    Plant("again", ("duplicate_attendee",), "skipped"),
    Plant("came_after_all"),
    Plant("disagrees", ("attendance_conflict",)),
    Plant("long_note", ("appointment_note_truncated",)),
    TWICE,
    DELETED,
)
_KEY = "attendees"
_OF_ONE = 10
"""The number of visits of one client that have a row of attendees."""


class _AttendeeWriter:
    def __init__(self, world: World) -> None:
        self.world, self.written = world, 0
        self._guests: dict[str, Iterator[int]] = {}
        self.among = world.size.groups * 6 + world.size.few * 2 * len(PLANTS) + _OF_ONE

    def values(self, booking: str, patient: str, at: datetime) -> dict[str, SampleValue]:
        """The cells of the next row of attendees, of a client who arrived."""
        key = self.world.source_id(_KEY, self.written, self.among)
        self.written += 1
        return {
            "id": key,
            "booking_id": booking,
            "patient_id": patient,
            "arrived": True,
            "created_at": at - timedelta(days=12),
            "updated_at": at,
        }

    def guest(self, session: Class) -> int:
        """The index of a client who is not in the class, another client in each call."""
        if session.id not in self._guests:
            people = self.world.plain_patients(0)
            self._guests[session.id] = (index for index in people if index not in session.members)
        return next(self._guests[session.id])

    def members(self, session: Class) -> Iterator[SampleRow]:
        """One row for each client of a class."""
        for place, member in enumerate(session.members):
            values = self.values(session.id, self.world.patient_id(member), session.starts)
            off = session.difficulty == "called_off"
            if off:
                _cancel(values, session.starts)
            elif (session.index + place) % 7 == 0:
                values["arrived"] = False
            yield SampleRow(str(values["id"]), values, records=("appointments",), shared_records=_reason(values))


def _cancel(values: dict[str, SampleValue], at: datetime) -> None:
    values |= {"arrived": None, "cancelled_at": at - timedelta(hours=5), "reason_code": 30, "reason_name": "Sick"}


def _reason(values: dict[str, SampleValue]) -> dict[str, tuple[str, ...]]:
    return {"cancellation_reasons": ("Sick",)} if values.get("cancelled_at") else {}


def rows(world: World) -> Iterator[SampleRow]:
    """The rows of all classes, of a few visits, and of the plants."""
    writer = _AttendeeWriter(world)
    plain: list[Class] = []
    for session in classes(world):
        if session.planted is None and len(plain) < 2 * world.size.few:
            plain.append(session)
        yield from writer.members(session)
    visits = attended(world)
    for visit in islice(visits, _OF_ONE):
        values = writer.values(world.appointment_id(visit.index), world.patient_id(visit.patient), visit.starts)
        yield SampleRow(str(values["id"]), values, marks=("of_one",))
    for turn in range(world.size.few):
        for plant in PLANTS:
            session, planted = plain[(2 * turn + (plant.name == "of_merged")) % len(plain)], Planted(plant, turn)
            if plant.name == "disagrees":
                visit = next(visits)
                booking, patient = world.appointment_id(visit.index), world.patient_id(visit.patient)
                values = writer.values(booking, patient, visit.starts) | {"arrived": False}
                yield from planted_rows(str(values["id"]), values, planted)
            else:
                yield from _odd(world, writer, session, planted)


def _odd(world: World, writer: _AttendeeWriter, session: Class, planted: Planted) -> Iterator[SampleRow]:
    """The row of a plant: a client who is added to a class."""
    name, turn = planted.plant.name, planted.turn
    guest = -1 if name.startswith("of_") or name in ("no_patient", "again") else writer.guest(session)
    values = writer.values(session.id, client_of(world, planted, guest), session.starts)
    records: tuple[str, ...] = ("appointments",)
    if name == "no_appointment":
        values["booking_id"] = str(999_780_001 + turn)
    elif name == "again":
        values["patient_id"] = world.patient_id(session.members[0])
    elif name == "came_after_all":
        _cancel(values, session.starts)
        yield SampleRow(
            str(values["id"]), values, records=records, shared_records=_reason(values), marks=("thought_better",)
        )
        values = writer.values(session.id, world.patient_id(guest), session.starts)
    elif name == "long_note":
        values["notes"] = LONG_NOTE * 3
        records += ("communications",)
    elif name == "deleted":
        values["deleted_at"] = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
    yield from planted_rows(str(values["id"]), values, planted, records=records)


def is_exported(world: World) -> bool:
    """Whether the export has attendees: csv exports of Cliniko have none."""
    return world.dialect != "native"


KIND = SampleKind(_KEY, "Attendees", COLUMNS, rows, folder="Appointments/From the interface", is_exported=is_exported)
