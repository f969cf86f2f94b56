"""All other kinds of record in the trial: lists as Caspen will show them, and each record with its source row."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response

from app.mapping.kind_roles import CHOSEN
from app.mapping.plan import Plan
from app.migration.balance import balance_of
from app.migration.models import Trial, Work
from app.records import query
from app.records.kinds import BY_NAME, KINDS
from app.records.record_kind import RecordKind
from app.trial.trial_facts import settled
from app.web.page_context import Visit, go, page, visit_of
from app.web.search_text import search_address, typed_text
from app.web.sent_numbers import SentNumber
from app.wizard.damage import UNTRUE, find_damage
from app.wizard.review_samples import next_card
from app.wizard.trial_view import open_trial_view

router = APIRouter()


@router.get("/m/{migration_id}/records/{kind}")
def show_records(request: Request, kind: str, find: str = "", number: SentNumber = 1) -> Response:
    """The records of a kind, by page. `find` is the encrypted search text."""
    shown, view = kind_of(kind), open_trial_view(request)
    view.record("records_listed", {"kind": shown.name})
    q = typed_text(view.visit.runtime, request.url.path, find)
    matches = query.find(view.store, view.workspace_id, shown, search=q, page=number)
    view.names.meet(matches.records)
    lines = [
        {
            "id": record.id,
            "title": shown.title(record, view.names),
            "fields": {
                field.label: field.words
                for field in shown.fields(record, view.names)
                if not shown.hidden(record, view.reader).intersection(field.columns)
            },
        }
        for record in matches.records
    ]
    at = f"/m/{view.visit.move.id}"
    values: dict[str, Any] = {"kind": shown, "kinds": KINDS, "matches": matches, "lines": lines, "q": q, "find": find}
    values["at"] = at
    values["absence"] = absence_of(view.visit, view.trial, shown)
    return page(request, "wizard/records.html", **values)


@router.post("/m/{migration_id}/records/{kind}")
def search(request: Request, kind: str, q: Annotated[str, Form()] = "") -> Response:
    """Redirects to the records of a kind that match the typed text."""
    kind_of(kind)
    return go(search_address(visit_of(request).runtime, request.url.path, q))


@router.get("/m/{migration_id}/records/{kind}/{record_id}")
def show_record(request: Request, kind: str, record_id: str) -> Response:
    """A record, each value next to its source cells."""
    shown, view = kind_of(kind), open_trial_view(request)
    record = query.get(view.store, view.workspace_id, shown, record_id)
    if record is None:
        raise HTTPException(404)
    view.record("record_seen", {"kind": shown.name, "record": record.id})
    view.names.meet([record])
    fields = (*shown.fields(record, view.names), *shown.long(record, view.names))
    at = f"/m/{view.visit.move.id}"
    values: dict[str, Any] = {
        "kind": shown,
        "record": record,
        "title": shown.title(record, view.names),
        "client_id": getattr(record, "client_id", None),
        "client": view.names.of(getattr(record, "client_id", None)),
        "next_card": next_card(view.visit, view.trial),
        "origin": view.origin(shown, record, fields),
        "trial": view.trial,
        "is_live": view.is_live(shown, record.id),
        "at": at,
    }
    return page(request, "wizard/record.html", **values)


def kind_of(name: str) -> RecordKind:
    if name not in BY_NAME:
        raise HTTPException(404)
    return BY_NAME[name]


# Why a trial may lack a kind of record: its rows were matched to Caspen's own records, or did not come.

TABS = {"practitioners": "practitioners", "locations": "locations", "services": "services", "clients": "clients"}
TABLES = {"custom_fields": "fields"}  # the plan's names where these differ from the table's


@dataclass(frozen=True, slots=True)
class Absence:
    """`matched`: things of a kind for which the trial uses Caspen's own. `href`: the page of that choice.

    `rows`: the export's rows of the kind. `waiting`: rows of these that did not come.
    """

    matched: int
    href: str
    rows: int
    waiting: int
    kinds: tuple[str, ...]


def absence_of(visit: Visit, trial: Trial, kind: RecordKind) -> Absence | None:
    """Rows of a kind that are no records of the trial, from its frozen plan and its account.

    None if the account was changed outside the product, because its numbers are wrong then.
    """
    if find_damage(visit) in UNTRUE:
        return None
    place = TABLES.get(kind.name, kind.name)
    matched = 0
    if place in CHOSEN:
        with visit.read() as session:
            opened = session.get(Work, (visit.move.id, f"trial:{trial.number}", "open", 0))
        plan = settled(Plan.model_validate(trial.plan), opened.facts if opened else {})
        matched = sum(choice.to == "match" for choice in getattr(plan, place).values())
    sources = tuple(kind_.name for kind_ in visit.source.kinds if kind_.tables and kind_.tables[0] == kind.name)
    lines = [line for line in balance_of(trial, visit.source).lines if line.kind in sources]
    tab = TABS.get(kind.name, "custom_fields" if place == "fields" else "")
    return Absence(
        matched,
        f"/m/{visit.move.id}/matches{f'?show={tab}' if tab else ''}",
        sum(line.read for line in lines),
        sum(line.read - line.brought for line in lines),
        sources,
    )
