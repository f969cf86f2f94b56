"""Reads dates and times as exports, scripts and spreadsheets write them, as one day or as one moment in UTC."""

import re
from contextlib import suppress
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from datetime import timezone as fixed
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.mapping.cells import plain
from app.mapping.columns import Report
from app.mapping.context import Context
from app.mapping.days import day_of
from app.mapping.ids import NOTHING

_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp])?\.?(?:[Mm]\.?)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
_OFFSET = re.compile(r"(?:[Zz]|[+-]\d\d(?::?[0-5]\d)?)$", re.ASCII)
_USUAL_OFFSET = re.compile(r"[+-](?:[01]\d|2[0-3])[0-5]\d", re.ASCII)
_WITH_OFFSET = re.compile(
    r":\d\d(?:[.,]\d+)?\s*(?:[ap]\.?m?\.?)?\s*(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)\s*$", re.ASCII | re.IGNORECASE
)
_TIME_OF_DAY = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::\d{2})?\s*(?:([AaPp])\.?[Mm]\.?)?")
_EDGES = (MINYEAR, MAXYEAR)
CLOCK_END = len("2026-03-02 09:00")  # an offset may follow the minutes


class LocalMoment(datetime):
    """A moment that was written without an offset, in UTC as if it had happened in the clinic's time zone.

    `wall`: the local time as it was written, for code that later learns another time zone (see `placed`).
    """

    wall: datetime

    @classmethod
    def of(cls, wall: datetime, zone: ZoneInfo) -> "LocalMoment":
        """The moment of a local time in `zone`."""
        at, _ = settled(wall, zone)
        moment = cls(at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond, tzinfo=UTC)
        moment.wall = wall
        return moment


def has_offset(cell: str) -> bool:
    """Whether a cell writes a time of day with an offset, so that it names one moment in every time zone."""
    return _WITH_OFFSET.search(cell) is not None


def settled(wall: datetime, zone: ZoneInfo) -> tuple[datetime, str | None]:
    """A local time in UTC, with a problem code or None.

    A time that daylight saving skips moves forward (`dst_gap`). Of a time that happens twice, the first is taken
    (`dst_overlap`).
    """
    first = wall.replace(tzinfo=zone, fold=0)
    before, after = first.utcoffset(), wall.replace(tzinfo=zone, fold=1).utcoffset()
    at = first.astimezone(UTC)
    if before is None or after is None or before == after:
        return at, None
    return at, "dst_overlap" if before > after else "dst_gap"


def placed(moment: datetime, zone: ZoneInfo) -> tuple[datetime, str | None]:
    """A moment in UTC. A moment written without an offset is read in `zone`, with a problem code as in `settled`."""
    if isinstance(moment, LocalMoment):
        return settled(moment.wall, zone)
    return moment, None


def day(cell: str, context: Context, report: Report) -> date | None:
    """A date; None with `bad_date` for an invalid date."""
    return _day(cell, context, report, "bad_date", births=False)


def birth(cell: str, context: Context, report: Report) -> date | None:
    """A date of birth from 1900 to today; None with `bad_date_of_birth` for any other text."""
    day_of_birth = _day(cell, context, report, "bad_date_of_birth", births=True)
    if day_of_birth is not None and not date(1900, 1, 1) <= day_of_birth <= context.today:
        report("bad_date_of_birth")
        return None
    return day_of_birth


def _day(cell: str, context: Context, report: Report, bad: str, *, births: bool) -> date | None:
    if len(cell) == 10 and cell[4] == "-" and cell.isascii():
        try:
            return date.fromisoformat(cell)
        except ValueError:
            report(bad)
            return None
    value = plain(cell)
    if value.lower() in NOTHING:
        return None
    parsed = day_of(value, context, births=births)
    if parsed.code:
        report(bad if parsed.code == "bad_date" else parsed.code)
    if parsed.day is None or not parsed.rest:
        return parsed.day
    clock = _CLOCK.fullmatch(parsed.rest.lstrip("Tt ,").rstrip())
    try:
        if clock is None:
            raise ValueError
        wall = datetime.combine(parsed.day, time(_hour(int(clock[1]), clock[5]), int(clock[2]), int(clock[3] or 0)))
        offset = _offset(clock[6]) if clock[6] else None
    except ValueError:  # no time of day, such as 24:00 or 09:75
        report(bad)
        return None
    return parsed.day if offset is None else _local_day(wall.replace(tzinfo=offset), context, report)


def _local_day(instant: datetime, context: Context, report: Report) -> date:
    """The date in the clinic's time zone of an instant; reports `date_from_instant`.

    In the first and last year of the calendar, where another zone may have no date, the date as written.
    """
    try:
        local = instant.astimezone(context.zone).date()
    except OverflowError:
        return instant.date()
    report("date_from_instant")
    return local


