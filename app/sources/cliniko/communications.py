"""Communications: the log of messages to and from patients. Each becomes a communication; no message is sent."""

import html
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean, spoken
from app.mapping.html import Cleaned, clean_html, escaped, plain_text
from app.mapping.html_tags import has_tag
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.storable import REMOVED, without_half_references
from app.mapping.text import clean, code, cut, number_or_text, string, verbatim
from app.mapping.traits import Exclusion, Identity, Recognition
from app.problems import Problem
from app.sources.cliniko.compared_values import ComparedValues
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.row import Row, not_dated

Words = str | None
PRIVATE_HOSTS = ("cliniko.com",)
"""Hosts whose addresses open a booking, a form or a payment without signing in."""

# Codes and words for channels, directions and categories, as Cliniko's API and csv export of communications write them.

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
"""Categories of messages about the Cliniko account itself, which belong to no patient."""

_CATEGORY_CODES = frozenset((*CATEGORIES, *SYSTEM))
_CHANNEL_WORDS = {"sms": "1", "email": "2", "phonecall": "3", "phone": "3", "call": "3", "other": "4"}
_DIRECTION_WORDS = {"sent": "1", "outgoing": "1", "outbound": "1", "received": "2", "incoming": "2", "inbound": "2"}
_CATEGORY_WORDS = {spoken(words): code for code, words in CATEGORIES.items()} | {
    spoken(words.replace("Patient", "Client")): code for code, words in CATEGORIES.items() if "Patient" in words
}


def channel_code(code: str | None, words: str | None) -> str | None:
    """The code of a channel, a key of CHANNELS, from the cells for code and words; None for an unknown channel."""
    return _code(code, words, CHANNELS, _CHANNEL_WORDS)


def direction_code(code: str | None, words: str | None) -> str | None:
    """The code of a direction, a key of DIRECTIONS; None for an unknown direction."""
    return _code(code, words, DIRECTIONS, _DIRECTION_WORDS)


def category_code(code: str | None, words: str | None) -> str | None:
    """The code of a category, a key of CATEGORIES or in SYSTEM; else the number in the cell for the code, else None."""
    known = _code(code, words, _CATEGORY_CODES, _CATEGORY_WORDS)
    return known or (_number(code) if code else None)


def _code(code: str | None, words: str | None, known: Container[str], by_word: Mapping[str, str]) -> str | None:
    """The cell for the code has priority; each of the two cells may hold a code or words."""
    for cell in (code, words):
        if cell is None:
            continue
        number = _number(cell)
        if number in known:
            return number
        if (match := by_word.get(spoken(cell))) is not None:
            return match
    return None


def _number(cell: str) -> str:
    return cell.removesuffix(".0").lstrip("0") if cell.replace(".", "", 1).isdigit() else cell


@dataclass(frozen=True, kw_only=True)
class CommunicationRow(Row):
    """One row. The headers of a csv file are assumed; the names of Cliniko's API are confirmed."""

    id: Annotated[str, key("Communication ID")] = ""
    patient_id: Annotated[
        Link | None,
        link(
            "patients",
            "Patient ID",
            required=True,
            orphan_code="communication_without_patient",
            destination="communications.client_id",
        ),
    ] = None
    type: Annotated[
        Words, Column(code, "Type", destination="communications.channel", feeds=("communications.body",))
    ] = None
    type_code: Annotated[Words, Column(code, mark="C", destination="communications.channel")] = None
    category: Annotated[Words, Column(code, "Category", destination="communications.category")] = None
    category_code: Annotated[Words, Column(code, mark="C", destination="communications.category")] = None
    direction: Annotated[
        Words, Column(code, "Direction", ("direction_description",), destination="communications.direction")
    ] = None
    direction_code: Annotated[Words, Column(code, mark="C", destination="communications.direction")] = None
    from_: Annotated[Words, Column(number_or_text, "From", destination="communications.from")] = None
    to: Annotated[Words, Column(number_or_text, "To", destination="communications.to")] = None
    content_subject: Annotated[Words, Column(string, "Subject", destination="communications.subject")] = None
    content: Annotated[Words, Column(verbatim, "Content", raw=True, destination="communications.body")] = None
    confidential: Annotated[bool | None, Column(boolean, "Confidential", destination="communications.confidential")] = (
        None
    )
    booking_id: Annotated[
        Link | None,
        link(
            "appointments",
            "Appointment ID",
            "booking",
            other_client_code="link_conflict",
            destination="communications.appointment_id",
        ),
    ] = None
    attendee_id: Annotated[
        Link | None,
        link(
            "attendees",
            "Attendee ID",
            "attendee",
            other_client_code="link_conflict",
            feeds=("communications.appointment_id",),
        ),
    ] = None


