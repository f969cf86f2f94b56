"""Times at which a practitioner takes no bookings: unavailable blocks, and rows of the diary without patients."""

from datetime import datetime

from app.mapping.rows import Record, Value
from app.mapping.text import STRING, cut

NAME_LIMIT = 80
UNNAMED = "Unavailable"


def busy_time(
    kind: str,
    key: str,
    *,
    location: str,
    practitioner: str,
    starts: datetime,
    ends: datetime,
    notes: str | None,
    made_at: datetime | None,
    name: str | None = None,
) -> tuple[Record, list[str]]:
    """The busy time, called by the first line of its note; and what is told of a note that is too long for it."""
    note = notes.strip() if notes else None
    first = name or (note.split("\n", 1)[0].strip() if note else "")
    values: dict[str, Value] = {
        "location_id": location,
        "practitioner_id": practitioner,
        "busy_time_type_id": "custom",
        "name": cut(first, NAME_LIMIT) or UNNAMED,
        "starts_at": starts,
        "ends_at": ends,
        "note": cut(note) or None,
        "source_created_at": made_at,
    }
    return Record("busy_times", kind, key, values), ["busy_time_note_truncated"] if len(note or "") > STRING else []
