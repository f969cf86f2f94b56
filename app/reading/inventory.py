"""What an export holds before anything is imported: counts per kind, first and last dates, and who appears in it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self, TypedDict, cast

from app.index.store import Index
from app.index.use_counts import REPORTED, ReferredThing, references
from app.mapping.defined import Defined
from app.mapping.kind import Source
from app.mapping.kind_roles import KindRole
from app.migration.ledger_json import InventoryJson, KindCountsJson, ReferredJson

LATE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class KindCounts:
    """Counts of a kind: rows, distinct ids, rows with a repeated id, and the first and last moment in UTC."""

    rows: int
    ids: int
    duplicates: int
    first: datetime | None = None
    last: datetime | None = None


class ReportedThing(TypedDict):
    """A location, a practitioner or a service in the command line's JSON, with fields of ReferredThing."""

    id: str
    name: str
    active: bool
    appointments: int
    notes: int


class InventoryReport(TypedDict):
    """The inventory in the command line's JSON: the counts of each kind, and the things of each reported kind."""

    inventory: dict[str, KindCountsJson]
    references: dict[str, list[ReportedThing]]


@dataclass(frozen=True, slots=True)
class Inventory:
    """`references` are businesses, users, practitioners and appointment types by kind, including those that only
    appointments name. `absent` are the imported kinds without a file. `signs` suggest that the export was limited by
    dates: `none_ahead` (no future appointment), `starts_late` (the first appointment is over a year later than the
    first client). `questions` are the clinic's own, by their id in the source."""

    kinds: Mapping[str, KindCounts] = field(default_factory=dict)
    references: Mapping[str, tuple[ReferredThing, ...]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    questions: Mapping[str, Defined] = field(default_factory=dict)

    def to_json(self) -> InventoryJson:
        """Returns the inventory as JSON for the ledger."""
        return {
            "kinds": {kind: _counts_json(counts) for kind, counts in self.kinds.items()},
            "references": {
                kind: [cast(ReferredJson, asdict(reference)) for reference in some]
                for kind, some in self.references.items()
            },
            "absent": list(self.absent),
            "signs": list(self.signs),
            "questions": {token: known.to_json() for token, known in self.questions.items()},
        }

    @classmethod
    def from_json(cls, kept: InventoryJson) -> Self:
        """Restores an inventory from `to_json`."""
        return cls(
            {kind: _counts(counts) for kind, counts in kept["kinds"].items()},
            {
                kind: tuple(ReferredThing(**reference) for reference in some)
                for kind, some in kept["references"].items()
            },
            tuple(kept["absent"]),
            tuple(kept["signs"]),
            {token: Defined.from_json(question) for token, question in kept.get("questions", {}).items()},
        )

    def named(self, source: Source, role: KindRole) -> tuple[ReferredThing, ...]:
        """Returns the references of the kind that plays a role in this source."""
        return self.references.get(source.name_with(role), ())

    def report(self, source: Source) -> InventoryReport:
        """Returns the values of `inventory` and `references` in the command line's JSON."""
        return {
            "inventory": {kind: _counts_json(counts) for kind, counts in self.kinds.items()},
            "references": {
                source.name_with(role): [
                    {"id": o.id, "name": o.name, "active": o.active, "appointments": o.appointments, "notes": o.notes}
                    for o in self.named(source, role)
                ]
                for role in REPORTED
                if source.with_role(role) is not None
            },
        }


def take_inventory(index: Index, source: Source, now: datetime, counted: Mapping[str, int] | None = None) -> Inventory:
    """Counts a sealed index. `now` separates past from future; `counted` are the row counts of kinds that are not
    imported."""
    kinds = {**{kind: KindCounts(rows, 0, 0) for kind, rows in (counted or {}).items()}, **_kind_counts(index)}
    ordered = {kind.name: kinds[kind.name] for kind in source.kinds if kind.name in kinds}
    return Inventory(
        ordered,
        references(index.connection, now),
        tuple(kind.name for kind in source.kinds if kind.is_expected and kind.name not in kinds),
        _date_signs(ordered.get(source.name_with(KindRole.VISIT)), ordered.get(source.name_with(KindRole.CLIENT)), now),
    )


def _kind_counts(index: Index) -> dict[str, KindCounts]:
    db = index.connection
    present = {
        name.removeprefix("present:") for (name,) in db.execute("SELECT name FROM state WHERE name LIKE 'present:%'")
    }
    rows = dict(
        db.execute("SELECT name, SUM(last - first + 1) FROM pieces JOIN kinds ON kinds.id = pieces.kind GROUP BY name")
    )
    ids = {
        name: (number, duplicates)
        for name, number, duplicates in db.execute(
            """SELECT name, COUNT(*), SUM(many - 1) FROM things JOIN kinds ON kinds.id = things.kind
            WHERE things.row > 0 GROUP BY things.kind"""
        )
    }
    times = {
        name: (first, last)
        for name, first, last in db.execute(
            """SELECT kinds.name, MIN(COALESCE(starts_at, created_at)), MAX(COALESCE(starts_at, created_at))
            FROM rows JOIN kinds ON kinds.id = rows.kind WHERE row > 0 GROUP BY kinds.id"""
        )
    }
    return {
        kind: KindCounts(
            rows.get(kind, 0), *ids.get(kind, (0, 0)), *(_moment(t) for t in times.get(kind, (None, None)))
        )
        for kind in present
    }


def _date_signs(visits: KindCounts | None, clients: KindCounts | None, now: datetime) -> tuple[str, ...]:
    if visits is None or visits.first is None or visits.last is None:
        return ()
    signs = []
    if visits.last < now:
        signs.append("none_ahead")
    if clients and clients.first and visits.first - clients.first > LATE:
        signs.append("starts_late")
    return tuple(signs)


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _counts_json(counts: KindCounts) -> KindCountsJson:
    return {
        "rows": counts.rows,
        "ids": counts.ids,
        "duplicates": counts.duplicates,
        "first": _text(counts.first),
        "last": _text(counts.last),
    }


def _counts(kept: KindCountsJson) -> KindCounts:
    first, last = (None if end is None else datetime.fromisoformat(end) for end in (kept["first"], kept["last"]))
    return KindCounts(kept["rows"], kept["ids"], kept["duplicates"], first, last)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
