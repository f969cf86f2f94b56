"""The ledger's tables: a clinic's migration and everything that was decided, done and written about it."""

from datetime import datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlmodel import Field

from app.changed_values import ValueChanged
from app.db import LedgerTable, UTCDateTime, now
from app.migration.ledger_json import (
    AuditFacts,
    FetchState,
    FileFacts,
    InventoryJson,
    KindJson,
    MoveReport,
    StopProblem,
    WorkResult,
)
from app.migration.states import State
from app.problems import Level, catalogue

WAYS = ("upload", "link", "sample")
Json = sa.JSON
Moment = UTCDateTime
Bytes = sa.BigInteger  # an export may be larger than PostgreSQL's integer


def is_object(value: Any) -> bool:
    """Whether a value of a JSON column is an object."""
    return isinstance(value, dict)


def is_facts(value: Any) -> bool:
    """Whether a file's facts have the days and lists that pages read."""
    if not isinstance(value, dict):
        return False
    lists = all(isinstance(value.get(name, []), list) for name in ("headers", "encodings"))
    return lists and all(_is_day(value[name]) for name in ("from", "to", "run") if name in value)


def _is_day(text: Any) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except (TypeError, ValueError):
        return False


class Migration(LedgerTable, table=True):
    """One clinic's import of an export. Only `advance()` writes `state`."""

    id: str = Field(primary_key=True)
    workspace_id: str = Field(index=True)
    clinic: str
    source: str
    state: str = State.PREPARING.value
    paused_from: str | None = None
    since: datetime = Field(default_factory=now, sa_type=Moment)  # when the migration entered its state
    created_at: datetime = Field(default_factory=now, sa_type=Moment)
    created_by: str = ""
    conversion_date: str | None = None  # the Trial Conversion date, ISO
    moves_acknowledged_at: datetime | None = Field(default=None, sa_type=Moment)
    export_confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    services_way: str | None = None  # "set_up" in Caspen by the clinic, or "bring" those of the source
    uses: list[str] | None = Field(default=None, sa_type=Json)  # the ticked uses of the source; None: not asked yet
    own_counts: dict[str, int] | None = Field(default=None, sa_type=Json)  # by kind, as the source itself shows them
    wrapped_key: str = ""
    export_number: int = 0
    found_acknowledged: int = 0  # the export whose contents and gaps the clinic has acknowledged
    trial_number: int = 0
    plan: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    plan_confirmed_at: datetime | None = Field(default=None, sa_type=Moment)
    approved_digest: str | None = None
    approved_by: str | None = None
    approved_at: datetime | None = Field(default=None, sa_type=Moment)
    finalised_at: datetime | None = Field(default=None, sa_type=Moment)
    report: MoveReport = Field(default_factory=MoveReport, sa_type=Json)
    problem: StopProblem | None = Field(default=None, sa_type=Json)  # why the migration stopped
    last_sign_of_work: datetime | None = Field(default=None, sa_type=Moment)
    epoch: int = 0  # raised by every advance; work of an older epoch may write nothing

    @property
    def problem_code(self) -> str:
        """The code of the problem that stopped the migration, or an empty text."""
        return self.problem.get("code", "") if self.problem else ""


class Export(LedgerTable, table=True):
    """The files that a clinic shared in one hand-over. The link is a secret and is stored sealed."""

    fits: ClassVar = {"way": WAYS.__contains__, "fetch_state": is_object, "inventory": is_object}

    migration_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    way: str  # "upload", "link" or "sample"
    sealed_link: str | None = None
    sealed_password: str | None = None  # of the link, until the download is done
    sealed_zip_password: str | None = None
    link_hint: str = ""  # provider and masked link, safe to show
    name: str = ""
    sha256: str | None = None
    size: int = Field(default=0, sa_type=Bytes)
    received_at: datetime = Field(default_factory=now, sa_type=Moment)
    fetched_at: datetime | None = Field(default=None, sa_type=Moment)
    read_at: datetime | None = Field(default=None, sa_type=Moment)
    fetch_state: FetchState = Field(default_factory=FetchState, sa_type=Json)
    inventory: InventoryJson = Field(default_factory=InventoryJson, sa_type=Json)


