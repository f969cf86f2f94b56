"""Messages the clinic sent and received, as the old system logged them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .. import people
from ..columns import CREATED, UPDATED, Column, Form
from ..row import Row
from ..world import World
from .kind import SampleKind

COLUMNS = (
    Column("id", "Communication ID", "id", Form.ID),
    Column("patient_id", "Patient ID", "patient_id", Form.LINK, to="patients"),
    Column("type_name", "Type", "type"),
    Column("type_code", None, "type_code"),
    Column("category_name", "Category", "category"),
    Column("category_code", None, "category_code"),
    Column("direction_name", "Direction", "direction_description"),
    Column("direction_code", None, "direction_code"),
    Column("from", "From", "from"),
    Column("to", "To", "to"),
    Column("content_subject", "Subject", "content_subject"),
    Column("content", "Content", "content", Form.RAW),
    Column("confidential", "Confidential", "confidential", Form.BOOL),
    Column("booking_id", "Appointment ID", "booking_id", Form.LINK, to="bookings"),
    Column("attendee_id", "Attendee ID", "attendee_id", Form.LINK, to="attendees"),
    CREATED,
    UPDATED,
)


def rows(world: World) -> Iterator[Row]:
    for index in range(world.size.communications):
        key = world.source_id("communications", index, world.size.communications)
        sms, back = index % 3 != 0, index % 10 == 9
        clinic, client = (
            ("61255500100", people.mobile(index))
            if sms
            else ("hello@harbourstreet.example", f"client{index}@mail.example")
        )
        code, category = (
            ((8, "Reply from Patient") if back else (7, "SMS Message")) if sms else (1, "Appointment Reminder")
        )
        sent = datetime(2022, 1, 10, 22, 0, tzinfo=UTC) + timedelta(
            minutes=index * 2_500_000 // world.size.communications
        )
        yield Row(
            source_id=key,
            values={
                "id": key,
                "patient_id": world.patient_id(world.patient_for(index)),
                "type_name": "SMS" if sms else "Email",
                "type_code": 1 if sms else 2,
                "category_name": category,
                "category_code": code,
                "direction_name": "Received" if back and sms else "Sent",
                "direction_code": 2 if back and sms else 1,
                "from": client if back and sms else clinic,
                "to": clinic if back and sms else client,
                "content_subject": None if sms else "Your appointment at Harbour Street",
                "content": "Y"
                if back and sms
                else ("See you tomorrow at Harbour Street." if sms else "<p>See you <b>soon</b>.</p>"),
                "confidential": False,
                "created_at": sent,
                "updated_at": sent,
            },
            records=("communications",),
        )


KIND = SampleKind("communications", "Communications", COLUMNS, rows, mixed_native=True, folder="Messages")
