"""The job `row`: one row of a part, read back from storage and parsed."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.caspen.ids import Ids
from app.engine.bench import lookups_of, settled
from app.engine.reading.file_watch import FileWatch
from app.engine.reading.parts import PartRow, read_part, read_row
from app.mapping.context import Context
from app.mapping.kind import Kind
from app.mapping.parse import parse_row
from app.mapping.plan import Plan
from app.mapping.provenance import Evidence, Experiment
from app.problems import Problem
from app.sources import source as source_named
from app.storage import CannotOpen, LocalObjects

OTHER_ROWS, OTHER_VALUES, OTHER_SIGNS = 60, 5, 2_000  # of the same part, to try in a row's place


@dataclass(frozen=True, slots=True)
class RecordAsked:
    """The record whose cells are asked for, and the trial that made it: its plan, its moment, and its facts as JSON.

    `codes` are the problems that the trial reported for the row: a reference whose own problem is among them leads
    nowhere.
    """

    table: str
    source_kind: str
    source_id: str
    workspace_id: str
    plan: str
    moment: str
    facts: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowRequest:
    """Where the part is in storage, and the line of the row. `today` is a day as text, in the clinic's zone."""

    root: str
    data_key: str = field(repr=False)
    object_key: str
    line: int
    source: str
    timezone: str
    country: str
    today: str
    marker: str
    record: RecordAsked | None = None


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """`is_gone` says that the part is no longer in storage; `is_there` that a row begins on the line.

    `cells` are by the names of the part's columns, `codes` what reading had to say, `problems` what parsing had.
    `feeds` says of each cell which columns of the record are made of it; None where no record was asked for, or the
    row alone does not make the record. `borrowed` and `instants` are those of `Evidence`.
    """

    is_gone: bool = False
    is_there: bool = False
    kind: str = ""
    file: str = ""
    file_number: int = 0
    columns: tuple[str, ...] = ()
    dates: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    source_id: str | None = None
    problems: tuple[Problem, ...] = ()
    feeds: dict[str, tuple[str, ...]] | None = None
    borrowed: dict[str, str] = field(default_factory=dict)
    instants: dict[str, str] = field(default_factory=dict)


def read_source_row(request: RowRequest, announce: Callable[[str], None]) -> Iterator[RowAnswer]:
    """The one answer of a look-up."""
    objects, key = LocalObjects(Path(request.root)), base64.b64decode(request.data_key)
    try:
        head, row = read_row(objects, request.object_key, key, request.line)
    except (FileNotFoundError, CannotOpen):
        yield RowAnswer(is_gone=True)
        return
    if row is None:
        yield RowAnswer()
        return
    FileWatch(announce, marker=request.marker).begin(head.file)
    kind = source_named(request.source).kind(head.kind)
    context = Context(ZoneInfo(request.timezone), request.country, date.fromisoformat(request.today), head.dates)
    parsed = parse_row(kind, row.cells, context, frozenset(head.columns))
    evidence = None
    if (asked := request.record) is not None:
        others = _others(read_part(objects, request.object_key, key)[1])
        evidence = _evidence(asked, request.source, kind, row.cells, head.columns, context, others)
    yield RowAnswer(
        False,
        True,
        head.kind,
        head.file,
        head.file_number,
        head.columns,
        head.dates.value,
        dict(row.cells),
        row.codes,
        parsed.source_id,
        tuple(parsed.problems),
        None if evidence is None else {name: tuple(sorted(fed)) for name, fed in evidence.feeds.items()},
        {} if evidence is None else dict(evidence.borrowed),
        {} if evidence is None else dict(evidence.instants),
    )


def _others(rows: Iterable[PartRow]) -> dict[str, tuple[str, ...]]:
    """What the first rows of a part have in each column: a few values that differ."""
    found: dict[str, dict[str, None]] = {}
    for row in islice(rows, OTHER_ROWS):
        for name, cell in row.cells.items():
            if len(cell) <= OTHER_SIGNS and len(values := found.setdefault(name, {})) < OTHER_VALUES:
                values[cell] = None
    return {name: tuple(values) for name, values in found.items()}


def _evidence(
    asked: RecordAsked,
    source_name: str,
    kind: Kind[Any],
    cells: Mapping[str, str],
    columns: Sequence[str],
    context: Context,
    others: Mapping[str, tuple[str, ...]],
) -> Evidence | None:
    facts: Mapping[str, Any] = json.loads(asked.facts)
    plan = settled(Plan.model_validate_json(asked.plan), facts)
    ids = Ids(asked.workspace_id, source_name)
    lookups = lookups_of(datetime.fromisoformat(asked.moment), plan, ids, facts, {})
    address = (asked.table, asked.source_kind, asked.source_id)
    source = source_named(source_name)
    for lost in dict.fromkeys((_lost(kind, asked.codes), frozenset[str]())):
        tried = Experiment(source, kind, cells, frozenset(columns), context, lookups, others, lost)
        evidence = tried.evidence(*address)
        if evidence is not None:
            return evidence
    return None


def _lost(kind: Kind[Any], codes: tuple[str, ...]) -> frozenset[str]:
    """References whose own problem was reported. One member's problem does not lose the other members of a row."""
    shared = kind.sharing.by if kind.sharing is not None else None
    return frozenset(p.name for p in kind.columns if p.column.orphan in codes and p.name != shared)
