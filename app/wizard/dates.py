"""Dates as people type them, day first."""

from datetime import date

from app.db import now

WORDS = "Write the date as day/month/year, for example 18/12/2026."
LONGEST = 20


def typed_date(text: str, *, any_year: bool = False) -> tuple[date | None, str | None]:
    """The date, or what is wrong with it. Nothing typed is no date and nothing wrong.

    A date that plans something is near today; `any_year` is for one that may lie long ago.
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
        found = date(_century(year) if year < 100 else year, month, day)
    except ValueError:
        return None, f"There is no such day. {WORDS}"
    if not any_year and abs(found.year - now().year) > 3:
        return None, f"The year {found.year} is too far away. {WORDS}"
    return found, None


def day_as_shown(text: str) -> str:
    """A typed date as pages show dates ("1/3/22" becomes "01/03/2022"); text that is no date is only stripped."""
    day, trouble = typed_date(text, any_year=True)
    return text.strip() if trouble else f"{day:%d/%m/%Y}" if day else ""


def _century(short: int) -> int:
    """Two digits are the year nearest to today: 98 is 1998, 27 is 2027."""
    today = now().year
    return min((short + 1900, short + 2000), key=lambda year: abs(year - today))