def reason_not_moved(row: CommunicationRow) -> Problem | None:
    """The problem of a message about the account itself, or of a row without a patient; None for any other row."""
    if category_code(row.category_code, row.category) in SYSTEM:
        return Problem("system_communication_skipped")
    return Problem("communication_without_patient") if row.patient_id is None else None


def to_records(row: CommunicationRow, joined: Joined, lookups: Lookups) -> Result:
    """The communication: read-only, and confidential where the row is. Its moment is that of creation, or empty."""
    if category_code(row.category_code, row.category) in SYSTEM:
        return NotMapped(Outcome.SKIPPED, Problem("system_communication_skipped", KIND.name, source_id=row.id))
    client = joined.targets.get("patient_id")
    if client is None:
        return NotMapped(Outcome.HELD, Problem("communication_without_patient", KIND.name, source_id=row.id))
    channel = CHANNELS[channel_code(row.type_code, row.type) or "4"]
    category = category_code(row.category_code, row.category)
    visit = joined.targets.get("attendee_id") or joined.targets.get("booking_id")
    codes: list[str] = []
    content = clean(row.content or "", codes.append)
    shown = without_half_references(content)
    if shown != content:
        codes.append(REMOVED)
    body = message_html(shown, rich=channel == "email", private_hosts=PRIVATE_HOSTS)
    values: dict[str, Value] = {
        "client_id": client.id,
        "channel": channel,
        "direction": DIRECTIONS[_direction_code(row, category) or "1"],
        "category": CATEGORIES.get(category or "") or cut(row.category or row.category_code),
        "subject": cut(row.content_subject),
        "from": row.from_,
        "to": row.to,
        "body": body.html if row.content else None,
        "confidential": row.confidential is True,
        "appointment_id": visit.id if visit else None,
        "occurred_at": row.created_at,
        "source_created_at": row.created_at,
    }
    applies = {
        "html_sanitised": body.lost,
        "content_over_limit": len((row.content or "").encode(errors="replace")) > BODY_LIMIT,
        "message_channel_unknown": channel_code(row.type_code, row.type) is None,
        "message_direction_unknown": _direction_code(row, category) is None,
        "category_unknown": (row.category or row.category_code) is not None and category not in CATEGORIES,
    }
    codes += [code for code, is_so in applies.items() if is_so]
    problems = tuple(Problem(code, KIND.name, source_id=row.id) for code in dict.fromkeys(codes))
    if row.created_at is None:
        problems += (not_dated(KIND.name, row.id),)
    return Mapped((Record("communications", KIND.name, row.id, values),), problems)


def _direction_code(row: CommunicationRow, category: str | None) -> str | None:
    """The code of the direction; a "Reply from Patient" without a direction is received. None for an unknown one."""
    return direction_code(row.direction_code, row.direction) or ("2" if category == "8" else None)


def compared(row: CommunicationRow) -> ComparedValues:
    """The values by which two rows of one communication are compared: codes instead of words."""
    category = category_code(row.category_code, row.category)
    return {
        "type": channel_code(row.type_code, row.type) or _filled(row.type_code, row.type),
        "type_code": None,
        "direction": direction_code(row.direction_code, row.direction) or _filled(row.direction_code, row.direction),
        "direction_code": None,
        "category": category if category in CATEGORIES else _filled(row.category_code, row.category),
        "category_code": None,
    }


def _filled(code: str | None, word: str | None) -> list[str | None] | None:
    """Both cells as they are; None where both are empty."""
    return [code, word] if code or word else None


