"""A part of a client's page with an address of its own: what of the client it lists, and how a line of it is drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.caspen.stores import Store
from app.records.field import Field
from app.records.kind import RecordKind
from app.records.names import Names
from app.records.query import PAGE, counts, find
from app.records.reader import Reader

LONGEST = 64 * 1024  # what is longer than this together has a page of its own
Tag = tuple[str, str]  # words, and who must act: "", "needs", "stop" or "done"


def no_tags(record: Any, /) -> tuple[Tag, ...]:
    return ()


def no_band(record: Any, now: datetime, /) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """`name` is the last part of its address and the name of its template in `templates/sections/`.

    `tags` are short words that stand at a line, `band` the words under which lines stand together. `whole`: lines show
    all of their record at once, where it is not too long.
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
    """One record: its fields by label, and its long ones where they are shown here. `closed`: not for this reader."""

    id: str
    title: str
    record: Any
    fields: Mapping[str, Field]
    long: tuple[Field, ...] = ()
    tags: tuple[Tag, ...] = ()
    band: str = ""
    closed: bool = False
    is_long: bool = False

    def of(self, label: str) -> str:
        """The words of one of its fields; nothing where this reader may not see it."""
        return self.fields[label].words if label in self.fields else ""


@dataclass(frozen=True, slots=True)
class SectionPage:
    """One page of a section; `total` counts everything in it."""

    section: Section
    lines: tuple[SectionLine, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Tab:
    """The way to a part of a client's page; `name` is empty for the details."""

    name: str
    label: str
    count: int | None = field(default=None)


def section_page(
    section: Section, store: Store, names: Names, reader: Reader, client_id: str, page: int, now: datetime
) -> SectionPage:
    """A page of what a client has in this section."""
    kind = section.kind
    longest = LONGEST if section.whole else 0
    found = find(store, names.workspace_id, kind, client_id=client_id, page=page, size=section.size, longest=longest)
    names.meet(found.records)
    lines = tuple(
        _line(section, record, names, reader, now, is_short=record.id in found.short) for record in found.records
    )
    return SectionPage(section, lines, found.total, found.page, found.pages)


def tabs(sections: tuple[Section, ...], store: Store, workspace_id: str, client_id: str) -> tuple[Tab, ...]:
    """The details, and every section with its number of records."""
    told = counts(store, workspace_id, client_id, (section.kind for section in sections))
    return (Tab("", "Details"), *(Tab(one.name, one.label, told[one.kind.name]) for one in sections))


def _line(section: Section, record: Any, names: Names, reader: Reader, now: datetime, *, is_short: bool) -> SectionLine:
    kind = section.kind
    hidden = kind.hidden(record, reader)
    shown = {one.label: one for one in kind.fields(record, names) if not hidden.intersection(one.columns)}
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
