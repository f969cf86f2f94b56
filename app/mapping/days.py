"""Reads the date at the beginning of a cell: ISO, numbers in either order, a named month, or a serial number."""

import re
from calendar import month_name
from dataclasses import dataclass
from datetime import date, timedelta

from app.mapping.context import Context, DateOrder

_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_NAMED = re.compile(r"(?:[A-Za-z]{3,9},\s*)?(\d{1,2})[ /-]([A-Za-z]{3,9})\.?[ /,-]+(\d{4}|\d{2})(?!\d)")
_JOINED = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
SERIAL = re.compile(r"(\d{1,5})(?:\.(\d+))?")
"""A date as spreadsheets store it: a number of days, with the time of day as a fraction."""
SURE, LAST = 20_000, 60_000
"""3 October 1954 and 8 April 2064: in a column of dates, a serial number between them is always a date."""
_MONTHS = {name[:3].lower(): number for number, name in enumerate(month_name) if number}
_NO_DAY = 60  # 29 February 1900, which spreadsheets count and the calendar does not have
_EPOCH = date(1899, 12, 30)  # day 0 of the 1900 system, for all days after that one
_BEHIND_1904 = 1462  # days from the first day of the 1900 system to that of the 1904 system


@dataclass(frozen=True, slots=True)
class ReadDay:
    """The date of a cell.

    * `day`: None with `code` if there is no valid date.
    * `rest`: the text after the date.
    * `seconds`: the time of day of a serial number, in seconds.
    """

    day: date | None
    rest: str = ""
    code: str | None = None
    seconds: int = 0


BAD = ReadDay(None, code="bad_date")


def day_of(text: str, context: Context, *, births: bool) -> ReadDay:
    """The date at the beginning of a cell. Invalid dates have the code `bad_date`. Raises nothing.

    `births`: a year of two digits is in the past.
    """
    if not text.isascii():
        return BAD
    if serial := SERIAL.fullmatch(text):
        return _serial(int(serial[1]), float(f"0.{serial[2] or 0}"), context)
    try:
        if joined := _JOINED.fullmatch(text):
            return ReadDay(date(int(joined[1]), int(joined[2]), int(joined[3])))
        if iso := _ISO.match(text):
            return ReadDay(date(int(iso[1]), int(iso[2]), int(iso[3])), text[iso.end() :])
        if named := _NAMED.match(text):
            month = _MONTHS.get(named[2][:3].lower())
            if month is None:
                return BAD
            year, code = _year(named[3], context, births=births)
            return ReadDay(date(year, month, int(named[1])), text[named.end() :], code)
        if numbers := _NUMBERS.match(text):
            return _numbers(numbers, text[numbers.end() :], context, births=births)
    except ValueError:
        return BAD
    return BAD


def _numbers(match: re.Match[str], rest: str, context: Context, *, births: bool) -> ReadDay:
    first, second = int(match[1]), int(match[3])
    year, code = _year(match[4], context, births=births)
    month_first = context.dates is DateOrder.MONTH_FIRST
    if context.dates is DateOrder.UNDECIDABLE:
        if first <= 12 and second <= 12 and first != second:
            return ReadDay(None, code="date_ambiguous")
        month_first = second > 12
    month, day = (first, second) if month_first else (second, first)
    return ReadDay(date(year, month, day), rest, code)


def _year(digits: str, context: Context, *, births: bool) -> tuple[int, str | None]:
    if len(digits) == 4:
        return int(digits), None
    short = int(digits)
    return (1900 if births and short > context.today.year % 100 else 2000) + short, "year_guessed"


def _serial(number: int, fraction: float, context: Context) -> ReadDay:
    """The date of a serial number. A low number is a date only in a column of serial numbers, unless a year."""
    days = number + _BEHIND_1904 if context.serials.since_1904 else number
    is_sure = SURE <= days <= LAST
    may_be_year = 1900 <= number <= context.today.year and not fraction
    if not is_sure and (not context.in_serials or may_be_year or not 0 < days <= LAST or days == _NO_DAY):
        return BAD
    seconds = min(round(fraction * 86400), 86399)
    return ReadDay(_EPOCH + timedelta(days=days + (days < _NO_DAY)), code="excel_serial_date", seconds=seconds)
