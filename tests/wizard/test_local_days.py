"""Every day and month that a page shows of an instant is that of the clinic's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.wizard.handover import span
from app.wizard.review_samples import format_day

INSTANTS = [
    ("Australia/Melbourne", "2026-02-28T22:00:00Z", "Mar 2026", "01/03/2026"),
    ("Australia/Melbourne", "2021-04-30T23:00:00Z", "May 2021", "01/05/2021"),
    ("Australia/Sydney", "2026-11-19T22:00:00Z", "Nov 2026", "20/11/2026"),
    ("Pacific/Auckland", "2025-12-31T11:00:00Z", "Jan 2026", "01/01/2026"),
    ("America/Los_Angeles", "2026-03-01T07:59:00Z", "Feb 2026", "28/02/2026"),
    ("Europe/London", "2026-06-30T23:30:00Z", "Jul 2026", "01/07/2026"),
    ("UTC", "2026-02-28T22:00:00Z", "Feb 2026", "28/02/2026"),
]


@pytest.mark.parametrize(("zone", "instant", "month", "day"), INSTANTS)
def test_an_instant_is_shown_as_the_clinic_s_month_and_day(zone: str, instant: str, month: str, day: str) -> None:
    assert span(instant, instant, ZoneInfo(zone)) == month
    assert format_day(datetime.fromisoformat(instant).astimezone(UTC), ZoneInfo(zone)) == day


def test_rows_without_dates_have_no_months() -> None:
    assert span(None, None, ZoneInfo("Australia/Sydney")) == ""
