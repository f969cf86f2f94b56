"""What mapping makes of one row of an export: records for Caspen, or a reason why there are none.

These are the values that pass between reading, mapping and loading; none of them knows a file or a database.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from app.problems import Problem

Json = Any  # a JSON value: the canonical encoder in app/caspen/digests.py refuses anything else
Value = str | int | bool | Decimal | date | datetime | Json | None


class Outcome(StrEnum):
    """What became of a row. Together they add up to the rows that were read."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    LEFT_OUT = "left_out"
    SKIPPED = "skipped"
    HELD = "held"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Record:
    """One thing as Caspen gets it.

    `table` is the plural name of the object (`clients`); `key` is what its id is derived from, in `source_kind`
    (usually the source id, else a composite such as `77:1234567`); `values` are its columns, ids already settled.
    `elsewhere`: another row writes it; this one adds to it, and shares its fate.
    """

    table: str
    source_kind: str
    key: str
    values: Mapping[str, Value]
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Mapped:
    """A row that moves, as one record or several; none for a row that is an existing object of the workspace."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class NotMapped:
    """A row that does not move, and why: left out by the clinic, skipped by a rule, or held for a decision."""

    outcome: Outcome
    problem: Problem | None = None
    problems: tuple[Problem, ...] = ()


Result = Mapped | NotMapped


class Target(NamedTuple):
    """What a reference of a row leads to, after merges, matches and choices.

    `id` is the Caspen id to write. `source_id` is the survivor's id in the source. `times` are the target's own times
    that the index keeps (an appointment's start), `name` its name where the index keeps one, `namesake` a digest of it
    where it does not (see `name_digest`).
    """

    id: str
    source_id: str
    name: str | None = None
    starts_at: datetime | None = None
    namesake: bytes | None = None


WHOSE = "whose:"
"""Before a reference's name in `Joined.extra`: the keys of the members whose it is, as a list of JSON."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of those for whom a row has a record: `target` is who, `key` the record's.

    `place` is the part and line of the row that tells more of it, `row` that row once it is read, `targets` what that
    row refers to.
    """

    key: str
    target: Target
    place: tuple[int, int] | None = None
    targets: Mapping[str, Target] = field(default_factory=dict)
    row: Any = None


class Joined(NamedTuple):
    """What resolving learned for one row: its references by field name, and findings to be told with it.

    A field that is absent had no reference, or one that led nowhere (the finding says so). `findings` are codes;
    `extra` holds the counts of `References.counted_back`, and of whom a shared row's reference is.
    """

    targets: Mapping[str, Target] = MappingProxyType({})
    many: Mapping[str, tuple[Target, ...]] = MappingProxyType({})
    extra: Mapping[str, str] = MappingProxyType({})
    findings: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()

    def is_of(self, member: Member, name: str) -> bool | None:
        """Whether a member is the client of what a reference of the shared row leads to; None where nobody looked."""
        keys = self.extra.get(f"{WHOSE}{name}")
        return None if keys is None else member.key in json.loads(keys)


NOTHING = Joined()
"""Of a row that refers to nothing."""