class ExportFile(LedgerTable, table=True):
    """One file of an export: as fetched (`number` below 0), or as read (from 1), archives unpacked."""

    fits: ClassVar = {"facts": is_facts}

    migration_id: str = Field(primary_key=True)
    export_number: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    path: str
    object_key: str = ""
    size: int = Field(default=0, sa_type=Bytes)
    sha256: str = ""
    kind: str | None = None
    dialect: str | None = None
    encoding: str | None = None
    rows: int = 0
    parts: int = 0
    refused: str | None = None
    read_at: datetime | None = Field(default=None, sa_type=Moment)
    facts: FileFacts = Field(default_factory=FileFacts, sa_type=Json)


class LinkedFile(LedgerTable, table=True):
    """One file behind a share link, and the progress of its download. The worker that holds the lease writes the
    row."""

    __tablename__ = "linked_file"
    fits: ClassVar = {"state": is_object}

    migration_id: str = Field(primary_key=True)
    export_number: int = Field(primary_key=True)
    object_key: str = Field(primary_key=True)
    path: str  # the provider's, for display only
    sealed_item: str  # what opens the file at its provider, as secret as the link
    expected_size: int | None = Field(default=None, sa_type=Bytes)
    bytes_done: int = Field(default=0, sa_type=Bytes)  # durable
    sha256: str = ""
    last_problem: str = ""
    next_try_at: datetime | None = Field(default=None, sa_type=Moment)
    epoch: int = 0  # of the work that wrote it
    state: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class ProviderCheck(LedgerTable, table=True):
    """The result of an operator's last manual check of a provider's links."""

    __tablename__ = "provider_check"

    provider: str = Field(primary_key=True)
    checked_at: datetime = Field(default_factory=now, sa_type=Moment)
    code: str | None = None
    verified_at: datetime | None = Field(default=None, sa_type=Moment)


class Part(LedgerTable, table=True):
    """Up to 4,000 rows or 4 MiB of one kind: the unit of work, of retry and of one transaction."""

    migration_id: str = Field(primary_key=True)
    export_number: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    kind: str
    file_number: int
    first_line: int
    rows: int
    object_key: str
    digest: str


class Work(LedgerTable, table=True):
    """One unit of work, held by one worker at a time, by lease and epoch.

    `phase` is a step of the engine. `number` is the part or file to work on, or 0 when there is only one unit.
    """

    __table_args__ = (sa.Index("ix_work_open", "migration_id", "run", "phase", "state"),)

    migration_id: str = Field(primary_key=True)
    run: str = Field(primary_key=True)  # "export:1", "trial:2", "finalise:2"
    phase: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    state: str = "ready"  # ready, leased, done, quarantined
    owner: str | None = None
    epoch: int = 0
    leased_until: datetime | None = Field(default=None, sa_type=Moment)
    attempts: int = 0
    weight: int = Field(default=0, sa_type=Bytes)  # rows or bytes, for the progress
    done_weight: int = Field(default=0, sa_type=Bytes)
    settled_at: datetime | None = Field(default=None, sa_type=Moment)
    result: WorkResult = Field(default_factory=WorkResult, sa_type=Json)
    last_problem: str | None = None
    not_before: datetime | None = Field(default=None, sa_type=Moment)

    @property
    def facts(self) -> WorkResult:
        """The result, for a page. Raises ValueChanged when the stored value is no object.

        Workers read `result` itself, because one migration's row must not stop the work of others.
        """
        if not is_object(self.result):
            raise ValueChanged("work: result")
        return self.result


