"""The working states of a migration, and the names of their phases in order: the table of contents of the work.

`app.worker.phases` says how each phase is done. Pages and supervisors need the names alone.
"""

from dataclasses import dataclass, field
from typing import Any

from app.migration.models import Migration
from app.migration.states import Event, State


@dataclass(frozen=True)
class Stage:
    """The names of the phases of a working state, and the event that ends the state."""

    run: str
    phases: tuple[str, ...]
    event: Event
    numbered_by: str = field(default="trial_number")

    def run_of(self, migration: Migration) -> str:
        number: Any = getattr(migration, self.numbered_by)
        return f"{self.run}:{number}"


STAGES: dict[State, Stage] = {
    State.FETCHING: Stage("export", ("fetch",), Event.FETCHED, "export_number"),
    State.READING: Stage("export", ("read", "resolve"), Event.READ, "export_number"),
    State.TRIALLING: Stage("trial", ("open", "parts", "set_aside", "made", "compare", "reconcile"), Event.TRIALLED),
    State.FINALISING: Stage("finalise", ("promote",), Event.FINALISED),
    State.UNDOING: Stage("undo", ("undo",), Event.UNDONE),
}
