"""Helpers for tests of cells: the context of a clinic in Sydney, and a call of a reader that collects its reports."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from app.mapping.columns import Reader
from app.mapping.context import Context, DateOrder

TODAY = date(2026, 11, 22)


def context(
    zone: str = "Australia/Sydney", country: str = "AU", today: date = TODAY, dates: DateOrder = DateOrder.DAY_FIRST
) -> Context:
    return Context(zone=ZoneInfo(zone), country=country, today=today, dates=dates)


def read(reader: Reader, cell: str, in_context: Context | None = None) -> tuple[Any, list[str]]:
    """The value that a reader returns for a cell, and the codes that it reports."""
    codes: list[str] = []
    return reader(cell, in_context or context(), codes.append), codes
