"""A section of a client's page with its own address: which records it lists, and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.caspen.stores import Store
from app.records.field import RecordField
from app.records.names_of_ids import RecordNames
from app.records.query import PAGE, counts, find
from app.records.reader_rights import Reader
from app.records.record_kind import RecordKind

LONGEST = 64 * 1024  # longer records have a page of their own
Tag = tuple[str, str]  # text, and who must act: "", "needs", "stop" or "done"


def no_tags(record: Any, /) -> tuple[Tag, ...]:
    return ()


def no_band(record: Any, now: datetime, /) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class ClientSection:
    """A section. `name` is the last part of its address and the name of its template in `templates/sections/`.

    `tags` are short labels of a line, `band` the heading above lines. `whole`: lines show the whole record, if it is
    short enough.
    """

    name: str
    label: str
    kind: RecordKind
    empty: str
    size: int = PAGE
    whole: bool = False
    tags: Callable[[Any], tuple[Tag, ...]] = no_tags
    band: Callable[[Any, datetime], str] = no_band


@dataclass(frozen=True, slots=True)
class SectionLine:
    """A record: its fields by label, and its long fields if shown. `closed`: the reader may not see it."""

    id: str
    title: str
    record: Any
    fields: Mapping[str, RecordField]
    long: tuple[RecordField, ...] = ()
    tags: tuple[Tag, ...] = ()
    band: str = ""
    closed: bool = False
    is_long: bool = False

    def of(self, label: str) -> str:
        """The text of a field. "" if this reader may not see it."""
        return self.fields[label].words if label in self.fields else ""


@dataclass(frozen=True, slots=True)
class SectionPage:
    """A page of a section. `total` counts all records."""

    section: ClientSection
    lines: tuple[SectionLine, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a client's page. `name` is empty for the details."""

    name: str
    label: str
    count: int | None = field(default=None)


def section_page(
    section: ClientSection, store: Store, names: RecordNames, reader: Reader, client_id: str, page: int, now: datetime
) -> SectionPage:
    """A page of the client's records in this section."""
    kind = section.kind
    longest = LONGEST if section.whole else 0
    records_page = find(
        store, names.workspace_id, kind, client_id=client_id, page=page, size=section.size, longest=longest
    )
    names.meet(records_page.records)
    lines = tuple(
        _line(section, record, names, reader, now, is_short=record.id in records_page.short)
        for record in records_page.records
    )
    return SectionPage(section, lines, records_page.total, records_page.page, records_page.pages)


def tabs(sections: tuple[ClientSection, ...], store: Store, workspace_id: str, client_id: str) -> tuple[Tab, ...]:
    """The details, and every section with its number of records."""
    numbers = counts(store, workspace_id, client_id, (section.kind for section in sections))
    return (Tab("", "Details"), *(Tab(section.name, section.label, numbers[section.kind.name]) for section in sections))


def _line(
    section: ClientSection, record: Any, names: RecordNames, reader: Reader, now: datetime, *, is_short: bool
) -> SectionLine:
    kind = section.kind
    hidden = kind.hidden(record, reader)
    shown = {each.label: each for each in kind.fields(record, names) if not hidden.intersection(each.columns)}
    closed = bool(hidden)
    return SectionLine(
        record.id,
        kind.title(record, names),
        record,
        shown,
        tuple(kind.long(record, names)) if is_short and not closed else (),
        section.tags(record),
        section.band(record, now),
        closed,
        section.whole and not is_short and not closed,
    )
