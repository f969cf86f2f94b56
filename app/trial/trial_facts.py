"""What the facts of a trial's first step mean for mapping: the settled plan, and the look-ups.

Knows no ledger, so that a limited process can map a row as the trial did.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.caspen.record_ids import Ids
from app.mapping.defined import Defined
from app.mapping.lookups import Lookups
from app.mapping.plan import Choice, Plan


def lookups_of(
    moment: datetime,
    plan: Plan,
    ids: Ids,
    facts: Mapping[str, Any],
    lists: Mapping[str, Mapping[str, tuple[Any, ...]]],
) -> Lookups:
    """The look-ups of a trial that started at `moment`. `facts` is the result of the trial's first step."""
    return Lookups(
        plan=plan,
        ids=ids,
        now=moment,
        zones=facts.get("zones", {}),
        durations=facts.get("durations", {}),
        existing=facts.get("existing", {}),
        fields={key: Defined.from_json(field) for key, field in facts.get("fields", {}).items()},
        lists=lists,
        native_fields={name: (pair[0], pair[1]) for name, pair in facts.get("native_fields", {}).items()},
    )


def settled(plan: Plan, facts: Mapping[str, Any]) -> Plan:
    """A trial's plan with the clients and fields that were matched automatically when the trial began.

    A client who waits for a decision waits although the plan has a choice; other choices of the plan count.
    """
    known = {
        name: {key: Choice.model_validate(choice_json) for key, choice_json in facts.get(name, {}).items()}
        for name in ("known_clients", "known_fields")
    }
    waiting = {source_id for source_id, choice in known["known_clients"].items() if choice.to == "wait"}
    chosen = {source_id: choice for source_id, choice in plan.clients.items() if source_id not in waiting}
    clients, fields = {**known["known_clients"], **chosen}, {**plan.fields, **known["known_fields"]}
    return plan.model_copy(update={"clients": clients, "fields": fields})
