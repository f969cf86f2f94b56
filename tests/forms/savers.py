"""Two people save at the same moment, and each save is looked up afterwards."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations_with_replacement
from threading import Barrier
from typing import Any

from app.migration.models import ExportFile, Migration
from app.migration.plans import plan_of
from app.sources import source
from tests.forms.outdated import Sending, filled_in
from tests.forms.routes import Fill, Line, M, always, first_file, name_of, nothing
from tests.harness.product import GRACE, MEGAN, Product
from tests.harness.waiting import patience

Kept = Callable[[Product, Migration, dict[str, Any]], bool]
USES = tuple(use.name for use in source(None).uses)


@dataclass(frozen=True)
class Saver:
    """A form that saves something, and a function that says whether its answer is in the ledger."""

    name: str
    line: Line
    kept: Kept


@dataclass(frozen=True)
class Round:
    """Two forms that were posted at once: their names, their answers, and which accepted saves were lost.

    200: the page says that the same answer is saved already.
    """

    names: tuple[str, str]
    statuses: tuple[int, int]
    lost: tuple[str, ...]


def choose(kind: str, place: int, to: str, tab: str) -> Fill:
    def fill(product: Product, _: Any) -> dict[str, Any]:
        return {"show": tab, "act": "save", f"c:{name_of(product, kind, place)}": to}

    return fill


def chosen(kind: str, place: int, to: str, part: str) -> Kept:
    def kept(product: Product, migration: Migration, _: dict[str, Any]) -> bool:
        choice = getattr(plan_of(migration), part).get(name_of(product, kind, place))
        return choice is not None and choice.to == to

    return kept


def matched(name: str, kind: str, tab: str, part: str, place: int, to: str) -> Saver:
    line = Line(f"{M}/matches", "matching", nothing, choose(kind, place, to, tab))
    return Saver(name, line, chosen(kind, place, to, part))


def saver(name: str, route: str, kept: Kept, **form: Any) -> Saver:
    return Saver(name, Line(f"{M}/{route}", "matching", nothing, always(**form)), kept)


def file_left_out(product: Product, migration: Migration, _: dict[str, Any]) -> bool:
    with product.runtime.ledger.read() as session:
        path = session.get_one(ExportFile, (migration.id, migration.export_number, 1)).path
    return plan_of(migration).file_kinds.get(path) == "leave_out"


SAVERS: tuple[Saver, ...] = (
    matched("first practitioner, brought", "practitioners", "practitioners", "practitioners", 0, "create"),
    matched("first practitioner, left out", "practitioners", "practitioners", "practitioners", 0, "leave_out"),
    matched("second practitioner", "practitioners", "practitioners", "practitioners", 1, "leave_out"),
    matched("a location", "businesses", "locations", "locations", 0, "leave_out"),
    matched("a service", "appointment_types", "services", "services", 0, "leave_out"),
    saver(
        "a kind left out",
        "matches",
        lambda _p, m, _f: "treatment_notes" in plan_of(m).leave_out_kinds,
        show="leave_out",
        act="save",
        kinds="treatment_notes",
    ),
    Saver(
        "a file left out",
        Line(f"{M}/files/{{number}}", "matching", nothing, always(act="leave"), address=first_file),
        file_left_out,
    ),
    saver("services brought", "checklist/services", lambda _p, m, _f: m.services_way == "set_up", way="set_up"),
    saver("a date", "checklist/dates", lambda _p, m, _f: m.conversion_date == "2026-12-18", conversion="18/12/2026"),
    saver(
        "another date", "overview", lambda _p, m, _f: m.conversion_date == "2027-01-05", ack="1", conversion="5/1/2027"
    ),
    saver("some uses", "uses", lambda _p, m, _f: m.uses == [USES[0]], uses=[USES[0]]),
    saver("other uses", "uses", lambda _p, m, _f: m.uses == [USES[1]], uses=[USES[1]]),
    saver(
        "clients counted",
        "uses/counts",
        lambda _p, m, _f: (m.own_counts or {}).get("patients") == 400,
        **{"count-patients": "400", "count-appointments": ""},
    ),
    saver(
        "appointments counted",
        "uses/counts",
        lambda _p, m, _f: (m.own_counts or {}).get("appointments") == 500,
        **{"count-patients": "", "count-appointments": "500"},
    ),
)
PAIRS = tuple(combinations_with_replacement(SAVERS, 2))


def at_once(product: Product, pair: tuple[Saver, Saver]) -> Round:
    """Megan and Grace open their pages, then send both forms at the same moment.

    Both accepted saves must be in the ledger.
    """
    first, second = pair
    sendings = (filled_in(product, first.line, MEGAN), filled_in(product, second.line, GRACE))
    together = Barrier(2)

    def post(sending: Sending) -> int:
        together.wait(timeout=patience(60))
        return sending.post()[0]

    with ThreadPoolExecutor(2) as pool:
        statuses = tuple(pool.map(post, sendings))
    move = product.move()
    lost = tuple(
        one.name
        for one, status, sending in zip(pair, statuses, sendings, strict=True)
        if status in (200, 303) and not one.kept(product, move, sending.form)
    )
    return Round((first.name, second.name), (statuses[0], statuses[1]), lost)


def reset(product: Product, to: Migration) -> None:
    """The move as it was before a round."""
    columns = ("plan", "services_way", "conversion_date", "uses", "own_counts", "moves_acknowledged_at")
    product.put(**{name: getattr(to, name) for name in columns}, plan_confirmed_at=None)
