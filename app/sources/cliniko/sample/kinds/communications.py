"""Communications: messages that the clinic sent and received."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from app.sources.cliniko.sample import invented_names
from app.sources.cliniko.sample.children import CONFLICT, DELETED, MERGED, TWICE, client_of, of_clients, planted_rows
from app.sources.cliniko.sample.kinds.sample_kind import SampleKind
from app.sources.cliniko.sample.planting import Plant, Planted
from app.sources.cliniko.sample.sample_columns import CREATED, UPDATED, CellForm, SampleColumn, SampleValue, texts
from app.sources.cliniko.sample.sample_columns import DELETED as DELETED_AT
from app.sources.cliniko.sample.sample_row import SampleRow
from app.sources.cliniko.sample.world import World

# Categories, words and channels of the messages, as Cliniko's API numbers them.

SMS, EMAIL, CALL, OTHER = 1, 2, 3, 4
CHANNELS = {SMS: "SMS", EMAIL: "Email", CALL: "Phone call", OTHER: "Other"}

CATEGORIES: tuple[tuple[int, str, int, bool], ...] = (
    (1, "Appointment Reminder", SMS, False),
    (2, "Patient Reply Forwarded", EMAIL, True),
    (3, "Invoice", EMAIL, False),
    (4, "Appointment Confirmation", EMAIL, False),
    (5, "Letter", EMAIL, False),
    (6, "Practitioner Appointment Notification", EMAIL, False),
    (7, "SMS Message", SMS, False),
    (8, "Reply from Patient", SMS, True),
    (9, "Account Statement", EMAIL, False),
    (10, "Cancelled appointment notification", EMAIL, False),
    (12, "Memo", CALL, False),
    (13, "Reply from Practitioner", SMS, False),
    (14, "Payment Receipt", EMAIL, False),
    (15, "Bulk Email", EMAIL, False),
    (16, "Appointment Cancellation", SMS, False),
    (17, "Patient Form", EMAIL, False),
    (18, "Upcoming appointments", EMAIL, False),
    (19, "Completed Patient Form", EMAIL, True),
    (20, "Online payment request", EMAIL, False),
)
"""Code, words, channel, and whether the client wrote the message."""

SYSTEM = ((11, "Auth Code"), *((code, f"Account notice {code}") for code in range(21, 46)))
"""Messages about the account, which are not imported."""

_WHEN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_WHAT = (
    "Please wear something you can move in.",
    "There is parking behind the bakery.",
    "Bring the letter from your doctor if you have it.",
    "The lift is out of order, the ramp is open.",
    "Ring us if the morning suits you better.",
    "We have moved to the second floor.",
    "Your exercises are on the sheet we gave you.",
)


def text(noise: int) -> str:
    """A few words, different for successive values of `noise`."""
    hour = f"{8 + noise % 10}:{noise // 10 % 60:02d}"
    return f"See you on {_WHEN[noise % 5]} at {hour}. {_WHAT[noise // 7 % 7]} Ref {noise // 64 % 1_000_000:06d}"


def body(noise: int) -> str:
    """The body of an e-mail, as HTML."""
    return f"<p>{text(noise)}</p><p><b>Harbour Street</b></p>"


def with_picture(noise: int) -> str:
    """The body of an e-mail with a tracking image and with a link that opens a booking without signing in."""
    return (
        '<p>Thank you for coming.</p><img src="https://pixel.example/open.gif?m=1" width="1" height="1">'
        f'<p><a href="https://harbourstreet.cliniko.example/bookings/{noise:016x}">Change your booking</a></p>'
    )


COLUMNS = (
    SampleColumn("id", CellForm.ID),
    SampleColumn("patient_id", CellForm.LINK),
    SampleColumn("type", key="type_name"),
    SampleColumn("type_code"),
    SampleColumn("category", key="category_name"),
    SampleColumn("category_code"),
    SampleColumn("direction", key="direction_name", other_api_header="direction_description"),
    SampleColumn("direction_code"),
    SampleColumn("from_", key="from", other_api_header="from"),
    *texts("to", "content_subject"),
    SampleColumn("content", CellForm.RAW),
    SampleColumn("confidential", CellForm.BOOL),
    SampleColumn("booking_id", CellForm.LINK, to="bookings"),
    SampleColumn("attendee_id", CellForm.LINK),
    CREATED,
    UPDATED,
    DELETED_AT,
)
FIRST = datetime(2022, 1, 10, 22, 0, tzinfo=UTC)
PLANTS = (
    *of_clients("communication_without_patient"),
    *MERGED,
    Plant("system", ("system_communication_skipped",), "skipped"),
    Plant("unknown_category", ("category_unknown",)),
    Plant("confidential"),
    Plant("picture", ("html_sanitised",)),
    Plant("unknown_booking"),
    TWICE,
    CONFLICT,
    DELETED,
)
_KEY = "communications"
_BOOKED_EVERY = len(CATEGORIES)
_SYSTEM_EVERY = 40
"""After every category occurred once, one message in so many is about the account."""
_CLINIC = ("61255500100", "hello@harbourstreet.example")


def rows(world: World) -> Iterator[SampleRow]:
    """One row for each message."""
    size, native = world.size.communications, not world.is_api_file(True)
    plants = world.planted(_KEY, PLANTS, size, by_api=not native)
    of_account = SYSTEM[:1] if native else SYSTEM
    whole = len(CATEGORIES) + len(of_account)
    for index in range(size):
        planted = plants.get(index)
        code, word, channel, back = CATEGORIES[index % len(CATEGORIES)]
        outcome: tuple[str, tuple[str, ...]] = ("created", ())
        if index % _SYSTEM_EVERY == 2 if index >= whole else index >= len(CATEGORIES):
            code, word = of_account[index // (_SYSTEM_EVERY if index >= whole else 1) % len(of_account)]
            channel, back, outcome = EMAIL, False, ("skipped", ("system_communication_skipped",))
        values = _message(world, index, channel, back)
        values |= {"category_code": code, "category_name": word}
        if planted is None:
            yield SampleRow(str(values["id"]), values, outcome[0], outcome[1], records=(_KEY,))
            continue
        code, word, channel, back = CATEGORIES[3]
        values = _message(world, index, channel, back) | {"category_code": code, "category_name": word}
        values["patient_id"] = client_of(world, planted, world.patient_for(index))
        values["booking_id"] = None  # the visit would be another client's
        older = values | {"content": "<p>First words.</p>", "updated_at": FIRST}
        _apply_plant(values, planted)
        yield from planted_rows(str(values["id"]), values, planted, records=(_KEY,), older=older)


def _message(world: World, index: int, channel: int, back: bool) -> dict[str, SampleValue]:
    noise, size = world.mixed(index, 11), world.size.communications
    visit = world.visit(noise % world.past) if index % _BOOKED_EVERY == 0 else None
    booked = visit is not None and visit.planted is None
    patient = visit.patient if visit and booked else world.patient_for(index)
    by_mail = channel == EMAIL
    clinic = _CLINIC[by_mail]
    client = f"client{patient}@mail.example" if by_mail else invented_names.mobile(patient * 7)
    sent = FIRST + timedelta(minutes=index * 2_500_000 // size)
    return {
        "id": world.source_id(_KEY, index, size),
        "patient_id": world.patient_id(patient),
        "type_name": CHANNELS[channel],
        "type_code": channel,
        "direction_name": "Received" if back else "Sent",
        "direction_code": 2 if back else 1,
        "from": client if back else clinic,
        "to": clinic if back else client,
        "content_subject": "Your appointment at Harbour Street" if by_mail else None,
        "content": body(noise) if by_mail else ("Y" if back else text(noise)),
        "confidential": channel == CALL and noise % 2 == 0,
        "booking_id": world.appointment_id(visit.index) if visit and booked else None,
        "created_at": sent,
        "updated_at": sent,
    }


def _apply_plant(values: dict[str, SampleValue], planted: Planted) -> None:
    name, turn = planted.plant.name, planted.turn
    if name == "system":
        values |= {"category_code": 11, "category_name": "Auth Code", "content": "<p>Your code is 000000.</p>"}
    elif name == "unknown_category":
        values |= {"category_code": 99, "category_name": "Carrier pigeon"}
    elif name == "confidential":
        values |= {"type_name": "Other", "type_code": OTHER, "category_name": "Memo", "category_code": 12}
        values |= {"confidential": True, "content": "Prefers that her employer is not rung."}
    elif name == "picture":
        values["content"] = with_picture(turn)
    elif name == "unknown_booking":
        values["booking_id"] = str(999_810_001 + turn)
    elif name == "deleted":
        values["deleted_at"] = datetime(2026, 1, 9, 23, 0, tzinfo=UTC)


def total(world: World) -> int:
    """The number of messages."""
    return world.size.communications


KIND = SampleKind(_KEY, "Communications", COLUMNS, rows, mixed_native=True, folder="Messages", total=total)
