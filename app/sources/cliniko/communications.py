"""Communications: messages to and from patients, as a log. Nothing is ever sent: each becomes a line of history."""

import html
import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from app.mapping.columns import Column, Link
from app.mapping.flags import boolean
from app.mapping.html import Cleaned, clean_html, escaped, plain_text
from app.mapping.html_tags import has_tag
from app.mapping.ids import key, link
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.rows import Joined, Mapped, NotMapped, Outcome, Record, Result, Value
from app.mapping.text import clean, code, cut, string, text, verbatim
from app.mapping.traits import Exclusion, Identity, Recognition
from app.problems import Level, Problem
from app.sources.cliniko.compared import of_communication
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.message_codes import (
    CATEGORIES,
    CHANNELS,
    DIRECTIONS,
    SYSTEM,
    category_code,
    channel_code,
    direction_code,
)
from app.sources.cliniko.row import Row

Words = str | None
DOORS = ("cliniko.com",)  # its addresses open bookings, forms and payments to whoever has them


@dataclass(frozen=True, kw_only=True)
class Communication(Row):
    """One row. Native headers are assumed, api names confirmed."""

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
    type: Annotated[Words, Column(code, "Type", destination="communications.channel")] = None
    type_code: Annotated[Words, Column(code, mark="C", destination="communications.channel")] = None
    category: Annotated[Words, Column(code, "Category", destination="communications.category")] = None
    category_code: Annotated[Words, Column(code, mark="C", destination="communications.category")] = None
    direction: Annotated[
        Words, Column(code, "Direction", ("direction_description",), destination="communications.direction")
    ] = None
    direction_code: Annotated[Words, Column(code, mark="C", destination="communications.direction")] = None
    from_: Annotated[Words, Column(text, "From", destination="communications.from")] = None
    to: Annotated[Words, Column(text, "To", destination="communications.to")] = None
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
        Link | None, link("attendees", "Attendee ID", "attendee", other_client_code="link_conflict")
    ] = None


def stays_because(row: Communication) -> Problem | None:
    """Mail of the account itself stays, whoever it was addressed to."""
    if category_code(row.category_code, row.category) in SYSTEM:
        return Problem("system_communication_skipped")
    return Problem("communication_without_patient") if row.patient_id is None else None


def to_records(row: Communication, joined: Joined, lookups: Lookups) -> Result:
    """The line of history: read-only, and confidential where it was."""
    if category_code(row.category_code, row.category) in SYSTEM:
        return NotMapped(Outcome.SKIPPED, Problem("system_communication_skipped", KIND.name, source_id=row.id))
    client = joined.targets.get("patient_id")
    if client is None:
        return NotMapped(Outcome.HELD, Problem("communication_without_patient", KIND.name, source_id=row.id))
    channel = CHANNELS[channel_code(row.type_code, row.type) or "4"]
    category = category_code(row.category_code, row.category)
    visit = joined.targets.get("attendee_id") or joined.targets.get("booking_id")
    at = row.created_at or row.updated_at or (visit.starts_at if visit else None)
    if at is None:  # a line of history must have a date, and nobody may make one up
        return NotMapped(Outcome.HELD, Problem("bad_date", KIND.name, source_id=row.id, level=Level.HELD))
    codes: list[str] = []
    said = message_html(clean(row.content or "", codes.append), rich=channel == "email", doors=DOORS)
    values: dict[str, Value] = {
        "client_id": client.id,
        "channel": channel,
        "direction": DIRECTIONS[_direction_code(row, category) or "1"],
        "category": CATEGORIES.get(category or "") or cut(row.category or row.category_code),
        "subject": cut(row.content_subject),
        "from": row.from_,
        "to": row.to,
        "body": said.html if row.content else None,
        "confidential": row.confidential is True,
        "appointment_id": visit.id if visit else None,
        "occurred_at": at,
        "source_created_at": row.created_at,
    }
    told = {
        "html_sanitised": said.lost,
        "content_over_limit": len((row.content or "").encode(errors="replace")) > BODY_LIMIT,
        "message_channel_unknown": channel_code(row.type_code, row.type) is None,
        "message_direction_unknown": _direction_code(row, category) is None,
        "category_unknown": (row.category or row.category_code) is not None and category not in CATEGORIES,
    }
    codes += [code for code, is_so in told.items() if is_so]
    problems = tuple(Problem(code, KIND.name, source_id=row.id) for code in dict.fromkeys(codes))
    return Mapped((Record("communications", KIND.name, row.id, values),), problems)


