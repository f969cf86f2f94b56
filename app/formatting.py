"""Formats numbers, sizes, waits, dates and names for pages: "613,212", "6 to 9 minutes", "Thu 17 December".

Pure functions. Templates use them as the filters of `app.page_filters`.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

MINUTE, HOUR, DAY = 60, 3600, 86400
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FINGERPRINT = re.compile(r"[0-9a-f]{64}")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def number(value: int) -> str:
    """613212 -> "613,212"."""
    return f"{value:,}"


def short_number(value: int) -> str:
    """For dense lists only: 613212 -> "613 k", 1900000 -> "1.9 m"."""
    if value < 1_000:
        return str(value)
    if value < 999_500:
        return f"{value / 1_000:.0f} k"
    return f"{value / 1_000_000:.1f} m"


def plural(value: int, singular: str, many: str | None = None) -> str:
    """412, "note" -> "412 notes"; 1, "client" -> "1 client"."""
    return f"{number(value)} {singular if value == 1 else many or singular + 's'}"


def files_and_folders(paths: Iterable[str]) -> str:
    """Counts paths, as in "22 files and 1 folder". A folder's path ends with a slash."""
    every = list(paths)
    folders = sum(path.endswith("/") for path in every)
    files = [plural(len(every) - folders, "file")] if len(every) > folders or not folders else []
    return names([*files, *([plural(folders, "folder")] if folders else [])])


def size(value: int) -> str:
    """Bytes in the units that providers show: 18400000000 -> "18.4 GB"."""
    if value < 1_000:
        return plural(value, "byte")
    for unit, unit_bytes in (("kB", 10**3), ("MB", 10**6), ("GB", 10**9)):
        if value < unit_bytes * 999.5 or unit == "GB":
            amount = value / unit_bytes
            return f"{amount:,.0f} {unit}" if amount >= 100 or unit == "kB" else f"{amount:.1f} {unit}"
    raise AssertionError("unreachable")


def wait(low: float, high: float) -> str:
    """A wait in seconds, always as a range: 360, 540 -> "6 to 9 minutes"."""
    if high < MINUTE:
        return "less than a minute"
    unit, unit_seconds = ("minute", MINUTE) if high < 2 * HOUR else ("hour", HOUR)
    first, last = max(1, int(low // unit_seconds)), max(1, -int(-high // unit_seconds))
    if first >= last:
        return f"about {plural(last, unit)}"
    return f"{first} to {plural(last, unit)}"


def took(seconds: float) -> str:
    """An elapsed time: 112 -> "1 min 52 s"."""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min" + (f" {whole % MINUTE} s" if whole % MINUTE else "")
    return f"{whole // HOUR} h" + (f" {whole % HOUR // MINUTE} min" if whole % HOUR // MINUTE else "")


def lasting(seconds: float) -> str:
    """How long something has waited, in its largest unit: "26 min", "14 h", "4 d"."""
    for unit, unit_seconds in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= unit_seconds:
            return f"{int(seconds // unit_seconds)} {unit}"
    return f"{int(seconds)} s"


def ago(at: datetime, now: datetime) -> str:
    """As in "3 seconds ago" and "6 days ago"; "just now" where the clocks disagree."""
    seconds = (now - at).total_seconds()
    for unit, unit_seconds in (("day", DAY), ("hour", HOUR), ("minute", MINUTE), ("second", 1)):
        if seconds >= unit_seconds:
            return f"{plural(int(seconds // unit_seconds), unit)} ago"
    return "just now"


def day(value: date) -> str:
    """As in "Thu 17 December"."""
    return f"{DAYS[value.weekday()][:3]} {value.day} {MONTHS[value.month - 1]}"


def day_year(value: date) -> str:
    """As in "Friday 18 December 2026"."""
    return f"{DAYS[value.weekday()]} {value.day} {MONTHS[value.month - 1]} {value.year}"


def typed_day(value: date) -> str:
    """As a person types it, day first: "18/12/2026"."""
    return f"{value.day:02}/{value.month:02}/{value.year}"


def iso_day(text: str) -> str:
    """An ISO date, "2026-11-20", as "20 November 2026". Other text is returned unchanged."""
    try:
        parsed = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{parsed.day} {MONTHS[parsed.month - 1]} {parsed.year}"


def clock(at: datetime) -> str:
    """As in "2:31 pm"."""
    return f"{at.hour % 12 or 12}:{at.minute:02} {'pm' if at.hour >= 12 else 'am'}"


def when(at: datetime, now: datetime, zone: tzinfo = UTC) -> str:
    """As in "today 3:05 pm", "yesterday 9:18 am", "17 December, 3:12 pm". Another year is included."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"today {clock(local)}"
    if local.date() == today - timedelta(days=1):
        return f"yesterday {clock(local)}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local.day} {MONTHS[local.month - 1]}{year}, {clock(local)}"


def at_clock(at: datetime, now: datetime, zone: tzinfo = UTC) -> str:
    """A coming time, after "at": "3:05 pm", "9:18 am tomorrow", "3:12 pm on 17 December"."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return clock(local)
    if local.date() == today + timedelta(days=1):
        return f"{clock(local)} tomorrow"
    return f"{clock(local)} on {local.day} {MONTHS[local.month - 1]}"


def stamp(at: datetime, zone: tzinfo = UTC) -> str:
    """For timelines: "18 Dec, 3:05 pm"."""
    local = at.astimezone(zone)
    return f"{local.day} {MONTHS[local.month - 1][:3]}, {clock(local)}"


def full(at: datetime, zone: tzinfo = UTC) -> str:
    """Date, year and time, for records: "17 December 2026, 3:12 pm"."""
    local = at.astimezone(zone)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year}, {clock(local)}"


def full_in(at: datetime, zone: str) -> str:
    """A time in the given zone, whatever the page's zone is: an appointment in the time of its location."""
    return full(at, ZoneInfo(zone))


def names(values: Iterable[str]) -> str:
    """As in "A, B and C"."""
    *most, last = [*values] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def bdis(values: Iterable[str]) -> Markup:
    """Names of people or clinics, each in `<bdi>`, so that right-to-left names do not reorder the sentence."""
    return Markup(names(str(Markup("<bdi>{}</bdi>").format(value)) for value in values))  # noqa: S704  (each name is escaped)


def address(value: str) -> Markup:
    """An e-mail or web address with line breaks allowed after "@" and "/"."""
    broken = escape(value).replace("@", Markup("<wbr>@")).replace("/", Markup("/<wbr>"))
    return Markup(broken)  # noqa: S704  (escaped above)


def own_number(source_id: str | None) -> str:
    """The row's number in the source. "" for a fingerprint, which replaces a missing number."""
    return "" if source_id is None or FINGERPRINT.fullmatch(source_id) else source_id


def on_screen(text: str) -> Markup:
    """An instruction with words of another screen marked by asterisks: "Choose *Share*." highlights Share."""
    parts = str(escape(text)).split("*")
    shown = (f'<span class="said">{part}</span>' if place % 2 else part for place, part in enumerate(parts))
    return Markup("".join(shown))  # noqa: S704  (escaped above)
