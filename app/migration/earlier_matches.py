"""The matches with which earlier moves of a clinic went live: by role, the choices by source id."""

from collections.abc import Mapping

from sqlmodel import Session, col, select

from app.mapping.kind_roles import MATCHED, KindRole
from app.mapping.plan import Choice, Plan
from app.migration.models import Migration, Trial
from app.migration.states import State

EarlierMatches = Mapping[KindRole, Mapping[str, Choice]]


def earlier_matches(session: Session, migration: Migration) -> EarlierMatches:
    """The matches of the other live moves of this workspace and source. The latest move decides on an id."""
    matches: dict[KindRole, dict[str, Choice]] = {role: {} for role in MATCHED}
    live = (
        select(Migration)
        .where(
            Migration.workspace_id == migration.workspace_id,
            Migration.source == migration.source,
            Migration.id != migration.id,
            Migration.state == State.FINALISED.value,
        )
        .order_by(col(Migration.finalised_at))
    )
    for move in session.exec(live).all():
        trial = session.get(Trial, (move.id, int(move.report.get("trial", move.trial_number))))
        plan = Plan.model_validate(trial.plan) if trial is not None else Plan()
        for role, by_id in matches.items():
            chosen: Mapping[str, Choice] = getattr(plan, role)
            by_id.update({id_: choice for id_, choice in chosen.items() if choice.to == "match"})
    return matches
