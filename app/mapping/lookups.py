"""What mapping may look up besides the row itself: ids, the plan and the workspace's own objects. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.caspen.record_ids import Ids
from app.mapping.defined import Defined
from app.mapping.plan import Plan


@dataclass(frozen=True, slots=True)
class Lookups:
    """`now` is the moment of the trial, in UTC. `zones` is the time zone of each location, `durations` the minutes of
    each service, both by Caspen id.

    `existing` says which objects of the workspace a name already stands for, by table and normalised name, for
    things that are matched by name (categories, cancellation reasons, referral types). `fields` are the clinic's own
    questions, by their id in the source, `native_fields` those that people made in the workspace: id and type by name.
    `lists` are the rows of kinds that others are looked up in, by kind and id.
    """

    plan: Plan
    ids: Ids
    now: datetime
    zones: Mapping[str, str] = field(default_factory=dict)
    durations: Mapping[str, int] = field(default_factory=dict)
    existing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fields: Mapping[str, Defined] = field(default_factory=dict)
    native_fields: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    lists: Mapping[str, Mapping[str, tuple[Any, ...]]] = field(default_factory=dict)
