"""A view of the trial's records: the reader, the store, and the audit line before any value is shown."""

from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request

from app.caspen.stores import Store
from app.migration.audit import write_act
from app.migration.ledger_json import AuditFacts
from app.migration.models import Trial
from app.migration.states import OVER, State
from app.migration.trials import current_trial
from app.records.field import RecordField
from app.records.names_of_ids import RecordNames
from app.records.origin import RecordOrigin, origin_of
from app.records.query import get
from app.records.reader_rights import Reader, reader_of
from app.records.record_kind import RecordKind
from app.web.page_context import Visit, visit_of


@dataclass(frozen=True, slots=True)
class TrialView:
    """A visit to the records of the newest trial."""

    visit: Visit
    trial: Trial
    store: Store
    names: RecordNames
    reader: Reader

    @property
    def workspace_id(self) -> str:
        return self.visit.move.workspace_id

    def is_live(self, kind: RecordKind, record_id: str) -> bool:
        """Whether the live workspace already has this record."""
        return get(self.visit.runtime.caspen.live, self.workspace_id, kind, record_id) is not None

    def record(self, act: str, facts: AuditFacts) -> None:
        record_view(self.visit, act, facts)

    def origin(self, kind: RecordKind, record: Any, fields: tuple[RecordField, ...]) -> RecordOrigin:
        """The source row of a record, as far as this reader may see it."""
        visit, hidden = self.visit, kind.hidden(record, self.reader)
        return origin_of(visit.runtime, visit.move, visit.source, self.trial, kind, record, fields, hidden)


class NoTrialRecords(HTTPException):
    """The move has no trial records to show. `title` and `lede` give the reason."""

    def __init__(self, title: str, lede: str) -> None:
        super().__init__(404)
        self.title = title
        self.lede = lede


NO_TRIAL_YET = (
    "There are no records to look at yet",
    "You can look at clients and their records when a trial is ready. We e-mail you then.",
)
NO_TRIAL = (
    "This move has no records to look at",
    "The move was stopped before a trial was ready.",
)
TRIAL_DELETED = (
    "The records of this trial are deleted",
    "We keep the records of a trial for a limited time. Records that went live are in Caspen itself.",
)


def open_trial_view(request: Request) -> TrialView:
    """Opens the records of the current trial. Raises NoTrialRecords before a trial is ready and after it is deleted."""
    visit = visit_of(request)
    caspen, move = visit.runtime.caspen, visit.move
    with visit.read() as session:
        trial = current_trial(session, move)
        reader = reader_of(session, caspen, move.workspace_id, visit.person)
    if trial is None or trial.finished_at is None:
        raise NoTrialRecords(*(NO_TRIAL if State(move.state) in OVER else NO_TRIAL_YET))
    if trial.dropped_at is not None:
        raise NoTrialRecords(*TRIAL_DELETED)
    store = caspen.trial(move.id, trial.number)
    if not caspen.exists(store):
        raise HTTPException(404)
    zone = str(move.plan.get("timezone") or "Australia/Sydney")
    return TrialView(visit, trial, store, RecordNames(caspen, store, move.workspace_id, zone), reader)


def record_view(visit: Visit, act: str, facts: AuditFacts) -> None:
    """Writes the view to the audit. Must run before a value is shown."""
    with visit.write() as session:
        write_act(session, visit.move, visit.by.name, visit.by.actor.value, act, facts)