def _direction_code(row: Communication, category: str | None) -> str | None:
    """Which way the message went. A reply of a patient has come in; of any other message the export must say it."""
    return direction_code(row.direction_code, row.direction) or ("2" if category == "8" else None)


def looks_like_communications(headers: Headers) -> bool:
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
    row=Communication,
    to_records=to_records,
    identity=Identity(compared_values=lambda row, _: of_communication(row)),
    exclusion=Exclusion(reason=stays_because),
    tables=("communications",),
)


# What a message said, as a line of a client's history: its words, and nothing that loads, pays or opens a door.

BODY_LIMIT = 1024 * 1024
_HIDDEN = re.compile(r"<(?:!doctype|!--)", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ADDRESS = re.compile(r"""https?://[^\s<>"']+""", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_~.-]{16,}")


def message_html(text: str, *, rich: bool, doors: tuple[str, ...]) -> Cleaned:
    """The body of a message. `rich` messages are HTML where they hold a tag or an entity such as `&nbsp;`; `doors` are
    hosts whose addresses open something by a token.

    Images become the words that stand for them, links with a token the words that they were on.
    """
    if rich and _is_html(text):
        cleaned = clean_html(_IMAGE.sub(_said_instead, text))
        shut = _LINK.sub(lambda link: _without_key(link, doors), cleaned.html)
        lost = cleaned.lost or shut != cleaned.html or _IMAGE.search(text) is not None
    else:
        shut, lost = f"<p>{escaped(text.strip())}</p>", False
    told = _ADDRESS.sub(lambda found: _shortened(found, doors), shut)
    return _fitting(told, lost or told != shut)


def _is_html(text: str) -> bool:
    """Whether a text is HTML: an e-mail of plain words has no tag, no comment and no `&nbsp;`."""
    if "<" in text and (has_tag(text) or _HIDDEN.search(text)):
        return True
    return "&" in text and any(html.unescape(found[0]) != found[0] for found in _ENTITY.finditer(text))


def is_door(address: str, doors: tuple[str, ...]) -> bool:
    """Whether an address opens something: it is the provider's own, or carries a token."""
    try:
        parts = urlsplit(html.unescape(address))
        host = (parts.hostname or "").lower()
    except ValueError:
        return True
    if parts.scheme == "mailto":
        return False
    if any(host == door or host.endswith(f".{door}") for door in doors):
        return True
    return bool(parts.query) or any(_is_token(piece) for piece in (*parts.path.split("/"), parts.fragment))


def _is_token(piece: str) -> bool:
    return _TOKEN.fullmatch(piece) is not None and any(c.isdigit() for c in piece)


def _said_instead(image: re.Match[str]) -> str:
    found = _ALT.search(image[0])
    return html.escape(html.unescape(found[1] or found[2] or ""), quote=False) if found else ""


def _without_key(link: re.Match[str], doors: tuple[str, ...]) -> str:
    return link[2] if is_door(link[1], doors) else link[0]


def _shortened(found: re.Match[str], doors: tuple[str, ...]) -> str:
    """An address that opens something, in the text: the place it led to, without its key."""
    if not is_door(found[0], doors):
        return found[0]
    try:
        parts = urlsplit(html.unescape(found[0]))
        host = parts.hostname
    except ValueError:
        host = None
    return f"{parts.scheme}://{html.escape(host)}/…" if host else "…"


def _fitting(body: str, lost: bool) -> Cleaned:
    """Longer than a message may be: its words, as far as they fit."""
    if len(body.encode()) <= BODY_LIMIT:
        return Cleaned(body, lost)
    words = html.escape(plain_text(body), quote=False).encode()[: BODY_LIMIT - 100].decode(errors="ignore")
    words = words.rpartition("&")[0] if "&" in words[-6:] else words
    return Cleaned(f"<p>{words.replace(chr(10), '<br>')[: BODY_LIMIT - 100]}...</p>", lost=True)
