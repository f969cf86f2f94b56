"""Everything else in the trial, kind by kind, as Caspen will list it; and one record with the row that it came from."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response

from app.records import query
from app.records.kind import RecordKind
from app.records.kinds import BY_NAME, KINDS
from app.search_text import found_at, typed_text
from app.web import go, page, visit_of
from app.wizard.cards import next_card
from app.wizard.looking import looking
from app.wizard.matched import absence_of

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
