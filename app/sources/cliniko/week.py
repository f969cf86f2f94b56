"""The hours of a week as Cliniko writes them: a number or a name for the day, and stretches of the day in JSON."""

import re

from app.mapping.cells import plain
from app.mapping.columns import Report
from app.mapping.context import Context
from app.mapping.flags import spoken, whole
from app.mapping.moments import clock_time
from app.mapping.rows import Json

DAY = 24 * 60
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMES = {name: number for number, name in enumerate(_DAYS, start=1)}

UNREADABLE = ""
_FRACTION = re.compile(r"0?\.[0-9]{1,17}")  # of a day
_UNPARTED = re.compile(r"([0-2][0-9])([0-5][0-9])")
_DOTTED = re.compile(r"([0-9]{1,2})\.(00|15|30|45)")  # 9.25 and 9.5 may be hours and parts of them

Span = tuple[int, int]
"""Minutes since the week began on Monday; the end is later than the beginning, and on the same day."""


def weekday(cell: str, context: Context, report: Report) -> int | None:
    """1 for Monday to 7 for Sunday, which Cliniko calls 0 or 7. A day that is none says nothing."""
    number = whole(cell, context, lambda code: None if code == "bad_number" else report(code))
    if number is not None:
        return (number or 7) if 0 <= number <= 7 else None
    word = spoken(cell)
    return next((n for name, n in _NAMES.items() if len(word) >= 3 and name.startswith(word)), None)


def time_cell(cell: str, context: Context, report: Report) -> str | None:
    """A time of the day as `HH:MM`; UNREADABLE for a cell that holds anything else."""
    return _time_in(plain(cell)) or UNREADABLE


def _time_in(text: str) -> str | None:
    """A time, also as a spreadsheet shows one without a format (`0.375`), and as `0900` or `9.30`."""
    if _FRACTION.fullmatch(text):
        minutes = float(text) * DAY
        return clock(round(minutes)) if abs(minutes - round(minutes)) < 0.01 and round(minutes) < DAY else None
    dotted = _UNPARTED.fullmatch(text) or _DOTTED.fullmatch(text)
    return clock_time(f"{dotted[1]}:{dotted[2]}" if dotted else text)


def stretches(slots: Json) -> tuple[tuple[str, str] | None, ...]:
    """Beginning and end of each entry of a list, None for one that is no stretch of a day."""
    found: list[tuple[str, str] | None] = []
    for slot in slots if isinstance(slots, list) else ():
        times = [_time(slot, name) for name in ("starts_at", "ends_at")] if isinstance(slot, dict) else []
        found.append((times[0], times[1]) if len(times) == 2 and times[0] and times[1] else None)
    return tuple(found)


def _time(slot: dict[str, Json], name: str) -> str | None:
    text = slot.get(name)
    return _time_in(text.strip()) if isinstance(text, str) else None


def span(day: int, starts: str, ends: str) -> Span | None:
    """A stretch of a day as minutes of the week; None when it ends before it begins."""
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (starts, ends))
    return ((day - 1) * DAY + first, (day - 1) * DAY + last) if first < last else None


def clock(minutes: int) -> str:
    """A minute of the week as the time of its day: `09:30`."""
    return f"{minutes % DAY // 60:02}:{minutes % 60:02}"


def united(spans: list[Span]) -> tuple[Span, ...]:
    """The same hours without overlaps. Stretches that only touch stay apart."""
    found: list[Span] = []
    for starts, ends in sorted(spans):
        if found and starts < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((starts, ends))
    return tuple(found)
