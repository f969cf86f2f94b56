"""What must be known about a file and its clinic before a cell of it can be read right."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo


class DateOrder(StrEnum):
    """What the whole file proves about dates such as 03/04/1990."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    UNDECIDABLE = "undecidable"


@dataclass(frozen=True, slots=True)
class Context:
    """`zone` is the clinic's own, for local times without an offset; `country` ISO alpha-2; `today` the reading's."""

    zone: ZoneInfo
    country: str
    today: date
    dates: DateOrder = DateOrder.DAY_FIRST
