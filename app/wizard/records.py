"""Everything else in the trial, kind by kind, as Caspen will list it; and one record with the row that it came from."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from app.records.kind import RecordKind
from app.records.kinds import BY_NAME, KINDS
from app.records.query import find, get
from app.web import page
from app.wizard.cards import next_card
from app.wizard.looking import looking
from app.wizard.matched import absence_of

router = APIRouter()


@router.get("/m/{migration_id}/records/{kind}")
def look(request: Request, kind: str, q: str = "", number: int = 1) -> Response:
    """The records of one kind, a page at a time."""
    shown, here = kind_of(kind), looking(request)
    here.seen("records_listed", {"kind": shown.name})
    found = find(here.store, here.workspace_id, shown, search=q[:100], page=number)
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
    told: dict[str, Any] = {"kind": shown, "kinds": KINDS, "found": found, "lines": lines, "q": q, "at": at}
    told["absence"] = absence_of(here.visit, here.trial, shown)
    return page(request, "wizard/records.html", **told)


@router.get("/m/{migration_id}/records/{kind}/{record_id}")
def one(request: Request, kind: str, record_id: str) -> Response:
    """One record, each of its values beside the cells that it was made of."""
    shown, here = kind_of(kind), looking(request)
    record = get(here.store, here.workspace_id, shown, record_id)
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
