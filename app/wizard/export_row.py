"""A row of the export, whether it came across or not: its cells, and its problems."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response

from app.caspen.record_ids import Ids
from app.migration.trials import current_trial
from app.records.evidence_lines import LEFT_OUT, MATCHED, NOT_BROUGHT, cells_alone, counts_instead
from app.records.kinds import BY_NAME, hidden_from
from app.records.query import get
from app.records.reader_rights import reader_of
from app.records.source_row import SourceGone, SourceRow, part_of_line, read_source
from app.web.page_context import Visit, page, visit_of
from app.web.sent_numbers import SentNumber
from app.wizard.later_export import offers_later_export
from app.wizard.row_links import NOTHING_KNOWN, LinkedRow, linked_rows
from app.wizard.trial_view import record_view

router = APIRouter()


@router.get("/m/{migration_id}/rows/{file_number}/{line}")
def show_row(request: Request, file_number: SentNumber, line: SentNumber) -> Response:
    """The row that begins on a line of a file."""
    visit = visit_of(request)
    with visit.read() as session:
        part = part_of_line(session, visit.move, file_number, line)
        reader = reader_of(session, visit.runtime.caspen, visit.move.workspace_id, visit.person)
        trial = current_trial(session, visit.move)
    if part is None:
        raise HTTPException(404)
    record_view(visit, "row_seen", {"file": file_number, "line": line})
    try:
        row = read_source(visit.runtime, visit.move, visit.source, part, line)
    except SourceGone:
        return page(request, "wizard/export_row.html", row=None, at=f"/m/{visit.move.id}")
    if row is None:
        raise HTTPException(404)
    is_tried = trial is not None and trial.finished_at is not None
    linked = linked_rows(visit, trial, [(file_number, line)]).get((file_number, line), NOTHING_KNOWN)
    hidden = hidden_from(reader, row.kind.tables)
    values: dict[str, Any] = {
        "row": row,
        "lines": cells_alone(row, hidden, fate=fate_of(row, linked), is_planned=not is_tried),
        "linked": linked,
        "is_tried": is_tried,
        "later_export": offers_later_export(visit, row.kept_back_by),
        "records": records_of(visit, row, is_copy=linked.counts_instead is not None and row.kept_back_by is not None),
        "at": f"/m/{visit.move.id}",
    }
    return page(request, "wizard/export_row.html", **values)


def fate_of(row: SourceRow, linked: LinkedRow) -> str:
    """What became of all cells of a row that made no record of its own. "" for a row that came."""
    relations, instead = linked.relations, linked.counts_instead
    if row.kept_back_by is not None:
        return counts_instead(instead.place) if instead is not None and instead.place is not None else NOT_BROUGHT
    return LEFT_OUT if relations.is_left_out else MATCHED if relations.is_matched else ""


def records_of(visit: Visit, row: SourceRow, *, is_copy: bool = False) -> list[dict[str, str]]:
    """The records of the newest trial that have the row's own number. Of a copy, another row made them."""
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
            maker = "the row that counts" if is_copy else "it"
            links.append(
                {"words": f"The {kind.noun} that {maker} became", "href": f"/m/{visit.move.id}/{at}/{record_id}"}
            )
    return links
