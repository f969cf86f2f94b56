"""The day that a cell begins with: ISO, day first, month first where the file proves it, a named month, or a serial."""

import re
from calendar import month_name
from dataclasses import dataclass
from datetime import date, timedelta

from app.mapping.context import Context, DateOrder

_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")
_NUMBERS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_NAMED = re.compile(r"(?:[A-Za-z]{3,9},\s*)?(\d{1,2})[ /-]([A-Za-z]{3,9})\.?[ /,-]+(\d{4}|\d{2})(?!\d)")
_JOINED = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_SERIAL = re.compile(r"(\d{5})(?:\.(\d+))?")
_MONTHS = {name[:3].lower(): number for number, name in enumerate(month_name) if number}
_EPOCH = date(1899, 12, 30)  # day 0 of the spreadsheets' 1900 system, after its 29 February 1900


@dataclass(frozen=True, slots=True)
class Day:
    """`rest` is what follows the day in the cell; `seconds` are the time of day of a serial."""

    day: date | None
    rest: str = ""
    code: str | None = None
    seconds: int = 0


BAD = Day(None, code="bad_date")


def day_of(text: str, context: Context, *, births: bool) -> Day:
    """The day at the beginning of a cell."""
    if not text.isascii():
        return BAD
    if serial := _SERIAL.fullmatch(text):
        return _serial(int(serial[1]), float(f"0.{serial[2] or 0}"))
    try:
        if joined := _JOINED.fullmatch(text):
            return Day(date(int(joined[1]), int(joined[2]), int(joined[3])))
        if iso := _ISO.match(text):
            return Day(date(int(iso[1]), int(iso[2]), int(iso[3])), text[iso.end() :])
        if named := _NAMED.match(text):
            month = _MONTHS.get(named[2][:3].lower())
            if month is None:
                return BAD
            year, code = _year(named[3], context, births=births)
            return Day(date(year, month, int(named[1])), text[named.end() :], code)
        if numbers := _NUMBERS.match(text):
            return _numbers(numbers, text[numbers.end() :], context, births=births)
    except ValueError:
        return BAD
    return BAD


def _numbers(found: re.Match[str], rest: str, context: Context, *, births: bool) -> Day:
    first, second = int(found[1]), int(found[3])
    year, code = _year(found[4], context, births=births)
    month_first = context.dates is DateOrder.MONTH_FIRST
    if context.dates is DateOrder.UNDECIDABLE:
        if first <= 12 and second <= 12 and first != second:
            return Day(None, code="date_ambiguous")
        month_first = second > 12
    month, day = (first, second) if month_first else (second, first)
    return Day(date(year, month, day), rest, code)


def _year(digits: str, context: Context, *, births: bool) -> tuple[int, str | None]:
    if len(digits) == 4:
        return int(digits), None
    short = int(digits)
    return (1900 if births and short > context.today.year % 100 else 2000) + short, "year_guessed"


def _serial(days: int, fraction: float) -> Day:
    if not 20000 <= days <= 60000:
        return BAD
    seconds = min(round(fraction * 86400), 86399)
    return Day(_EPOCH + timedelta(days=days), code="excel_serial_date", seconds=seconds)
