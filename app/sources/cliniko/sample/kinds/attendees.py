"""Who came to a booking, one row for each client: it decides for classes, and refines the visit of one client."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from app.sources.cliniko.sample.children import DELETED, MERGED, TWICE, client_of, of_clients, told
from app.sources.cliniko.sample.columns import CREATED, UPDATED, Column, Form
from app.sources.cliniko.sample.columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.kinds.classes import Class, classes
from app.sources.cliniko.sample.kinds.kind import SampleKind
from app.sources.cliniko.sample.kinds.treatment_notes import attended
from app.sources.cliniko.sample.kinds.visit_difficulties import LONG_NOTE
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.row import Row
from app.sources.cliniko.sample.world import World

COLUMNS = (
    Column("id", "Attendee ID", "id", Form.ID),
    Column("booking_id", "Appointment ID", "booking_id", Form.LINK, to="bookings"),
    Column("patient_id", "Patient ID", "patient_id", Form.LINK, to="patients"),
    Column("arrived", "Arrived", "arrived", Form.BOOL),
    Column("cancelled_at", "Cancellation Time", "cancelled_at", Form.TIME),
    Column("reason_code", None, "cancellation_reason"),
    Column("reason_name", "Cancellation Reason", "cancellation_reason_description"),
    Column("cancellation_note", "Cancellation Note", "cancellation_note"),
    Column("notes", "Notes", "notes"),
    Column("case_id", "Patient Case ID", "patient_case_id", Form.LINK, to="patient_cases"),
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
"""Visits of a single client that have a row here, too."""


class _Writer:
    def __init__(self, world: World) -> None:
        self.world, self.written = world, 0
        self._guests: dict[str, Iterator[int]] = {}
        self.among = world.size.groups * 6 + world.size.few * 2 * len(PLANTS) + _OF_ONE

    def values(self, booking: str, patient: str, at: datetime) -> dict[str, object]:
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

    def guest(self, one: Class) -> int:
        """A client who is not in the class, another one each time."""
        if one.id not in self._guests:
            people = self.world.plain_patients(0)
            self._guests[one.id] = (index for index in people if index not in one.members)
        return next(self._guests[one.id])

    def members(self, one: Class) -> Iterator[Row]:
        for place, member in enumerate(one.members):
            values = self.values(one.id, self.world.patient_id(member), one.starts)
            off = one.difficulty == "called_off"
            if off:
                _cancel(values, one.starts)
            elif (one.index + place) % 7 == 0:
                values["arrived"] = False
            yield Row(str(values["id"]), values, records=("appointments",), shared_records=_reason(values))


def _cancel(values: dict[str, object], at: datetime) -> None:
    values |= {"arrived": None, "cancelled_at": at - timedelta(hours=5), "reason_code": 30, "reason_name": "Sick"}


def _reason(values: dict[str, object]) -> dict[str, tuple[str, ...]]:
    return {"cancellation_reasons": ("Sick",)} if values.get("cancelled_at") else {}


def rows(world: World) -> Iterator[Row]:
    writer = _Writer(world)
    plain: list[Class] = []
    for one in classes(world):
        if one.planted is None and len(plain) < 2 * world.size.few:
            plain.append(one)
        yield from writer.members(one)
    visits = attended(world)
    for visit in islice(visits, _OF_ONE):
        values = writer.values(world.appointment_id(visit.index), world.patient_id(visit.patient), visit.starts)
        yield Row(str(values["id"]), values, marks=("of_one",))
    for turn in range(world.size.few):
        for plant in PLANTS:
            one, planted = plain[(2 * turn + (plant.name == "of_merged")) % len(plain)], Planted(plant, turn)
            if plant.name == "disagrees":
                visit = next(visits)
                booking, patient = world.appointment_id(visit.index), world.patient_id(visit.patient)
                values = writer.values(booking, patient, visit.starts) | {"arrived": False}
                yield from told(str(values["id"]), values, planted)
            else:
                yield from _odd(world, writer, one, planted)


def _odd(world: World, writer: _Writer, one: Class, planted: Planted) -> Iterator[Row]:
    """One row about a class, of somebody who is not in it yet."""
    name, turn = planted.plant.name, planted.turn
    guest = -1 if name.startswith("of_") or name in ("no_patient", "again") else writer.guest(one)
    values = writer.values(one.id, client_of(world, planted, guest), one.starts)
    records: tuple[str, ...] = ("appointments",)
    if name == "no_appointment":
        values["booking_id"] = str(999_780_001 + turn)
    elif name == "again":
        values["patient_id"] = world.patient_id(one.members[0])
    elif name == "came_after_all":
        _cancel(values, one.starts)
        yield Row(str(values["id"]), values, records=records, shared_records=_reason(values), marks=("thought_better",))
        values = writer.values(one.id, world.patient_id(guest), one.starts)
    elif name == "long_note":
        values["notes"] = LONG_NOTE * 3
        records += ("communications",)
    elif name == "deleted":
        values["deleted_at"] = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
    yield from told(str(values["id"]), values, planted, records=records)


def there(world: World) -> bool:
    """Native exports have no such list."""
    return world.dialect != "native"


KIND = SampleKind(_KEY, "Attendees", COLUMNS, rows, folder="Appointments/From the interface", there=there)
