"""Dates as people type them, day first."""

from datetime import date

from app.db import now

WORDS = "Write the date as day/month/year, for example 18/12/2026."


def typed_date(text: str) -> tuple[date | None, str | None]:
    """The date, or what is wrong with it. Nothing typed is no date and nothing wrong."""
    parts = text.replace("-", "/").replace(".", "/").split("/")
    if not text.strip():
        return None, None
    if len(parts) != 3 or not all(part.strip().isdecimal() for part in parts):
        return None, WORDS
    day, month, year = (int(part) for part in parts)
    if day > 31 and year <= 31:  # as in 2026-12-18
        day, year = year, day
    try:
        found = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None, f"There is no such day. {WORDS}"
    today = now().date()
    if abs(found.year - today.year) > 3:
        return None, f"The year {found.year} is too far away. {WORDS}"
    return found, None
