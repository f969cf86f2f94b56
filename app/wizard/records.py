"""Everything else in the trial, kind by kind, as Caspen will list it; and one record with the row that it came from."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response

from app.mapping.plan import CHOSEN, Plan
from app.migration.balance import balance_of
from app.migration.models import Trial, Work
from app.records import query
from app.records.kind import RecordKind
from app.records.kinds import BY_NAME, KINDS
from app.trial.context import settled
from app.web.page_context import Visit, go, page, visit_of
from app.web.search_text import found_at, typed_text
from app.wizard.damage import UNTRUE, find_damage
from app.wizard.looking import looking
from app.wizard.review_samples import next_card

router = APIRouter()


@router.get("/m/{migration_id}/records/{kind}")
def look(request: Request, kind: str, find: str = "", number: int = 1) -> Response:
    """The records of one kind, a page at a time. `find` is what was typed, encrypted."""
    shown, here = kind_of(kind), looking(request)
    here.seen("records_listed", {"kind": shown.name})
    q = typed_text(here.visit.runtime, request.url.path, find)
    found = query.find(here.store, here.workspace_id, shown, search=q, page=number)
    here.names.meet(found.records)
    lines = [
        {
            "id": record.id,
            "title": shown.title(record, here.names),
            "fields": {
                field.label: field.words
                for field in shown.fields(record, here.names)
                if not shown.hidden(record, here.reader).intersection(field.columns)
            },
        }
        for record in found.records
    ]
    at = f"/m/{here.visit.move.id}"
    told: dict[str, Any] = {"kind": shown, "kinds": KINDS, "found": found, "lines": lines, "q": q, "find": find}
    told["at"] = at
    told["absence"] = absence_of(here.visit, here.trial, shown)
    return page(request, "wizard/records.html", **told)


@router.post("/m/{migration_id}/records/{kind}")
def search(request: Request, kind: str, q: Annotated[str, Form()] = "") -> Response:
    """Leads to the records of one kind that fit what was typed."""
    kind_of(kind)
    return go(found_at(visit_of(request).runtime, request.url.path, q))


@router.get("/m/{migration_id}/records/{kind}/{record_id}")
def one(request: Request, kind: str, record_id: str) -> Response:
    """One record, each of its values beside the cells that it was made of."""
    shown, here = kind_of(kind), looking(request)
    record = query.get(here.store, here.workspace_id, shown, record_id)
    if record is None:
        raise HTTPException(404)
    here.seen("record_seen", {"kind": shown.name, "record": record.id})
    here.names.meet([record])
    fields = (*shown.fields(record, here.names), *shown.long(record, here.names))
    at = f"/m/{here.visit.move.id}"
    told: dict[str, Any] = {
        "kind": shown,
        "record": record,
        "title": shown.title(record, here.names),
        "client_id": getattr(record, "client_id", None),
        "client": here.names.of(getattr(record, "client_id", None)),
        "next_card": next_card(here.visit, here.trial),
        "origin": here.origin(shown, record, fields),
        "trial": here.trial,
        "is_live": here.is_live(shown, record.id),
        "at": at,
    }
    return page(request, "wizard/record.html", **told)


def kind_of(name: str) -> RecordKind:
    if name not in BY_NAME:
        raise HTTPException(404)
    return BY_NAME[name]


# Why a kind of record may be missing from a trial: its rows were matched to what Caspen has, or did not come.

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
        sum(line.read - line.brought for line in lines),
        sources,
    )