def looks_like_communications(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of Cliniko's communications."""
    directed = headers.any("directioncode", "direction", "directiondescription")
    return headers.all("patientid") and directed and headers.any("typecode", "type")


KIND = Kind(
    name="communications",
    label="Communications",
    source_label="Communications",
    source_location="Settings > Data exports > Communications, where your account offers it",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_communications),
        file_names=("communications",),
        json_keys=("communications",),
    ),
    row=CommunicationRow,
    to_records=to_records,
    identity=Identity(compared_values=lambda row, _: compared(row)),
    exclusion=Exclusion(reason=reason_not_moved),
    tables=("communications",),
)


# The body of a communication: its words, without remote images and without addresses that open private pages.

BODY_LIMIT = 1024 * 1024
_HIDDEN = re.compile(r"<(?:!doctype|!--)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ADDRESS = re.compile(r"""https?://[^\s<>"']+""", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_~.-]{16,}")


def message_html(text: str, *, rich: bool, private_hosts: tuple[str, ...]) -> Cleaned:
    """The body of a message as safe HTML of at most BODY_LIMIT bytes, and whether anything was removed.

    A `rich` message is HTML where it holds a tag or an entity such as `&nbsp;`. An image becomes its alternative text,
    and a link to a private page becomes its text (see `opens_private_page`). Never raises.
    """
    if rich and _is_html(text):
        cleaned = clean_html(_IMAGE.sub(_alternative_text, text))
        unlinked = _LINK.sub(lambda link: _without_private_link(link, private_hosts), cleaned.html)
        lost = cleaned.lost or unlinked != cleaned.html or _IMAGE.search(text) is not None
    else:
        unlinked, lost = f"<p>{escaped(text.strip())}</p>", False
    body = _ADDRESS.sub(lambda match: _shortened(match, private_hosts), unlinked)
    return _fitting(body, lost or body != unlinked)


def _is_html(text: str) -> bool:
    """Whether a text is HTML: it holds a tag, a comment or an entity such as `&nbsp;`."""
    if "<" in text and (has_tag(text) or _HIDDEN.search(text)):
        return True
    return "&" in text and any(html.unescape(entity[0]) != entity[0] for entity in _ENTITY.finditer(text))


def opens_private_page(address: str, private_hosts: tuple[str, ...]) -> bool:
    """Whether an address opens a page without signing in: it is on a private host, or holds a query or a token.

    True for an address that cannot be parsed. False for `mailto:` addresses.
    """
    try:
        parts = urlsplit(html.unescape(address))
        host = (parts.hostname or "").lower()
    except ValueError:
        return True
    if parts.scheme == "mailto":
        return False
    if any(host == private or host.endswith(f".{private}") for private in private_hosts):
        return True
    return bool(parts.query) or any(_is_token(piece) for piece in (*parts.path.split("/"), parts.fragment))


def _is_token(piece: str) -> bool:
    return _TOKEN.fullmatch(piece) is not None and any(c.isdigit() for c in piece)


def _alternative_text(image: re.Match[str]) -> str:
    alt = _ALT.search(image[0])
    return html.escape(html.unescape(alt[1] or alt[2] or ""), quote=False) if alt else ""


def _without_private_link(link: re.Match[str], private_hosts: tuple[str, ...]) -> str:
    return link[2] if opens_private_page(link[1], private_hosts) else link[0]


def _shortened(match: re.Match[str], private_hosts: tuple[str, ...]) -> str:
    """An address of a private page as scheme and host alone; any other address unchanged."""
    if not opens_private_page(match[0], private_hosts):
        return match[0]
    try:
        parts = urlsplit(html.unescape(match[0]))
        host = parts.hostname
    except ValueError:
        host = None
    return f"{parts.scheme}://{html.escape(host)}/…" if host else "…"


def _fitting(body: str, lost: bool) -> Cleaned:
    """The body; of a body longer than BODY_LIMIT bytes, its words as far as they fit."""
    if len(body.encode()) <= BODY_LIMIT:
        return Cleaned(body, lost)
    words = html.escape(plain_text(body), quote=False).encode()[: BODY_LIMIT - 100].decode(errors="ignore")
    words = words.rpartition("&")[0] if "&" in words[-6:] else words
    return Cleaned(f"<p>{words.replace(chr(10), '<br>')[: BODY_LIMIT - 100]}...</p>", lost=True)
