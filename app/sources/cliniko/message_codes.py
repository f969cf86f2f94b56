"""What Cliniko calls its messages: how they went, which way, and what each was about, by code and by words."""

from collections.abc import Container, Mapping

from app.mapping.flags import spoken

CHANNELS = {"1": "sms", "2": "email", "3": "phone", "4": "other"}
DIRECTIONS = {"1": "sent", "2": "received"}
CATEGORIES = {
    "1": "Appointment Reminder",
    "2": "Patient Reply Forwarded",
    "3": "Invoice",
    "4": "Appointment Confirmation",
    "5": "Letter",
    "6": "Practitioner Appointment Notification",
    "7": "SMS Message",
    "8": "Reply from Patient",
    "9": "Account Statement",
    "10": "Cancelled appointment notification",
    "11": "Auth Code",
    "12": "Memo",
    "13": "Reply from Practitioner",
    "14": "Payment Receipt",
    "15": "Bulk Email",
    "16": "Appointment Cancellation",
    "17": "Patient Form",
    "18": "Upcoming appointments",
    "19": "Completed Patient Form",
    "20": "Online payment request",
}
SYSTEM = frozenset({"11", *(str(code) for code in range(21, 46))})
"""Mail about the account itself, which is no patient's business."""

_CATEGORY_CODES = frozenset((*CATEGORIES, *SYSTEM))
_CHANNEL_WORDS = {"sms": "1", "email": "2", "phonecall": "3", "phone": "3", "call": "3", "other": "4"}
_DIRECTION_WORDS = {"sent": "1", "outgoing": "1", "outbound": "1", "received": "2", "incoming": "2", "inbound": "2"}
_CATEGORY_WORDS = {spoken(words): code for code, words in CATEGORIES.items()} | {
    spoken(words.replace("Patient", "Client")): code for code, words in CATEGORIES.items() if "Patient" in words
}


def channel_code(code: str | None, words: str | None) -> str | None:
    return _code(code, words, CHANNELS, _CHANNEL_WORDS)


def direction_code(code: str | None, words: str | None) -> str | None:
    return _code(code, words, DIRECTIONS, _DIRECTION_WORDS)


def category_code(code: str | None, words: str | None) -> str | None:
    """The code of a category; of one that is not known, what the export calls it by number, else None."""
    known = _code(code, words, _CATEGORY_CODES, _CATEGORY_WORDS)
    return known or (_number(code) if code else None)


def _code(code: str | None, words: str | None, known: Container[str], spoken_as: Mapping[str, str]) -> str | None:
    """The code counts; the words only where there is none. A cell for either may hold the other."""
    for said in (code, words):
        if said is None:
            continue
        number = _number(said)
        if number in known:
            return number
        if (found := spoken_as.get(spoken(said))) is not None:
            return found
    return None


def _number(said: str) -> str:
    return said.removesuffix(".0").lstrip("0") if said.replace(".", "", 1).isdigit() else said
