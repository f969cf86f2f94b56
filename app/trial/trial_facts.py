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
from app.mapping.trial_json import TrialFacts


def lookups_of(
    moment: datetime,
    plan: Plan,
    ids: Ids,
    facts: TrialFacts,
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
        refused_kinds=frozenset(facts.get("refused_kinds", ())),
        lists=lists,
        native_fields={name: (pair[0], pair[1]) for name, pair in facts.get("native_fields", {}).items()},
    )


def settled(plan: Plan, facts: TrialFacts) -> Plan:
    """A trial's plan with the clients and fields that were matched automatically when the trial began.

    A client who waits for a decision waits although the plan has a choice; other choices of the plan count.
    """
    known_clients, known_fields = _choices(facts.get("known_clients", {})), _choices(facts.get("known_fields", {}))
    waiting = {source_id for source_id, choice in known_clients.items() if choice.to == "wait"}
    chosen = {source_id: choice for source_id, choice in plan.clients.items() if source_id not in waiting}
    clients, fields = {**known_clients, **chosen}, {**plan.fields, **known_fields}
    return plan.model_copy(update={"clients": clients, "fields": fields})


def _choices(by_id: Mapping[str, Mapping[str, str]]) -> dict[str, Choice]:
    return {source_id: Choice.model_validate(choice_json) for source_id, choice_json in by_id.items()}
