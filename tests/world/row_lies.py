"""Changes by SQL to the row of a migration, for every column that decides what goes live or what a page proves."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from app.db import now
from app.migration.models import Migration, Trial
from app.migration.states import State
from app.worker.runtime import Runtime

OTHER_WORKSPACE = "wsp_other"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PROVEN = ("state", "paused_from", "approved_digest", "approved_by", "approved_at", "finalised_at", "workspace_id")
"""The columns that the audit trail proves in every state."""
DECIDES = (*PROVEN, "trial_number", "export_number", "report", "source")
DECIDES_NOT: Mapping[str, str] = {
    "id": "the key: another one is another migration",
    "clinic": "a name, shown",
    "since": "shown: how long copies are kept counts from the newest audit line",
    "created_at": "shown",
    "created_by": "shown",
    "conversion_date": "a day of the checklist, before the trial",
    "moves_acknowledged_at": "a tick of the checklist, before the trial",
    "export_confirmed_at": "a tick of the checklist, before the trial",
    "services_way": "an answer that the next trial is made with, and the clinic reviews that trial",
    "uses": "an answer that the next trial is made with, and the clinic reviews that trial",
    "own_counts": "what the clinic counted: shown beside the trial at its review",
    "wrapped_key": "without the key nothing can be read: the work stops",
    "found_acknowledged": "a tick before the trial",
    "plan": "what the next trial is made with: a trial keeps its own",
    "plan_confirmed_at": "shown",
    "problem": "shown",
    "last_sign_of_work": "shown",
    "epoch": "a worker of another epoch writes nothing",
}
"""The other columns, each with the reason why it decides neither."""


def columns_of_row() -> set[str]:
    table: sa.Table = Migration.__table__  # type: ignore[attr-defined]  # set by the table class
    return {column.name for column in table.columns}


def row_lies(move: Migration, trial: Trial) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every false version of a migration's row: a name and the columns to write.

    None equals the row's present values.
    """
    values: dict[str, list[Any]] = {
        "state": [state.value for state in State],
        "paused_from": [None, State.REVIEWING.value, State.FINALISING.value],
        "approved_digest": [None, "", "0" * 64, trial.digest],
        "approved_by": [None, "", "megan@harbour.example", "nobody@harbour.example"],
        "approved_at": [None, LONG_AGO, (move.approved_at or now()) + timedelta(microseconds=1)],
        "finalised_at": [None, LONG_AGO, (move.finalised_at or now()) + timedelta(days=1)],
        "workspace_id": [OTHER_WORKSPACE, "wsp_nowhere"],
        "trial_number": [0, 2],
        "export_number": [0, 2],
        "report": [{}, {**move.report, "digest": "0" * 64}, {"trial": 1, "digest": trial.digest}],
        "source": ["nookal"],
    }
    assert set(values) == set(DECIDES)
    for column, lies in values.items():
        for number, value in enumerate(lies):
            if value != getattr(move, column):
                yield f"{column}-{value if column == 'state' else number}", {column: value}
    approved = {"approved_digest": trial.digest, "approved_by": "megan@harbour.example", "approved_at": now()}
    for state in (State.FINALISING, State.FINALISING_FAILED, State.FINALISED, State.UNDONE):
        if move.approved_digest is None:
            live = {"finalised_at": now()} if state in (State.FINALISED, State.UNDONE) else {}
            yield f"approved-and-{state.value}", {"state": state.value, **approved, **live}


def write_row(runtime: Runtime, migration_id: str, values: Mapping[str, Any]) -> None:
    """Writes columns of a migration's row, as a statement in SQL does."""
    with runtime.ledger.write() as session:
        table: sa.Table = Migration.__table__  # type: ignore[attr-defined]  # set by the table class
        session.connection().execute(sa.update(table).where(table.c.id == migration_id).values(**values))
