"""What a file and its clinic say about how to read a cell: time zone, country, order of dates, decimal commas."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo


class DateOrder(StrEnum):
    """The order of day and month in dates such as 03/04/1990, as proved by all dates of the file."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    UNDECIDABLE = "undecidable"


@dataclass(frozen=True, slots=True)
class Serials:
    """Which dates of a file are serial numbers, that is, days counted since an epoch.

    * `columns`: attributes whose whole column is serial numbers, so that low numbers are dates too.
    * `since_1904`: the workbook counts from 1 January 1904 and not from 1 January 1900.
    """

    columns: frozenset[str] = frozenset()
    since_1904: bool = False


NO_SERIALS = Serials()


@dataclass(frozen=True, slots=True)
class Context:
    """The context of every cell of a file.

    * `zone`: the clinic's time zone, for local times without an offset.
    * `country`: ISO alpha-2; `today`: the day of reading.
    * `in_serials`: the current cell is in one of the columns of `serials`.
    * `decimal_commas`: some amount in the file has a decimal comma.
    """

    zone: ZoneInfo
    country: str
    today: date
    dates: DateOrder = DateOrder.DAY_FIRST
    serials: Serials = NO_SERIALS
    in_serials: bool = False
    decimal_commas: bool = False
