"""Finds, for single rows of an export, what became of each in the newest trial and which other rows decided it."""

from collections.abc import Iterable

from sqlmodel import Session

from app.index.row_relations import RowRelations, row_relations
from app.mapping.plan import Plan
from app.matching.cached_index import open_index
from app.migration.models import Migration, Trial, Work
from app.storage import CannotOpen
from app.trial.trial_context import rows_set_aside
from app.trial.trial_facts import settled
from app.worker.runtime import Runtime

Place = tuple[int, int]
"""A part and a line."""


def rows_that_decided(
    runtime: Runtime, migration: Migration, trial: Trial, places: Iterable[Place]
) -> dict[Place, RowRelations]:
    """The relations of rows by place: what became of each, and which other rows decided that.

    Empty after our copy of the export was deleted.
    """
    wanted = list(dict.fromkeys(places))
    if not wanted or not migration.wrapped_key:
        return {}
    with runtime.ledger.read() as session:
        plan, aside = _plan_of(session, migration, trial), rows_set_aside(session, migration)
    try:
        with open_index(runtime, migration) as index:
            index.leave_aside(aside)
            view = index.view(plan)
            return {place: row_relations(index.connection, view, plan, *place) for place in wanted}
    except (FileNotFoundError, CannotOpen):
        return {}


def _plan_of(session: Session, migration: Migration, trial: Trial) -> Plan:
    """The plan of a trial, with the choices that were made when the trial began."""
    opened = session.get(Work, (migration.id, f"trial:{trial.number}", "open", 0))
    return settled(Plan.model_validate(trial.plan), opened.facts if opened else {})
