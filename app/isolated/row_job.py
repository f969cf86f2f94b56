"""The job `row`: reads one row of a part from storage, parses it, and explains the values of its record."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from app.isolated.evidence import EvidenceAnswer, OwnRow, RecordRequest, evidence_of
from app.isolated.joined_rows import OTHER_ROWS, PartRows, values_in
from app.mapping.context import Context
from app.mapping.parse import parse_row
from app.problems import Problem
from app.reading.file_watch import FileWatch
from app.reading.parts import read_part, read_row
from app.sources import source as source_named
from app.storage import CannotOpen, LocalObjects


@dataclass(frozen=True, slots=True)
class RowRequest:
    """The part's key in storage and the line of the row. `today` is the date in the clinic's time zone, ISO."""

    root: str
    data_key: str = field(repr=False)
    object_key: str
    line: int
    source: str
    timezone: str
    country: str
    today: str
    marker: str
    record: RecordRequest | None = None


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """The row.

    * `is_gone`: the part is no longer in storage; `is_there`: a row begins on the line.
    * `cells`: by column name of the part; `codes`: problems of reading; `problems`: problems of parsing.
    * `evidence`: where the values of the requested record come from; None without a requested record, and if the rows
      do not make the record.
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
    evidence: EvidenceAnswer | None = None


def read_source_row(request: RowRequest, announce: Callable[[str], None]) -> Iterator[RowAnswer]:
    """The one answer of a request."""
    objects, key = LocalObjects(Path(request.root)), base64.b64decode(request.data_key)
    try:
        head, row = read_row(objects, request.object_key, key, request.line)
    except (FileNotFoundError, CannotOpen):
        yield RowAnswer(is_gone=True)
        return
    if row is None:
        yield RowAnswer()
        return
    watch = FileWatch(announce, marker=request.marker)
    watch.begin(head.file)
    source = source_named(request.source)
    kind = source.kind(head.kind)
    context = head.within(Context(ZoneInfo(request.timezone), request.country, date.fromisoformat(request.today)))
    parsed = parse_row(kind, row.cells, context, frozenset(head.columns))
    evidence = None
    if (asked := request.record) is not None:
        _, others = read_part(objects, request.object_key, key)
        place = (asked.part, request.line)
        if kind.filing is not None and asked.source_kind == kind.name and parsed.source_id is not None:
            asked = replace(asked, source_id=parsed.source_id)  # the record may have the key of an earlier export
        own = OwnRow(kind, head.columns, row.cells, place, context, values_in(islice(others, OTHER_ROWS)))
        evidence = evidence_of(asked, own, PartRows(objects, key, source, asked.parts, context, watch))
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
        evidence,
    )
