"""Debts and credits of clients in the old software. No balance moves. The clinic keeps the list."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.mapping.kind import ComputedColumns
from app.migration.models import Trial
from app.migration.trials import current_trial
from app.trial.source_totals import read_balances
from app.web.page_context import Visit, page, visit_of
from app.web.sent_numbers import SentNumber
from app.wizard.problems import as_csv
from app.wizard.trial_view import record_view

router = APIRouter()
PER_PAGE = 100


@router.get("/m/{migration_id}/balances")
def show_balances(request: Request, number: Annotated[SentNumber, Query(ge=1, le=10**7)] = 1) -> Response:
    """A page of balances with the sums of all. The view is recorded before an amount is shown."""
    visit = visit_of(request)
    trial = compared(visit)
    carried = visit.source.computed
    if trial is None or carried is None:
        return page(request, "wizard/review-none.html")
    record_view(visit, "balances_listed", {"page": number})
    sums = [Decimal(0)] * len(carried.amounts)
    for line in read_balances(visit.runtime, visit.move, trial.number):
        sums = [total + Decimal(amount or 0) for total, amount in zip(sums, line["amounts"], strict=True)]
    total = (trial.held_against or {}).get("balances", 0)
    start = (number - 1) * PER_PAGE
    shown = list(islice(read_balances(visit.runtime, visit.move, trial.number), start, start + PER_PAGE))
    context: dict[str, Any] = {
        "heads": heads(carried),
        "lines": [line | {"amounts": [money(amount) for amount in line["amounts"]]} for line in shown],
        "sums": [money(str(total)) for total in sums],
        "total": total,
        "shown": {"page": number, "pages": -(-total // PER_PAGE)},
        "kept": bool(visit.move.wrapped_key),
    }
    return page(request, "wizard/client_balances.html", **context)


@router.get("/m/{migration_id}/balances/table.csv")
def download_balances(request: Request) -> Response:
    """All balances as CSV, streamed. Cells that a spreadsheet would evaluate are escaped."""
    visit = visit_of(request)
    trial = compared(visit)
    carried = visit.source.computed
    if trial is None or carried is None:
        raise HTTPException(404)
    record_view(visit, "balances_downloaded", {})
    headers = {"Content-Disposition": 'attachment; filename="balances.csv"'}
    return StreamingResponse(table_of(visit, trial, carried), media_type="text/csv; charset=utf-8", headers=headers)


def table_of(visit: Visit, trial: Trial, carried: ComputedColumns) -> Iterator[str]:
    yield "\ufeff" + as_csv(["client", "number in the source", *heads(carried), "file", "line"])
    for line in read_balances(visit.runtime, visit.move, trial.number):
        yield as_csv([line["name"], line["id"], *line["amounts"], line["file"], line["line"]])


def compared(visit: Visit) -> Trial | None:
    with visit.read() as session:
        trial = current_trial(session, visit.move)
    made = trial is not None and trial.finished_at is not None and trial.held_against is not None
    return trial if made else None


def heads(carried: ComputedColumns) -> list[str]:
    return [words for _, words in carried.amounts]


def money(amount: str | None) -> str:
    """As in "1,250.00". "" for zero."""
    value = Decimal(amount or 0)
    return f"{value:,.2f}" if value else ""
