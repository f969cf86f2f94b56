"""A row of an export in the index: its identity, its times and its references. The entry holds no other cell."""

from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple

from app.mapping.columns import Column, Link
from app.mapping.kind import Kind
from app.mapping.rows import Outcome
from app.mapping.traits import Mention


class IndexLink(NamedTuple):
    """A reference to rows of `kind`, by ids or, without ids, by name.

    `field` is the attribute of the row that holds the reference. `orphan` is the problem code of a reference without a
    target, `several` of a name that several rows have. `required`: the row cannot move without the target. `merge`
    marks the link of a merged row to its survivor. `follows`: the row is left out with its target although the
    reference is not required. `called` is the name that the row gives for the target of its id.
    """

    field: str
    kind: str
    ids: tuple[str, ...] = ()
    name: str | None = None
    required: bool = False
    orphan: str | None = None
    several: str | None = None
    merge: bool = False
    follows: bool = False
    called: str | None = None


class IndexEntry(NamedTuple):  # one for every row: a tuple is made in half the time of a dataclass
    """A row in the index.

    `name` and `alias` (a user's e-mail) are kept as text, because other rows and the clinic refer to them; a file has a
    name as well, because two names may become equal. `twin` and `namesake` are kept as hashes, to find likely
    duplicates. `archived` is true of inactive rows as well.
    `attended` is None where the row does not tell. `yields`: another row with the same id counts before this row.
    `codes` are the problem codes that reading reported for the row. `blocked` is the outcome and the problem code of a
    row that cannot move, whatever the other rows contain. `spans` are pairs of start and end in minutes of the week.
    `target_values` are pairs of a reference's field and a value that the row gives for its target; the index keeps the
    hash of the value.
    """

    line: int
    source_id: str | None
    updated_at: datetime | None = None
    created_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    deleted: bool = False
    archived: bool = False
    merged: bool = False
    cancelled: bool = False
    shared: bool = False
    aside: bool = False
    attended: bool | None = None
    yields: bool = False
    zone_assumed: bool = False
    name: str | None = None
    alias: str | None = None
    twin: str | None = None
    namesake: str | None = None
    links: tuple[IndexLink, ...] = ()
    mentions: tuple[Mention, ...] = ()
    codes: tuple[str, ...] = ()
    blocked: tuple[Outcome, str] | None = None
    spans: tuple[tuple[int, int], ...] = ()
    target_values: tuple[tuple[str, str], ...] = ()


def entry_of(
    kind: Kind[Any],
    line: int,
    source_id: str | None,
    row: Any,
    *,
    codes: tuple[str, ...] = (),
    blocked: tuple[Outcome, str] | None = None,
    zone_assumed: bool = False,
) -> IndexEntry:
    """The entry of a parsed row. Times have the same names in every kind: `updated_at`, `deleted_at`, ..."""
    return IndexEntry(
        line=line,
        source_id=source_id,
        updated_at=_moment(row, "updated_at"),
        created_at=_moment(row, "created_at"),
        starts_at=_moment(row, "starts_at"),
        ends_at=_moment(row, "ends_at"),
        deleted=getattr(row, "deleted_at", None) is not None,
        archived=_is_archived(row),
        merged=bool(kind.merging.is_merged(row)) if kind.merging.is_merged else False,
        cancelled=getattr(row, "cancelled_at", None) is not None,
        attended=kind.schedule.attended(row) if kind.schedule.attended else None,
        yields=kind.identity.yields is not None and kind.identity.yields(row),
        zone_assumed=zone_assumed,
        shared=kind.sharing is not None and kind.sharing.is_shared(row),
        aside=kind.joining is not None or (kind.sharing is not None and kind.sharing.is_unreferenced(row)),
        name=kind.names.name_of(row) if kind.names.name_of else None,
        alias=kind.names.alias_of(row) if kind.names.alias_of else None,
        twin=kind.identity.duplicate_key_of(row) if kind.identity.duplicate_key_of else None,
        namesake=kind.names.namesake_key_of(row) if kind.names.namesake_key_of else None,
        links=links_of(kind, row),
        mentions=kind.naming.mentions(row),
        codes=codes,
        blocked=blocked,
        spans=kind.schedule.spans_of(row) if kind.schedule.spans_of else (),
        target_values=tuple(kind.identity.target_values(row)) if kind.identity.target_values else (),
    )


def links_of(kind: Kind[Any], row: Any) -> tuple[IndexLink, ...]:
    """The references of a parsed row. Columns that fill the same attribute (an id and a name) give one reference."""
    links: dict[str, IndexLink] = {}
    own = kind.references.column_overrides(row) if kind.references.column_overrides else {}
    for name, usual, target, name_column in _references(kind):
        value = getattr(row, name)
        if name in links or not isinstance(value, Link):
            continue
        column = own.get(name, usual) if own else usual
        if column is None:
            continue
        links[name] = IndexLink(
            field=name,
            kind=target,
            ids=value.ids,
            name=value.name,
            required=column.required,
            orphan=column.orphan_code,
            several=column.ambiguous_code,
            merge=name == kind.merging.survivor,
            follows=column.left_out_with_target,
            called=getattr(row, name_column) if name_column and len(value.ids) == 1 else None,
        )
    for name, value, column in kind.references.extra_links(row) if kind.references.extra_links else ():
        links[name] = IndexLink(
            field=name,
            kind=str(column.links_to),
            ids=value.ids,
            name=value.name,
            required=column.required,
            orphan=column.orphan_code,
            several=column.ambiguous_code,
            follows=column.left_out_with_target,
        )
    return tuple(links.values())


@lru_cache(maxsize=256)
def _references(kind: Kind[Any]) -> tuple[tuple[str, Column, str, str], ...]:
    """The links of a kind: attribute, column, kind of the target, and the attribute with the target's name or ""."""
    name_columns = {p.column.name_for: p.name for p in kind.columns if p.column.name_for}
    return tuple(
        (p.name, p.column, p.column.links_to, name_columns.get(p.name, ""))
        for p in kind.columns
        if p.column.links_to is not None
    )


def _moment(row: Any, attribute: str) -> datetime | None:
    value = getattr(row, attribute, None)
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else None


def _is_archived(row: Any) -> bool:
    return bool(
        getattr(row, "archived_at", None) is not None
        or getattr(row, "archived", None) is True
        or getattr(row, "active", None) is False
    )
