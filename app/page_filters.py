"""The filters of templates: `app.formatting` by the names that templates use.

Filters for times use the page's `zone` and `now`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

from jinja2 import pass_context
from jinja2.runtime import Context

from app.formatting import (
    address,
    ago,
    at_clock,
    bdis,
    clock,
    day,
    day_year,
    full,
    full_in,
    iso_day,
    lasting,
    names,
    number,
    on_screen,
    own_number,
    plural,
    short_number,
    size,
    stamp,
    took,
    typed_day,
    when,
)


def zone_of(context: Context) -> tzinfo:
    zone = context.get("zone")
    return zone if isinstance(zone, tzinfo) else ZoneInfo(zone) if zone else UTC


def now_of(context: Context) -> datetime:
    moment = context.get("now")
    return moment if isinstance(moment, datetime) else datetime.now(UTC)


def date_of(context: Context, value: date) -> date:
    """A date unchanged, or the date of a time at the clinic."""
    return value.astimezone(zone_of(context)).date() if isinstance(value, datetime) else value


@pass_context
def page_day(context: Context, value: date) -> str:
    return day(date_of(context, value))


@pass_context
def page_day_year(context: Context, value: date) -> str:
    return day_year(date_of(context, value))


@pass_context
def page_clock(context: Context, at: datetime) -> str:
    return clock(at.astimezone(zone_of(context)))


@pass_context
def page_when(context: Context, at: datetime) -> str:
    return when(at, now_of(context), zone_of(context))


@pass_context
def page_at_clock(context: Context, at: datetime) -> str:
    return at_clock(at, now_of(context), zone_of(context))


@pass_context
def page_ago(context: Context, at: datetime) -> str:
    return ago(at, now_of(context))


@pass_context
def page_stamp(context: Context, at: datetime) -> str:
    return stamp(at, zone_of(context))


@pass_context
def page_full(context: Context, at: datetime) -> str:
    return full(at, zone_of(context))


FILTERS: dict[str, Callable[..., str]] = {
    "n": number,
    "short_n": short_number,
    "plural": plural,
    "size": size,
    "took": took,
    "lasting": lasting,
    "day": page_day,
    "day_year": page_day_year,
    "typed_day": typed_day,
    "iso_day": iso_day,
    "clock": page_clock,
    "when": page_when,
    "at_clock": page_at_clock,
    "ago": page_ago,
    "stamp": page_stamp,
    "full": page_full,
    "full_in": full_in,
    "names": names,
    "bdis": bdis,
    "address": address,
    "on_screen": on_screen,
    "own_number": own_number,
}
