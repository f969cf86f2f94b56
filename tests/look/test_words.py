"""How numbers, waits and dates are said, and that a name cannot break out of its place."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app import formatting

NOW = datetime(2026, 12, 17, 4, 12, tzinfo=UTC)
SYDNEY = ZoneInfo("Australia/Sydney")


@pytest.mark.parametrize(("value", "said"), [(0, "0"), (412, "412"), (613212, "613,212")])
def test_a_number_has_its_thousands_apart(value: int, said: str) -> None:
    assert formatting.number(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(900, "900"), (613_212, "613 k"), (999_499, "999 k"), (1_900_000, "1.9 m")]
)
def test_dense_lists_shorten_a_number(value: int, said: str) -> None:
    assert formatting.short_number(value) == said


def test_one_is_not_many() -> None:
    assert formatting.plural(1, "client") == "1 client"
    assert formatting.plural(0, "client") == "0 clients"
    assert formatting.plural(1204, "was", "were") == "1,204 were"


@pytest.mark.parametrize(
    ("value", "said"),
    [(1, "1 byte"), (0, "0 bytes"), (148_206, "148 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"),
     (412_000_000, "412 MB"), (18_400_000_000, "18.4 GB"), (4_000_000_000_000, "4,000 GB")],
)  # fmt: skip
def test_a_size_has_the_unit_of_the_providers(value: int, said: str) -> None:
    assert formatting.size(value) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(5, 30, "less than a minute"), (20, 60, "about 1 minute"), (360, 540, "6 to 9 minutes"),
     (170, 175, "2 to 3 minutes"), (180, 180, "about 3 minutes"), (3600, 7200, "1 to 2 hours"),
     (1800, 5400, "30 to 90 minutes")],
)  # fmt: skip
def test_a_wait_is_a_range(low: float, high: float, said: str) -> None:
    assert formatting.wait(low, high) == said


@pytest.mark.parametrize(("seconds", "said"), [(14, "14 s"), (112, "1 min 52 s"), (120, "2 min"), (7500, "2 h 5 min")])
def test_what_has_passed_is_exact(seconds: float, said: str) -> None:
    assert formatting.took(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(41 * 60, "41 min"), (14 * 3600, "14 h"), (4 * 86400 + 5, "4 d"), (9, "9 s")]
)
def test_waiting_is_said_in_its_largest_unit(seconds: float, said: str) -> None:
    assert formatting.lasting(seconds) == said


@pytest.mark.parametrize(
    ("before", "said"),
    [(timedelta(seconds=3), "3 seconds ago"), (timedelta(minutes=1), "1 minute ago"), (timedelta(days=6), "6 days ago"),
     (timedelta(seconds=-5), "just now")],
)  # fmt: skip
def test_a_moment_is_so_long_ago(before: timedelta, said: str) -> None:
    assert formatting.ago(NOW - before, NOW) == said


def test_a_date_begins_with_its_day() -> None:
    assert formatting.day(date(2026, 12, 17)) == "Thu 17 December"
    assert formatting.day_year(date(2026, 12, 18)) == "Friday 18 December 2026"
    assert formatting.typed_day(date(2026, 1, 8)) == "08/01/2026"


def test_the_day_is_the_clinics_and_not_the_servers() -> None:
    late = datetime(2026, 12, 16, 13, 30, tzinfo=UTC)
    assert formatting.when(late, NOW, SYDNEY) == "today 12:30 am"
    assert formatting.when(late, NOW) == "yesterday 1:30 pm"
    assert formatting.when(datetime(2025, 12, 31, 13, 0, tzinfo=UTC), NOW, SYDNEY) == "1 January, 12:00 am"
    assert formatting.when(datetime(2024, 5, 2, 2, 0, tzinfo=UTC), NOW, SYDNEY) == "2 May 2024, 12:00 pm"
    assert formatting.stamp(late, SYDNEY) == "17 Dec, 12:30 am"
    assert formatting.full(late, SYDNEY) == "17 December 2026, 12:30 am"


@pytest.mark.parametrize(
    ("values", "said"), [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")]
)
def test_names_are_a_sentence(values: list[str], said: str) -> None:
    assert formatting.names(values) == said


def test_a_name_cannot_bring_markup() -> None:
    assert formatting.bdis(["<script>", "يوسف"]) == "<bdi>&lt;script&gt;</bdi> and <bdi>يوسف</bdi>"
    assert formatting.address("a<b>@c") == "a&lt;b&gt;<wbr>@c"