def visit_time(cell: str, context: Context, report: Report) -> datetime | None:
    """When a visit starts or ends, as in `local_timestamp`; None for a date without a time."""
    return None if _is_day_alone(cell, context) else local_timestamp(cell, context, report)


def _is_day_alone(cell: str, context: Context) -> bool:
    """Whether a cell has a date and no time. A whole serial number means midnight, so it has a time."""
    if len(cell) >= 20:
        return False
    parsed = day_of(plain(cell), context, births=False)
    return parsed.day is not None and not parsed.rest.strip(" ,") and parsed.code != "excel_serial_date"


def local_timestamp(cell: str, context: Context, report: Report) -> datetime | None:
    """A moment in UTC. A time without an offset is a LocalMoment, because mapping may know its time zone.

    None with `bad_date` for invalid text, and for a moment in the first or last year of the calendar: in some time
    zones such a moment has no date.
    """
    if len(cell) == 25 and cell[19] == " " and cell[4] == "-":
        if cell[13] == cell[16] == ":" and (ahead := _ahead(cell[20:])) is not None:
            with suppress(ValueError, OverflowError):
                return _in_every_zone(datetime.fromisoformat(f"{cell[:19]}+00:00") - ahead)
        cell = cell[:19] + cell[20:]
    elif cell in NOTHING:
        return None
    try:
        exact = datetime.fromisoformat(cell) if len(cell) >= 20 and cell[4] == "-" else None
    except ValueError:
        exact = None
    try:
        if exact is not None and exact.tzinfo is not None:
            if not _OFFSET.search(cell, CLOCK_END):  # `fromisoformat` reads +10:75 as +11:15
                raise ValueError
            return _in_every_zone(exact.astimezone(UTC))
        return _moment(plain(cell), context, report)
    except (ValueError, OverflowError):
        report("bad_date")
        return None


def timestamp(cell: str, context: Context, report: Report) -> datetime | None:
    """A moment in UTC. A time without an offset is read in the clinic's time zone. None with `bad_date`."""
    moment = local_timestamp(cell, context, report)
    if not isinstance(moment, LocalMoment):
        return moment
    at, code = settled(moment.wall, context.zone)
    if code:
        report(code)
    return at


def _moment(value: str, context: Context, report: Report) -> datetime | None:
    if value.lower() in NOTHING:
        return None
    parsed = day_of(value, context, births=False)
    if parsed.code:
        report(parsed.code)
    if parsed.day is None:
        return None
    wall = datetime.combine(parsed.day, datetime.min.time()) + timedelta(seconds=parsed.seconds)
    if parsed.rest:
        clock = _CLOCK.fullmatch(parsed.rest.lstrip("Tt ,").rstrip())
        if clock is None:
            raise ValueError
        hour = _hour(int(clock[1]), clock[5])
        micro = int((clock[4] or "0").ljust(6, "0")[:6])
        wall = wall.replace(hour=hour, minute=int(clock[2]), second=int(clock[3] or 0), microsecond=micro)
        if clock[6]:
            return _in_every_zone(wall.replace(tzinfo=_offset(clock[6])).astimezone(UTC))
    _in_every_zone(wall)
    report("timezone_assumed")
    return LocalMoment.of(wall, context.zone)


def _in_every_zone(moment: datetime) -> datetime:
    """The moment, if it has a date in every time zone. Raises ValueError in the calendar's first and last year."""
    if moment.year in _EDGES:
        raise ValueError
    return moment


@lru_cache(maxsize=256)
def _ahead(offset: str) -> timedelta | None:
    """The time by which a clock with an offset such as +1030 is ahead of UTC; None for any other text."""
    if not _USUAL_OFFSET.fullmatch(offset):
        return None
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    return ahead if offset[0] == "+" else -ahead


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError
    return hour % 12 + (12 if half in "Pp" else 0)


def _offset(text: str) -> fixed:
    if text[0] not in "+-":
        return UTC
    if not _OFFSET.fullmatch(text):
        raise ValueError
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return fixed(ahead if text[0] == "+" else -ahead)


def mark(cell: str, context: Context, report: Report) -> datetime | bool | None:
    """When something was marked, such as archived or deleted; True for a mark without a time; None for no mark."""
    word = plain(cell).lower()
    if word in ("false", "no", "n", "f", "0"):
        return None
    if word in ("true", "yes", "y", "t", "1"):
        return True
    return timestamp(cell, context, report)


def time_of_day(cell: str, context: Context, report: Report) -> str | None:
    """`HH:MM` from `9:00`, `09:00:00` or `9:00 am`; None for other text, which kinds report as `bad_interval`."""
    return clock_time(plain(cell))


def clock_time(cell: str) -> str | None:
    """As `time_of_day`, for a text inside a cell."""
    clock = _TIME_OF_DAY.fullmatch(cell)
    if clock is None or (clock[2] is None and clock[3] is None):
        return None
    try:
        hour = _hour(int(clock[1]), clock[3])
    except ValueError:
        return None
    minute = int(clock[2] or 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None
