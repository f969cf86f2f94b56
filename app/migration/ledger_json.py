"""The keys of the ledger's JSON columns. Every key is described here once, and no column holds a cell's value."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired  # pydantic needs typing_extensions' version below Python 3.12

from typing_extensions import TypedDict

from app.mapping.defined import DefinedJson
from app.mapping.trial_json import RowsAsideJson, TrialFacts

LinkNow = TypedDict("LinkNow", {"is": str, "at": str})
"""The result of the last check of a share link: `is` open, closed or unknown, `at` a time in ISO format."""


class FetchState(TypedDict, total=False):
    """The progress of a download, and the last check of its link. Empty for an upload.

    * `bytes_done`, `bytes_total`: durable bytes, and the sizes that the provider gave.
    * `bytes_a_second`: of the worker that downloads now; 0.0 where unknown.
    * `operators`: codes of problems that an operator must solve.
    * `limited`: how often the provider asked to wait.
    """

    bytes_done: int
    bytes_total: int
    bytes_a_second: float
    operators: list[str]
    limited: int
    link_now: LinkNow


class StopProblem(TypedDict):
    """The problem that stopped a migration: its code and place, with details that hold no cell's value."""

    code: str
    kind: NotRequired[str | None]
    file: NotRequired[str | None]
    line: NotRequired[int | None]
    details: NotRequired[dict[str, Any]]


class ActsJson(TypedDict):
    """The acts of people in a live workspace, with the fields of ActsSoFar."""

    undone: list[str]
    entries: int


class PieceRows(TypedDict, total=False):
    """The rows of a halved part: the part's number, and the places of the rows, the end exclusive.

    Empty for every other piece.
    """

    part: int
    start: int
    stop: int


OlderKeys = TypedDict(  # noqa: UP013 - a class would give the names to attributes
    "OlderKeys", {"seen": ActsJson, "said": dict[str, int]}, total=False
)
"""Keys of stored results that keep their names.

* `seen`: the acts of people in the workspace, as the first step of a trial found them.
* `said`: sums of numbers in the rows of a part.
"""


class WorkResult(PieceRows, TrialFacts, RowsAsideJson, OlderKeys, total=False):
    """What a piece of work noted for its next attempt, for later steps, and for the pages. Each step has its own keys.

    Reading:

    * `index`: the key in storage of the index so far.
    * `ended_by_file`, `opening`: how many readers each file has ended; the file that is read now.
    * `reading`: the checksum of the resolved export (`app/reading/seal.py`).

    First steps of a trial, besides TrialFacts and `seen`:

    * `matched`, `by_name`: by table, the ids of workspace records that the trial needs.

    Loading a part, besides PieceRows, RowsAsideJson and `said`:

    * `kind`, `outcomes`: the kind of the part's rows, and the number of rows by outcome.
    * `records`, `digests`, `places`: records by table, digests by source kind, and the digest of the records' places.
    * `former`: by table, the ids of live records that rows of the part no longer become.

    Later steps:

    * `looked_at`, `proven`: the counts of a verification, and the checksum of the trial's account.
    * `held`, `kept`: the checksums of the comparison with source totals, and of a promotion's report.
    """

    index: str
    ended_by_file: dict[str, int]
    opening: str
    reading: str
    matched: dict[str, list[str]]
    by_name: dict[str, list[str]]
    kind: str
    outcomes: dict[str, int]
    records: dict[str, int]
    digests: dict[str, str]
    places: str
    former: dict[str, list[str]]
    looked_at: dict[str, int]
    proven: str
    held: str
    kept: str


SealName = Literal["reading", "proven", "held", "kept"]
"""The name of a checksum in the result of a step."""

FileFacts = TypedDict(
    "FileFacts",
    {
        "headers": list[str],
        "unknown_columns": list[str],
        "absent_columns": list[str],
        "dates": str,
        "delimiter": str,
        "encoding": str,
        "otherwise": str,
        "encodings": list[str],
        "run": str,
        "from": str,
        "to": str,
        "total_entries": int,
        "rows_seen": int,
        "columns": int,
        "pages": int,
        "candidates": list[str],
        "answered": str,
        "copy_of": str,
        "left_out": Literal[True],
        "refused_for": dict[str, Any],
        "in_lines": bool,
        "lists": list[str],
        "damages": list[list[int]],
        "open_marks": list[list[int]],
    },
    total=False,
)
"""What reading found out about a file, without a cell's value.

* `headers`, `unknown_columns`, `absent_columns`: all headers, headers without a field, and fields without a header.
* `dates`, `delimiter`, `encoding`: how cells were read; `otherwise` is the encoding of lines that are not UTF-8.
* `encodings`: where the encoding is unsure, the used one and those that are as likely.
* `run`, `from`, `to`: days in ISO format, from the file's name: of the export, and the range that it covers.
* `total_entries`: the count that the file itself gives.
* `rows_seen`, `columns`, `pages`: the size of a file whose kind nobody knows, or of a folder of pages.
* `candidates`: the kinds that a file of an ambiguous kind may be.
* `answered`: the mark of the clinic's answer about this file; `left_out`: the answer was to leave it out.
* `copy_of`: the path of a file with the same bytes.
* `refused_for`: details of the problem for which the file was refused.
* `in_lines`, `lists`: a JSON file with one object on each line; the names of a JSON file's lists.
* `damages`: first byte, end and rows of each damaged stretch; `open_marks`: the open quotation marks.
"""


