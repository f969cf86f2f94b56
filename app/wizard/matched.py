"""Why a kind of record may be missing from a trial: its rows were matched to what Caspen has, or did not come."""

from dataclasses import dataclass

from app.engine.bench import settled
from app.mapping.plan import CHOSEN, Plan
from app.migration.balance import balance_of
from app.migration.models import Trial, Work
from app.records.kind import RecordKind
from app.web import Visit
from app.wizard.damage import UNTRUE, find_damage

TABS = {"practitioners": "practitioners", "locations": "locations", "services": "services", "clients": "clients"}
TABLES = {"custom_fields": "fields"}  # where a plan calls its choices otherwise than the table


@dataclass(frozen=True, slots=True)
class Absence:
    """`matched`: how many things of a kind the trial uses as Caspen has them; `href`: where the clinic chose that.

    `rows`: how many rows of the export are of the kind, `waiting` of which did not come.
    """

    matched: int
    href: str
    rows: int
    waiting: int
    kinds: tuple[str, ...]


def absence_of(visit: Visit, trial: Trial, kind: RecordKind) -> Absence | None:
    """What became of the rows of a kind that are no records of the trial, from its frozen plan and its account.

    None where the account was changed behind the product's back: no number of it is true, as in the report."""
    if find_damage(visit) in UNTRUE:
        return None
    place = TABLES.get(kind.name, kind.name)
    matched = 0
    if place in CHOSEN.values():
        with visit.read() as session:
            opened = session.get(Work, (visit.move.id, f"trial:{trial.number}", "open", 0))
        plan = settled(Plan.model_validate(trial.plan), opened.facts if opened else {})
        matched = sum(choice.to == "match" for choice in getattr(plan, place).values())
    sources = tuple(one.name for one in visit.source.kinds if one.tables and one.tables[0] == kind.name)
    lines = [line for line in balance_of(trial, visit.source).lines if line.kind in sources]
    tab = TABS.get(kind.name, "custom_fields" if place == "fields" else "")
    return Absence(
        matched,
        f"/m/{visit.move.id}/matches{f'?show={tab}' if tab else ''}",
        sum(line.read for line in lines),
        sum(line.read - line.came for line in lines),
        sources,
    )
