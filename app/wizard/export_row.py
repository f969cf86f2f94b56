"""A row of the export, whether it came across or not: its cells, and its problems."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from app.caspen.record_ids import Ids
from app.migration.trials import current_trial
from app.records.kinds import BY_NAME, hidden_from
from app.records.provenance import cells_alone
from app.records.query import get
from app.records.record_reader import reader_of
from app.records.source_row import SourceGone, SourceRow, part_of_line, read_source
from app.web.page_context import Visit, page, visit_of
from app.wizard.trial_view import record_view

router = APIRouter()


@router.get("/m/{migration_id}/rows/{file_number}/{line}")
def show_row(request: Request, file_number: int, line: int) -> Response:
    """The row that begins on a line of a file."""
    visit = visit_of(request)
    with visit.read() as session:
        part = part_of_line(session, visit.move, file_number, line)
        reader = reader_of(session, visit.runtime.caspen, visit.move.workspace_id, visit.person)
    if part is None:
        raise HTTPException(404)
    record_view(visit, "row_seen", {"file": file_number, "line": line})
    try:
        row = read_source(visit.runtime, visit.move, visit.source, part, line)
    except SourceGone:
        return page(request, "wizard/export_row.html", row=None, at=f"/m/{visit.move.id}")
    if row is None:
        raise HTTPException(404)
    lines = cells_alone(row, hidden_from(reader, row.kind.tables))
    values: dict[str, Any] = {
        "row": row,
        "lines": lines,
        "records": records_of(visit, row),
        "at": f"/m/{visit.move.id}",
    }
    return page(request, "wizard/export_row.html", **values)


def records_of(visit: Visit, row: SourceRow) -> list[dict[str, str]]:
    """The records of the newest trial that have the row's own number."""
    with visit.read() as session:
        trial = current_trial(session, visit.move)
    if trial is None or trial.finished_at is None or trial.dropped_at is not None or row.source_id is None:
        return []
    store = visit.runtime.caspen.trial(visit.move.id, trial.number)
    if not visit.runtime.caspen.exists(store):
        return []
    ids, links = Ids(visit.move.workspace_id, visit.move.source), []
    for table in row.kind.tables:
        kind = BY_NAME.get("services" if table == "activities" else table)
        record_id = ids.derive(table, row.kind.name, row.source_id)
        if kind is not None and get(store, visit.move.workspace_id, kind, record_id) is not None:
            at = "clients" if kind.name == "clients" else f"records/{kind.name}"
            links.append({"words": f"The {kind.noun} that it became", "href": f"/m/{visit.move.id}/{at}/{record_id}"})
    return links
