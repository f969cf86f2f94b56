"""What rows of the diary have in common: the location, the times by that location's clock, and the busy time."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.moments import LocalMoment, placed
from app.mapping.names import normalise_name
from app.mapping.plan import OF_THE_EXPORT
from app.mapping.rows import Record, Target, Value
from app.mapping.text import STRING, cut
from app.mapping.time_zones import zone

_USUAL = 30  # minutes, for a visit without an end whose service has no duration
_LONG = timedelta(hours=24)
_NAME_LIMIT = 80
_UNNAMED = "Unavailable"


def location_of(name: str | None, targets: Mapping[str, Target], lookups: Lookups) -> tuple[str | None, list[str]]:
    """The id of a row's location, and the codes of its problems.

    The location is the row's own. If the export has no row for it: the location of the workspace that has the `name` of
    the row, else the only location of the workspace, else the one that the clinic chose for such rows. None where the
    workspace has no location.
    """
    own = targets.get("business_id")
    if own is not None:
        return own.id, []
    same_name = lookups.existing.get("locations", {}).get(normalise_name(name)) if name else None
    if same_name is not None:
        return same_name, []
    if len(lookups.zones) == 1:
        return next(iter(lookups.zones)), []
    chosen = lookups.plan.default_location
    if chosen is None:
        return min(lookups.zones, default=None), ["appointment_location_defaulted"]
    business = chosen.removeprefix(OF_THE_EXPORT)
    if business == chosen:
        return chosen, ["appointment_location_defaulted"]
    choice = lookups.plan.choice(KindRole.LOCATION, business)
    location = choice.id if choice.to == "match" else lookups.ids.derive("locations", "businesses", business)
    if choice.to != "match" and location not in lookups.zones:
        location = min(lookups.zones, default=None)
    return location, ["appointment_location_defaulted"]


def times_of(
    starts_at: datetime, ends_at: datetime | None, location: str, usual: int | None, lookups: Lookups
) -> tuple[datetime, datetime, list[str]]:
    """Start and end in UTC, and the codes of their problems. `usual` is the service's duration in minutes.

    Times without an offset are times of the location's clock. A time that daylight saving skips moves forward. Without
    an end, the visit takes `usual` minutes, else 30.
    """
    location_zone = zone(lookups.zones.get(location) or lookups.plan.timezone)
    starts, start_code = placed(starts_at, location_zone)
    codes = [start_code] if start_code else []
    if ends_at is None:
        ends = starts + timedelta(minutes=usual or _USUAL)
        codes.append("end_time_assumed")
    else:
        ends, end_code = placed(ends_at, location_zone)
        codes += [end_code] if end_code else []
    return starts, ends, codes


def is_reversed(starts_at: datetime, ends_at: datetime | None) -> bool:
    """Whether a row ends before or when it starts, at any location.

    False where only one of the two times has an offset: the location's clock then decides (`times_of`).
    """
    if ends_at is None or isinstance(starts_at, LocalMoment) is not isinstance(ends_at, LocalMoment):
        return False
    if isinstance(starts_at, LocalMoment) and isinstance(ends_at, LocalMoment):
        return ends_at.wall <= starts_at.wall
    return ends_at <= starts_at


def minutes_between(starts: datetime, ends: datetime) -> int:
    """The duration in minutes, rounded to the nearest minute."""
    return int((ends - starts).total_seconds() + 30) // 60


def lasts_long(starts: datetime, ends: datetime) -> bool:
    """Whether a visit takes more than 24 hours."""
    return ends - starts > _LONG


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
    """The record of a time without bookings, and the codes of its problems.

    The busy time is called `name`, else by the first line of `notes`. `location` and `practitioner` are Caspen's ids.
    """
    note = notes.strip() if notes else None
    first = name or (note.split("\n", 1)[0].strip() if note else "")
    values: dict[str, Value] = {
        "location_id": location,
        "practitioner_id": practitioner,
        "busy_time_type_id": "custom",
        "name": cut(first, _NAME_LIMIT) or _UNNAMED,
        "starts_at": starts,
        "ends_at": ends,
        "note": cut(note) or None,
        "source_created_at": made_at,
    }
    return Record("busy_times", kind, key, values), ["busy_time_note_truncated"] if len(note or "") > STRING else []
