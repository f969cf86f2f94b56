"""What the invented clinic and its clients wrote to each other, by the category of the old system's log."""

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
"""Code, word, channel, and whether the client wrote it."""

SYSTEM = ((11, "Auth Code"), *((code, f"Account notice {code}") for code in range(21, 46)))
"""Mail of the account itself, which stays behind."""

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
    """A few words; no two in a row are the same."""
    hour = f"{8 + noise % 10}:{noise // 10 % 60:02d}"
    return f"See you on {_WHEN[noise % 5]} at {hour}. {_WHAT[noise // 7 % 7]} Ref {noise // 64 % 1_000_000:06d}"


def body(noise: int) -> str:
    return f"<p>{text(noise)}</p><p><b>Harbour Street</b></p>"


def with_picture(noise: int) -> str:
    """A remote picture that tells when it is looked at, and a link that opens a booking to whoever has it."""
    return (
        '<p>Thank you for coming.</p><img src="https://pixel.example/open.gif?m=1" width="1" height="1">'
        f'<p><a href="https://harbourstreet.cliniko.example/bookings/{noise:016x}">Change your booking</a></p>'
    )