class Trial(LedgerTable, table=True):
    """One trial: its plan, and the results of reconciliation."""

    migration_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    store: str
    plan: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    plan_fingerprint: str = ""
    workspace_version: int = 0
    started_at: datetime = Field(default_factory=now, sa_type=Moment)
    finished_at: datetime | None = Field(default=None, sa_type=Moment)
    kinds: list[KindJson] = Field(default_factory=list, sa_type=Json)  # per kind: outcomes, records, both digests
    balanced: bool = False
    digest: str = ""
    seconds: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    held_against: dict[str, Any] | None = Field(
        default=None, sa_type=Json
    )  # numbers that the export carries, and their counterparts in the trial
    unanswered: list[Any] | None = Field(default=None, sa_type=Json)  # files without an identified kind: path and rows
    peak_rss_mb: float = 0.0
    dropped_at: datetime | None = Field(default=None, sa_type=Moment)


class ProblemLine(LedgerTable, table=True):
    """One problem of a row or a file, never a cell's value. The number of lines is bounded by the rows of the
    source."""

    __tablename__ = "problem_line"
    fits: ClassVar = {"code": lambda code: code in catalogue(), "level": list(Level).__contains__}
    __table_args__ = (
        sa.Index("ix_problem_code", "migration_id", "run", "code", "kind"),
        sa.Index("ix_problem_row", "migration_id", "run", "part", "line"),
    )

    id: int | None = Field(default=None, primary_key=True)
    migration_id: str
    run: str  # "export:1" or "trial:2"
    part: int = 0  # settled with its part; 0 for problems of reading
    code: str
    level: str
    kind: str | None = None
    file: str | None = None
    line: int | None = None
    source_id: str | None = None
    column: str | None = None
    count: int = 1


class ChangeRequest(LedgerTable, table=True):
    """A change that a clinic requests before it approves, and the answer."""

    __tablename__ = "change_request"

    id: str = Field(primary_key=True)
    migration_id: str = Field(index=True)
    trial_number: int
    text: str
    blocking: bool = True
    asked_by: str
    asked_at: datetime = Field(default_factory=now, sa_type=Moment)
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = Field(default=None, sa_type=Moment)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Moment)


class HelpMessage(LedgerTable, table=True):
    """One message between a clinic and support, with the page of writing."""

    __tablename__ = "help_message"

    id: str = Field(primary_key=True)
    migration_id: str = Field(index=True)
    author: str
    from_support: bool = False
    page: str = ""
    problem: str | None = None
    text: str
    written_at: datetime = Field(default_factory=now, sa_type=Moment)


class Waiver(LedgerTable, table=True):
    """A check of the checklist that support waived, with a reason that the clinic can read."""

    migration_id: str = Field(primary_key=True)
    check: str = Field(primary_key=True)
    reason: str
    by: str
    at: datetime = Field(default_factory=now, sa_type=Moment)


class OutboxMail(LedgerTable, table=True):
    """An e-mail to be sent, written in the same transaction as its cause."""

    __tablename__ = "outbox_mail"
    __table_args__ = (sa.UniqueConstraint("migration_id", "cause", "recipient"),)

    id: str = Field(primary_key=True)
    migration_id: str | None = Field(default=None, index=True)
    cause: str  # unique for one event of one migration, so that a retry cannot write the e-mail twice
    kind: str
    recipient: str
    params: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    written_at: datetime = Field(default_factory=now, sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    attempts: int = 0
    not_before: datetime | None = Field(default=None, sa_type=Moment)
    last_error: str | None = None


class AuditEntry(LedgerTable, table=True):
    """One act by one person or worker. Append only, and chained by hash."""

    __tablename__ = "audit_entry"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(default_factory=now, sa_type=Moment)
    workspace_id: str = Field(index=True)
    migration_id: str | None = Field(default=None, index=True)
    by: str
    role: str
    act: str
    reason: str = ""
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    previous: str = ""
    hash: str = ""

    @property
    def shown_facts(self) -> AuditFacts:
        """The facts for a page. Empty when other software wrote another shape: the chain check reports the change."""
        return self.facts if is_object(self.facts) else {}
