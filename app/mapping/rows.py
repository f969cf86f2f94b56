"""The result of mapping one row of an export: records for Caspen, or the reason for none.

These values pass between reading, mapping and loading. They know no file and no database.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from app.json_values import JsonValue
from app.problems import Problem

Value = str | int | bool | Decimal | date | datetime | JsonValue | None


class Outcome(StrEnum):
    """What happened to a row. The counts of all outcomes add up to the number of rows that were read."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    LEFT_OUT = "left_out"
    SKIPPED = "skipped"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Record:
    """One record for Caspen.

    * `table`: the plural name of the object (`clients`).
    * `key`: the id in Caspen is derived from it, within `source_kind`: usually the source id, else a composite such as
      `77:1234567`.
    * `values`: by column; references are Caspen ids.
    * `elsewhere`: another row writes the record. This row adds to it, and is imported only if the other row is. Its
      `values` are only references to records without which it cannot be.
    """

    table: str
    source_kind: str
    key: str
    values: Mapping[str, Value]
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class FormerRecord:
    """A record that a row may have become in an earlier export. Live, and no longer made, it leaves Caspen.

    * `is_replaced`: the row's other records take its place. The row is held when the record has to stay.
    * `is_family`: `key` is the beginning of the keys of several records, such as `77:`.
    * `through`, `to`: for a family, an indexed column of the table and the id that it has in all these records.
    * `but`: for a family, the keys of records that stay.
    * `endings`: for a family, pairs of table and ending: records whose key is that of a record with the ending.
    """

    table: str
    source_kind: str
    key: str
    is_replaced: bool = False
    is_family: bool = False
    through: str = ""
    to: str = ""
    but: tuple[str, ...] = ()
    endings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """What an export has: the attributes with a column in the row's file, and the kinds with a file.

    `merged` are the ids of the rows that were merged into another row, by the id of the row that survived.
    """

    columns: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A row that is imported: its records, or no record if the row is an existing object of the workspace."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class NotMapped:
    """A row that is not imported: left out by the clinic, skipped by a rule, or held for a decision."""

    outcome: Outcome
    problem: Problem | None = None
    problems: tuple[Problem, ...] = ()


Result = Mapped | NotMapped


class Target(NamedTuple):
    """The row that a reference leads to, after merges, matches and choices.

    * `id`: the Caspen id to write; `source_id`: the id in the source, after merges.
    * `name`: the target's name, if the index keeps it; `namesake`: its hash if not (see `name_digest`).
    * `starts_at`: the start of an appointment.
    """

    id: str
    source_id: str
    name: str | None = None
    starts_at: datetime | None = None
    namesake: bytes | None = None


WHOSE = "whose:"
"""Before an attribute in `Joined.extra`: the keys of the members to whom the reference belongs, as a JSON list."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the people for whom a row has a record.

    * `key`: the key of the record; `target`: the person.
    * `place`: part number and line of the row that is about the member; `row`: that row, parsed; `targets`: its
      references by attribute.
    """

    key: str
    target: Target
    place: tuple[int, int] | None = None
    targets: Mapping[str, Target] = field(default_factory=dict)
    row: Any = None


class Joined(NamedTuple):
    """The result of resolving for one row: its references by attribute, and codes to report with the row.

    A missing attribute had no reference, or a reference to no row, which `findings` reports. `extra` has the counts of
    `References.counted_referrers`, and for a shared row, the members to whom a reference belongs.
    """

    targets: Mapping[str, Target] = MappingProxyType({})
    many: Mapping[str, tuple[Target, ...]] = MappingProxyType({})
    extra: Mapping[str, str] = MappingProxyType({})
    findings: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()

    def is_of(self, member: Member, name: str) -> bool | None:
        """Whether a member is the client of the target of a shared row's reference; None if that was not resolved."""
        keys = self.extra.get(f"{WHOSE}{name}")
        return None if keys is None else member.key in json.loads(keys)


NOTHING = Joined()
"""For a row without references."""
