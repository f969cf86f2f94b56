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
class Serials:
    """What a file proves about days that are written as numbers.

    `columns` are the attributes of which the whole column is days as numbers, so that low numbers are days there too.
    `since_1904` says that a workbook counts from 1 January 1904, and not from 1 January 1900.
    """

    columns: frozenset[str] = frozenset()
    since_1904: bool = False


NO_SERIALS = Serials()


@dataclass(frozen=True, slots=True)
class Context:
    """`zone` is the clinic's own, for local times without an offset; `country` ISO alpha-2; `today` the reading's.

    `in_serials` says that the cell at hand stands in one of the columns of `serials`, `decimal_commas` that some amount
    of the file has a decimal comma.
    """

    zone: ZoneInfo
    country: str
    today: date
    dates: DateOrder = DateOrder.DAY_FIRST
    serials: Serials = NO_SERIALS
    in_serials: bool = False
    decimal_commas: bool = False