class LinkWarning(TypedDict):
    """A warning of a link check: a problem's code and details."""

    code: str
    details: dict[str, str]


class LinkFacts(TypedDict, total=False):
    """The result of a link check, with the fields of Findings. Empty before the first check. No file's path.

    `problem` is a code with `details`.
    """

    provider: str
    label: str
    name: str
    folder: bool
    files: int
    size: int | None
    first_kind: str
    expires_at: float | None
    seconds: float | None
    runs_out: bool
    needed: int | None
    free: int | None
    password_needed: bool
    best_effort: bool
    upgraded: bool
    problem: str | None
    details: dict[str, str]
    retryable: bool
    retry_at: float | None
    warnings: list[LinkWarning]


class KindCountsJson(TypedDict):
    """The counts of a kind as JSON, with the fields of KindCounts. `first` and `last` are in ISO format, in UTC."""

    rows: int
    ids: int
    duplicates: int
    first: str | None
    last: str | None


class ReferredJson(TypedDict):
    """A thing that rows refer to as JSON, with the fields of ReferredThing."""

    id: str
    name: str
    active: bool
    appointments: int
    notes: int
    past: int
    future: int
    named_only: bool
    email: str | None
    user: str | None
    unnamed: bool


class InventoryJson(TypedDict, total=False):
    """The inventory of a read export as JSON, with the fields of Inventory. Empty before. No row's cells."""

    kinds: dict[str, KindCountsJson]
    references: dict[str, list[ReferredJson]]
    absent: list[str]
    signs: list[str]
    questions: dict[str, DefinedJson]


class KindJson(TypedDict):
    """The account of one kind as JSON, with the fields of KindBalance."""

    kind: str
    read: int
    created: int
    updated: int
    unchanged: int
    left_out: int
    skipped: int
    held: int
    refused: int
    records: int
    source_digest: str
    caspen_digest: str


class ConflictJson(TypedDict):
    """A reviewed record that did not go live, because a person had edited or deleted the live record."""

    table: str
    id: str
    source_kind: str
    source_id: str
    line: int
    deleted: bool


class KeptJson(TypedDict):
    """A record that an undo did not remove, and the reason."""

    table: str
    id: str
    source_kind: str
    source_id: str
    why: str


class UndoneJson(TypedDict):
    """The result of an undo, with the fields of Undone. The numbers count records by table."""

    removed: dict[str, int]
    restored: dict[str, int]
    kept: list[KeptJson]
    later: NotRequired[dict[str, int]]
    left_over: NotRequired[dict[str, int]]


class MoveReport(TypedDict, total=False):
    """The report of a migration that went live: the approved account, and what went live. Empty before.

    * `trial`, `digest`, `kinds`: the number, the digest and the account of the approved trial.
    * `live_digest`, `live`: the digest of the live records, and the digests by source kind.
    * `created`, `updated`, `unchanged`: records by table.
    * `conflicts`: the reviewed records that did not go live.
    * `replaced`: the digest of the journal. An undo of another migration changes the digest.
    * `held_kept`: the records that earlier migrations brought and this one holds too were stored, with those that rows
      were matched with. Missing in old reports.
    * `moment`: when the trial was approved, as in the live records.
    * `export_of`: the day of an outdated export; `made_on`: the day of any export. Both in ISO format.
    * `undone`: the result of the undo.
    """

    trial: int
    digest: str
    live_digest: str
    kinds: list[KindJson]
    created: dict[str, int]
    updated: dict[str, int]
    unchanged: dict[str, int]
    conflicts: list[ConflictJson]
    replaced: str
    held_kept: bool
    live: dict[str, str]
    moment: str | None
    export_of: str | None
    made_on: str | None
    undone: UndoneJson


Fact = str | int | float | None
AuditFacts = Mapping[str, Fact | Sequence[Fact] | Mapping[str, Fact]]
"""What an audit line or an e-mail says of an act, by name: numbers, codes, days and hashes, never a cell's value."""
