"""Joins: the rows of other lines and files that have a part in a row's records, and how mapping uses each of them.

    medical_alerts.csv  patient_id = 11   LISTED    the client's alert names it
    attendees.csv       booking_id = 77   MEMBER    it decides whether the client arrived
    practitioners.csv   user_id = 5       COUNTED   it gives the user another role

A trial finds such rows by its index. A join describes them by the column that holds the row's id, so that a page that
shows one record can find them in the parts of an export.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from app.mapping.columns import Link, RowColumn
from app.mapping.context import Context
from app.mapping.kind import Kind, Source
from app.mapping.parse import Parsed, parse_row


class JoinRole(StrEnum):
    """How mapping uses a joined row."""

    LISTED = "listed"  # looked up in a list: a client's alerts, a price, the name of a concession
    MEMBER = "member"  # about a person for whom the row has a record
    COURSE = "course"  # gives a member the course of treatment whose list names the member
    COUNTED = "counted"  # only counted, because it refers to the row
    UNITED = "united"  # its hours are united with the hours of the row
    DEFINED = "defined"  # defines a further option of the same question
    MERGED = "merged"  # was merged into the row; what refers to it belongs to the row
    TARGET = "target"  # the row refers to it, and takes a value from it


class Join(NamedTuple):
    """Rows of `kind` whose attribute `column` (the key, or a link) holds one of `ids`.

    `key`: the id under which mapping looks the rows up in a list.
    """

    role: JoinRole
    kind: str
    column: str
    ids: frozenset[str]
    key: str = ""

    def finds(self, row: Any) -> bool:
        """Whether a parsed row of the kind holds one of the ids."""
        return not self.ids.isdisjoint(ids_in(row, self.column))


@dataclass(frozen=True)
class JoinedRow:
    """A row that a join leads to.

    * `cells`, `columns`: those of its part, by attribute; `place`: the part number and the line.
    * `others`: by attribute, contents of the same column in other rows.
    """

    join: Join
    kind: Kind[Any]
    cells: Mapping[str, str]
    columns: Collection[str]
    context: Context
    place: tuple[int, int]
    others: Mapping[str, Collection[str]] = field(default_factory=dict)

    def parsed(self, cells: Mapping[str, str] | None = None) -> Parsed[Any]:
        """The parsed row, with its own cells or with `cells` in their place."""
        filled = {name: cell for name, cell in (self.cells if cells is None else cells).items() if cell}
        return parse_row(self.kind, filled, self.context, self.columns)


def ids_in(row: Any, column: str) -> tuple[str, ...]:
    """The ids in an attribute of a parsed row: of a link, or the text itself. Empty for any other value."""
    value = getattr(row, column, None)
    if isinstance(value, Link):
        return value.ids
    return (value,) if isinstance(value, str) and value else ()


def key_column(kind: Kind[Any]) -> str:
    """The attribute of the kind's own id; "" if there is none."""
    return next((placed.name for placed in kind.columns if placed.column.is_key), "")


def kinds_that_join(source: Source, kind: Kind[Any]) -> frozenset[str]:
    """The names of the kinds whose rows may have a part in a row of this kind."""
    linked = {placed.column.links_to for placed in _links(kind)}
    names = {
        other.name
        for other in source.kinds
        if other.short_list.is_listed or (other.name in linked and other.names.name_of)
    }
    joiners = [other for other in source.kinds if _member_link(other, kind) is not None]
    for joiner in joiners:
        names.add(joiner.name)
        names |= {course.name for course, _ in _courses(source, joiner)}
    names |= {other for other, _ in kind.references.counted_referrers}
    if kind.schedule.spans_of is not None or kind.identity.is_multi_row:
        names.add(kind.name)
    people = [kind, *(source.kind(str(link.column.links_to)) for link in _people_links(joiners))]
    names |= {person.name for person in people if person.merging.survivor}
    return frozenset(names)


def joins_of(
    source: Source, kind: Kind[Any], row: Any, source_id: str, lookups: Iterable[tuple[str, str]]
) -> Iterator[Join]:
    """The joins of a parsed row.

    `lookups` are pairs of list name and key: what mapping looks up for the row in `Lookups.lists`.
    """
    own = frozenset([source_id])
    for name, key in lookups:
        listed = source.kind(name)
        yield Join(JoinRole.LISTED, name, listed.short_list.lookup_link or key_column(listed), frozenset([key]), key)
    for other in source.kinds:
        if (link := _member_link(other, kind)) is not None:
            yield Join(JoinRole.MEMBER, other.name, link, own, source_id)
    for name, column in kind.references.counted_referrers:
        yield Join(JoinRole.COUNTED, name, column, own, source_id)
    if kind.schedule.spans_of is not None:
        required = next(placed.name for placed in _links(kind) if placed.column.required)
        yield Join(JoinRole.UNITED, kind.name, required, frozenset(ids_in(row, required)))
    if kind.identity.is_multi_row:
        key = key_column(kind)
        yield Join(JoinRole.DEFINED, kind.name, key, frozenset(ids_in(row, key)))


def courses_of(source: Source, joiner: Kind[Any], ids: Iterable[str]) -> Iterator[Join]:
    """The joins to the courses of treatment that list rows of a joining kind. `ids` are the ids of those rows."""
    for course, column in _courses(source, joiner):
        yield Join(JoinRole.COURSE, course.name, column, frozenset(ids))


def course_link(joiner: Kind[Any], course: Kind[Any]) -> str | None:
    """The attribute by which rows of a joining kind refer to a course of treatment; None if there is none."""
    return next((placed.name for placed in _links(joiner) if placed.column.links_to == course.name), None)


def merged_into(kind: Kind[Any], ids: Iterable[str]) -> Join | None:
    """The join to the rows that were merged into the rows of `ids`; None for a kind whose rows are never merged."""
    return Join(JoinRole.MERGED, kind.name, kind.merging.survivor, frozenset(ids)) if kind.merging.survivor else None


def joined_kind(joiner: Kind[Any], source: Source) -> Kind[Any] | None:
    """The kind whose rows the rows of a joining kind add to; None for any other kind."""
    return next((kind for kind in source.kinds if _member_link(joiner, kind) is not None), None)


def people_of(source: Source, joiner: Kind[Any]) -> Kind[Any]:
    """The kind of the people whom the rows of a joining kind are about."""
    (link,) = _people_links([joiner])
    return source.kind(str(link.column.links_to))


def _links(kind: Kind[Any]) -> list[RowColumn]:
    return [placed for placed in kind.columns if placed.column.links_to]


def _member_link(other: Kind[Any], kind: Kind[Any]) -> str | None:
    """The attribute by which rows of `other` refer to the row whose members they are about; None if there is none."""
    if other.joining is None:
        return None
    to = other.joining.row_link
    return next((p.name for p in _links(other) if p.name == to and p.column.links_to == kind.name), None)


def _people_links(joiners: Iterable[Kind[Any]]) -> list[RowColumn]:
    return [
        placed
        for joiner in joiners
        for placed in _links(joiner)
        if joiner.joining and placed.name == joiner.joining.owner_link
    ]


def _courses(source: Source, joiner: Kind[Any]) -> list[tuple[Kind[Any], str]]:
    """Pairs of a kind whose rows list rows of a joining kind that may refer back, and the attribute of the list."""
    return [
        (other, placed.name)
        for other in source.kinds
        for placed in _links(other)
        if placed.column.links_to == joiner.name and course_link(joiner, other) is not None
    ]
