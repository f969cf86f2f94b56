"""Every time of day is right on the days when clocks change, in four places and in every spelling.

The expectation comes from the instants alone: a place's clock is computed for each instant, never the other way round,
which is where daylight saving goes wrong.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.figures.command import trial
from tests.figures.figure import Measure, Reached
from tests.figures.words import records
from tests.register.story import export

PLACES = {
    "3": "Australia/Sydney",
    "4": "Australia/Adelaide",
    "5": "Australia/Lord_Howe",
    "6": "Pacific/Auckland",
}
YEARS = range(2015, 2028)
STEP = timedelta(minutes=15)
AROUND = timedelta(hours=3)
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Turn:
    """A moment at which the clocks of a place are turned, and how far ahead they are before and after it."""

    at: datetime
    before: timedelta
    after: timedelta


@dataclass(frozen=True)
class Visit:
    """A visit with one spelling of its start, the true instant, and the expected problem codes."""

    id: str
    place: str
    cell: str
    at: datetime
    code: str | None = None


def ahead(at: datetime, zone: ZoneInfo) -> timedelta:
    """How far ahead of UTC the clocks of a place are at an instant."""
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def turns(zone: ZoneInfo, years: Sequence[int]) -> Iterator[Turn]:
    """The moments at which clocks are turned, to the minute: found by looking at them hour by hour."""
    at, end = datetime(years[0], 1, 1, tzinfo=UTC), datetime(years[-1] + 1, 1, 1, tzinfo=UTC)
    while at < end:
        if ahead(at, zone) != ahead(at + timedelta(hours=1), zone):
            exact = next(m for n in range(1, 61) if ahead(m := at + timedelta(minutes=n), zone) != ahead(at, zone))
            yield Turn(exact, ahead(at, zone), ahead(exact, zone))
        at += timedelta(hours=1)


def written(at: datetime, zone: ZoneInfo) -> Iterator[str]:
    """An instant in the ways that leave no doubt: with the place's own offset, in UTC, with a fraction."""
    wall, offset = at + ahead(at, zone), ahead(at, zone)
    hours, minutes = divmod(int(offset.total_seconds() // 60), 60)
    yield f"{wall:%Y-%m-%d %H:%M:%S} +{hours:02}{minutes:02}"
    yield f"{at:%Y-%m-%dT%H:%M:%SZ}"
    yield f"{wall:%Y-%m-%dT%H:%M:%S}.000+{hours:02}:{minutes:02}"


def local(turn: Turn) -> Iterator[tuple[str, datetime, str | None]]:
    """The local times around a clock change without an offset, with the instant and the expected codes."""
    wall = turn.at + turn.before - AROUND
    while wall <= turn.at + turn.after + AROUND:
        instants = [
            at
            for at in (wall - turn.before, wall - turn.after)
            if at + (turn.before if at < turn.at else turn.after) == wall
        ]
        form = "%Y-%m-%d %H:%M" if wall.minute % 30 else "%d/%m/%Y %I:%M %p"
        if not instants:  # nobody's clock showed it: as much later as the clocks were put forward
            yield wall.strftime(form), wall - turn.before, "dst_gap"
        else:
            yield wall.strftime(form), min(instants), "dst_overlap" if len(set(instants)) > 1 else None
        wall += STEP


def visits(years: Sequence[int]) -> list[Visit]:
    found: list[tuple[str, str, datetime, str | None]] = []
    for place, name in PLACES.items():
        zone = ZoneInfo(name)
        for turn in turns(zone, years):
            at = turn.at - AROUND
            while at <= turn.at + AROUND:
                found += [(place, cell, at, None) for cell in written(at, zone)]
                at += STEP
            found += [(place, cell, when, code) for cell, when, code in local(turn)]
    return [Visit(str(1000 + n), *fields) for n, fields in enumerate(found)]


def export_of(all_visits: Sequence[Visit]) -> dict[str, str | bytes]:
    return export(
        "practitioners",
        "appointment_types",
        "users",
        businesses=[{"id": i, "business_name": name, "time_zone_identifier": name} for i, name in PLACES.items()],
        appointments=[
            {
                "id": v.id,
                "business_id": v.place,
                "starts_at": v.cell,
                "ends_at": f"{v.at + HALF_AN_HOUR:%Y-%m-%dT%H:%M:%SZ}",
            }
            for v in all_visits
        ],
    )


def wrong(all_visits: Sequence[Visit], starts: dict[str, str], doubts: dict[str, int]) -> list[str]:
    """The differences: starts by visit, and the count of each warning."""
    found = [
        f"{PLACES[v.place]}, {v.cell}: {starts.get(v.id)}, expected {v.at:%Y-%m-%dT%H:%M:%SZ}"
        for v in all_visits
        if starts.get(v.id) != f"{v.at:%Y-%m-%dT%H:%M:%SZ}"
    ]
    for code in ("dst_gap", "dst_overlap"):
        number = sum(v.code == code for v in all_visits)
        if doubts.get(code, 0) != number:
            found.append(f"{code}: told of {doubts.get(code, 0)}, expected {number}")
    return found


def _right(long: bool) -> Reached:
    made = visits(YEARS)
    with tempfile.TemporaryDirectory(prefix="caspen-clocks-") as given:
        here, out = Path(given) / "export", Path(given) / "records"
        here.mkdir()
        for name, content in export_of(made).items():
            (here / name).write_text(str(content), encoding="utf-8")
        tried = trial(here, "--records", str(out))
        starts = {r["source_id"]: r["starts_at"] for r in records(out, "appointments")}
    doubts = {p["code"]: p["count"] for p in tried.answer["problems"] if p["kind"] == "appointments"}
    why = wrong(made, starts, doubts)
    if not tried.balances:
        why.insert(0, f"status {tried.status}, balanced {tried.answer['balanced']}")
    missed = sum(", expected" in line for line in why)
    return Reached(f"{len(made) - missed} of {len(made)}", ok=not why, why=tuple(why[:20]))


MEASURES: tuple[Measure, ...] = (
    Measure("every time is right when clocks are turned: Sydney, Adelaide, Lord Howe, Auckland", "all", _right),
)
