"""Everything that mapping may look up besides the row itself, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.caspen.record_ids import Ids
from app.mapping.context import Context
from app.mapping.defined import Defined
from app.mapping.plan import Plan
from app.mapping.time_zones import zone


@dataclass(frozen=True, slots=True)
class Lookups:
    """Data that mapping a row may use. Ids are Caspen ids unless said otherwise.

    * `ids`: derives Caspen ids from source ids; `now`: the moment of the trial, in UTC.
    * `zones`: time zone by location; `durations`: minutes by service.
    * `existing`: by table and normalised name, the id of the workspace's own object, for things that are matched by
      name (categories, cancellation reasons, referral types), and of its locations.
    * `fields`: the clinic's custom fields, by their id in the source.
    * `native_fields`: by name, the id and type of custom fields that were made in the workspace.
    * `refused_kinds`: kinds with a file that was refused, so that some of their rows are unknown.
    * `lists`: rows of kinds with `ShortList`, by kind and lookup id.
    """

    plan: Plan
    ids: Ids
    now: datetime
    zones: Mapping[str, str] = field(default_factory=dict)
    durations: Mapping[str, int] = field(default_factory=dict)
    existing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fields: Mapping[str, Defined] = field(default_factory=dict)
    native_fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    refused_kinds: frozenset[str] = frozenset()
    lists: Mapping[str, Mapping[str, tuple[Any, ...]]] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        """How dates inside notes, forms and answers are read: in the clinic's time zone, the day first."""
        return Context(zone(self.plan.timezone), self.plan.country, self.now.date())
