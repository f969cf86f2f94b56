"""Dates as people type them, day first."""

from datetime import date

from app.db import now

WORDS = "Write the date as day/month/year, for example 18/12/2026."
LONGEST = 20


def typed_date(text: str, *, any_year: bool = False) -> tuple[date | None, str | None]:
    """Parses a typed date. Returns the date, or an error text. Both are None for an empty text.

    `any_year` allows dates that are more than three years away.
    """
    if not text.strip():
        return None, None
    parts = text.strip().replace("-", "/").replace(".", "/").split("/")
    if len(text) > LONGEST or len(parts) != 3 or not all(part.strip().isdecimal() for part in parts):
        return None, WORDS
    day, month, year = (int(part) for part in parts)
    if day > 31 and year <= 31:  # as in 2026-12-18
        day, year = year, day
    try:
        typed = date(_century(year) if year < 100 else year, month, day)
    except ValueError:
        return None, f"There is no such day. {WORDS}"
    if not any_year and abs(typed.year - now().year) > 3:
        return None, f"The year {typed.year} is too far away. {WORDS}"
    return typed, None


def day_as_shown(text: str) -> str:
    """A typed date in the notation of pages ("1/3/22" becomes "01/03/2022"). Other text is only stripped."""
    day, trouble = typed_date(text, any_year=True)
    return text.strip() if trouble else f"{day:%d/%m/%Y}" if day else ""


def _century(short: int) -> int:
    """The year nearest to today for two digits: 98 is 1998, 27 is 2027."""
    today = now().year
    return min((short + 1900, short + 2000), key=lambda year: abs(year - today))
