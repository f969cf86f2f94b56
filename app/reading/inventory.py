"""What an export holds, before anything is imported: how much of everything, from when to when, and who is in it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from app.index.referred import REPORTED, Reference, references
from app.index.store import Index
from app.mapping.defined import Defined
from app.mapping.kind import Source

LATE = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind: its rows, its different ids, the rows beyond them, and the first and last moment that it tells of."""

    rows: int
    ids: int
    duplicates: int
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """`references` are businesses, users, practitioners and appointment types by kind, those that are only named in
    appointments among them. `absent` are the kinds that move and have no file. `signs` say that the export may have
    been cut off by dates: `none_ahead` (no appointment lies ahead), `starts_late` (the first appointment is more than
    a year later than the first client). `questions` are the clinic's own, by their id in the source.
    """

    kinds: Mapping[str, Holding] = field(default_factory=dict)
    references: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    questions: Mapping[str, Defined] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Everything, for keeping."""
        return {
            "kinds": {kind: _holding_json(holding) for kind, holding in self.kinds.items()},
            "references": {kind: [asdict(one) for one in some] for kind, some in self.references.items()},
            "absent": list(self.absent),
            "signs": list(self.signs),
            "questions": {token: known.to_json() for token, known in self.questions.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        return cls(
            {kind: _holding(one) for kind, one in kept["kinds"].items()},
            {kind: tuple(Reference(**one) for one in some) for kind, some in kept["references"].items()},
            tuple(kept["absent"]),
            tuple(kept["signs"]),
            {token: Defined.from_json(told) for token, told in kept.get("questions", {}).items()},
        )

    def report(self) -> dict[str, Any]:
        """What the command line says of it: the values of `inventory` and of `references`."""
        return {
            "inventory": {kind: _holding_json(holding) for kind, holding in self.kinds.items()},
            "references": {
                kind: [
                    {"id": o.id, "name": o.name, "active": o.active, "appointments": o.appointments, "notes": o.notes}
                    for o in self.references.get(kind, ())
                ]
                for kind in REPORTED
            },
        }


def take_inventory(index: Index, source: Source, now: datetime, counted: Mapping[str, int] | None = None) -> Inventory:
    """Counts a sealed index. `now` divides past from future; `counted` are the rows of kinds that do not move."""
    kinds = {**{kind: Holding(rows, 0, 0) for kind, rows in (counted or {}).items()}, **_holdings(index)}
    ordered = {kind.name: kinds[kind.name] for kind in source.kinds if kind.name in kinds}
    return Inventory(
        ordered,
        references(index.connection, now),
        tuple(kind.name for kind in source.kinds if kind.is_expected and kind.name not in kinds),
        _signs(ordered, now),
    )


def _holdings(index: Index) -> dict[str, Holding]:
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
        kind: Holding(rows.get(kind, 0), *ids.get(kind, (0, 0)), *(_moment(t) for t in times.get(kind, (None, None))))
        for kind in present
    }


def _signs(kinds: Mapping[str, Holding], now: datetime) -> tuple[str, ...]:
    visits, clients = kinds.get("appointments"), kinds.get("patients")
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


def _holding_json(holding: Holding) -> dict[str, Any]:
    return {
        "rows": holding.rows,
        "ids": holding.ids,
        "duplicates": holding.duplicates,
        "first": _text(holding.first),
        "last": _text(holding.last),
    }


def _holding(kept: Mapping[str, Any]) -> Holding:
    first, last = (None if kept[end] is None else datetime.fromisoformat(kept[end]) for end in ("first", "last"))
    return Holding(kept["rows"], kept["ids"], kept["duplicates"], first, last)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
