"""Where and when a row of Cliniko's diary was: its location, and its times by that location's clock."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.mapping.lookups import Lookups
from app.mapping.moments import LocalMoment, placed
from app.mapping.rows import Target
from app.mapping.zones import zone

_USUAL = 30  # minutes, when neither the row nor its service says how long it was
_LONG = timedelta(hours=24)


def location_of(targets: Mapping[str, Target], lookups: Lookups) -> tuple[str | None, list[str]]:
    """The row's own, else the only one there is, else the one that the clinic chose for such rows, if it comes."""
    own = targets.get("business_id")
    if own is not None:
        return own.id, []
    if len(lookups.zones) == 1:
        return next(iter(lookups.zones)), []
    chosen = lookups.plan.default_location
    if chosen is None:
        return min(lookups.zones, default=None), ["appointment_location_defaulted"]
    business = chosen.removeprefix("source:")
    if business == chosen:
        return chosen, ["appointment_location_defaulted"]
    choice = lookups.plan.choice("businesses", business)
    location = choice.id if choice.to == "match" else lookups.ids.derive("locations", "businesses", business)
    if choice.to != "match" and location not in lookups.zones:
        location = min(lookups.zones, default=None)
    return location, ["appointment_location_defaulted"]


def times_of(
    starts_at: datetime, ends_at: datetime | None, location: str, usual: int | None, lookups: Lookups
) -> tuple[datetime, datetime, list[str]]:
    """Start and end in UTC; times without an offset are those of the location's clock.

    Only a time that daylight saving skips moves forward. An end that the clock did show stays.
    """
    here = zone(lookups.zones.get(location) or lookups.plan.timezone)
    starts, told = placed(starts_at, here)
    codes = [told] if told else []
    if ends_at is None:
        ends = starts + timedelta(minutes=usual or _USUAL)
        codes.append("end_time_assumed")
    else:
        ends, told_of_end = placed(ends_at, here)
        codes += [told_of_end] if told_of_end else []
    return starts, ends, codes


def is_reversed(starts_at: datetime, ends_at: datetime | None) -> bool:
    """Whether a row ends before it begins, whatever place it was at: one time without an offset may still move."""
    if ends_at is None or isinstance(starts_at, LocalMoment) is not isinstance(ends_at, LocalMoment):
        return False
    if isinstance(starts_at, LocalMoment) and isinstance(ends_at, LocalMoment):
        return ends_at.wall <= starts_at.wall
    return ends_at <= starts_at


def minutes_between(starts: datetime, ends: datetime) -> int:
    """How long a visit takes, to the nearest minute: fractions of a second never cost it one."""
    return int((ends - starts).total_seconds() + 30) // 60


def lasts_long(starts: datetime, ends: datetime) -> bool:
    return ends - starts > _LONG
