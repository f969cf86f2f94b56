"""Faults in the code that reads and maps an export, each put into a process by hand: it is a fork, and dies with it."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any

from app.mapping import moments, note_content
from app.mapping.kind import Kind, Source
from app.mapping.rows import Mapped, Record, Result
from app.reading import cut, grid, read_export, reading_stage
from app.sources import SOURCES

Spoil = Callable[[], None]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def source() -> Source:
    return next(iter(SOURCES.values()))


def put(kinds: tuple[Kind[Any], ...]) -> None:
    """The source with other kinds, in this process."""
    SOURCES[source().name] = replace(source(), kinds=kinds)  # type: ignore[index]  # a dictionary at run time


@dataclass
class Worse:
    """A kind's mapping that spoils one column of one table: it is lost, is another row's, or is off by a little."""

    inner: Any
    table: str
    column: str
    how: str
    before: list[Any] = field(default_factory=list)

    def __call__(self, *given: Any) -> Result:
        result: Result = self.inner(*given)
        if not isinstance(result, Mapped):
            return result
        return replace(result, records=tuple(self._spoiled(record) for record in result.records))

    def _spoiled(self, record: Record) -> Record:
        value = record.values.get(self.column)
        if record.table != self.table or value is None:
            return record
        return replace(record, values={**record.values, self.column: self._worse(value)})

    def _worse(self, value: Any) -> Any:
        if self.how == "another's":
            self.before.append(value)
            return self.before[-2] if len(self.before) > 1 else value
        if isinstance(value, datetime):
            return value + HOUR
        if isinstance(value, date):
            return value + DAY
        if isinstance(value, bool):
            return not value
        if isinstance(value, int | Decimal):
            return value + 1
        return value[: len(value) // 2] or "-" if isinstance(value, str) else type(value)()


def column(kind: str, table: str, name: str, how: str) -> Spoil:
    def spoil() -> None:
        put(
            tuple(
                replace(k, to_records=Worse(k.to_records, table, name, how)) if k.name == kind else k
                for k in source().kinds
            )
        )

    return spoil


def kind_dropped(name: str) -> Spoil:
    return lambda: put(tuple(kind for kind in source().kinds if kind.name != name))


def records_dropped(name: str) -> Spoil:
    """Every third row of a kind becomes nothing, and is called unchanged."""

    def spoil() -> None:
        def thinned(inner: Any) -> Any:
            rows = iter(range(1_000_000))

            def to_records(*given: Any) -> Result:
                result: Result = inner(*given)
                return Mapped(()) if isinstance(result, Mapped) and next(rows) % 3 == 0 else result

            return to_records

        put(tuple(replace(k, to_records=thinned(k.to_records)) if k.name == name else k for k in source().kinds))

    return spoil


def columns_swapped(kind: str, one: int) -> Spoil:
    """Two neighbouring columns change places while a file is cut into parts."""

    def spoil() -> None:
        inner = cut.part_columns

        def swapped(header: Any) -> Any:
            columns, cells = inner(header)
            if header.kind.name != kind:
                return columns, cells
            order = list(range(len(columns)))
            order[one], order[one + 1] = order[one + 1], order[one]
            return columns, lambda row: [cells(row)[n] for n in order]

        cut.part_columns = swapped

    return spoil


def parts_thinned(kind: str) -> Spoil:
    """A row of a kind is counted when its file is surveyed, and lost when it is cut."""

    def spoil() -> None:
        inner = cut.Cutter.cut

        def thinned(self: Any, rows: Iterator[Any], **known: Any) -> None:
            if self._kind.name == kind:
                rows = islice(rows, 1, None)
            inner(self, rows, **known)

        cut.Cutter.cut = thinned  # type: ignore[method-assign]  # this process is a fork

    return spoil


def last_rows_unread() -> None:
    """Hides the last row of every file, from the survey and from cutting."""
    inner = grid.rows_below

    def below(rows: Iterator[Any], line: int) -> Iterator[Any]:
        for row, _ in pairwise(inner(rows, line)):
            yield row

    grid.rows_below = below


def first_rows_unread() -> None:
    inner = grid.rows_below

    def below(rows: Iterator[Any], line: int) -> Iterator[Any]:
        found = inner(rows, line)
        next(found, None)
        yield from found

    grid.rows_below = below


def offsets_shifted(hours: int) -> Spoil:
    def spoil() -> None:
        class Off(datetime):
            @classmethod
            def fromisoformat(cls, text: str) -> Any:
                return datetime.fromisoformat(text) + timedelta(hours=hours)

        vars(moments)["datetime"] = Off

    return spoil


def section_lost(which: int) -> Spoil:
    """A section of every note and form is lost while its content is read."""

    def spoil() -> None:
        inner = note_content.read_content

        def read(text: str) -> Any:
            found = inner(text)
            sections = list(found.sections)
            del sections[which]
            return replace(found, sections=tuple(sections))

        vars(note_content)["read_content"] = read

    return spoil


def answer_lost(which: int) -> Spoil:
    def spoil() -> None:
        inner = note_content.read_content

        def read(text: str) -> Any:
            found = inner(text)
            sections = list(found.sections)
            sections[which] = replace(sections[which], questions=sections[which].questions[1:])
            return replace(found, sections=tuple(sections))

        vars(note_content)["read_content"] = read

    return spoil


def attachment_unseen() -> None:
    """The first of clients' own files is passed over."""
    inner = read_export.store_attachments
    vars(reading_stage)["store_attachments"] = lambda found, reading: inner(
        replace(found, attached=tuple(found.attached)[1:]), reading
    )


def attachments_cut() -> None:
    """The last byte of every client's file is lost on its way into storage."""
    inner = vars(read_export)["store_attachment"]

    def shorter(entry: Any, *into: Any) -> Any:
        with entry.open() as stream:
            body = stream.read()
        return inner(replace(entry, open=lambda: io.BytesIO(body[:-1])), *into)

    vars(read_export)["store_attachment"] = shorter
