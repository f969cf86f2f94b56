"""The matches with which earlier moves of a clinic went live: by role, the choices by source id."""

from collections.abc import Iterator, Mapping

from sqlmodel import Session, col, select

from app.caspen.live_matches import Match, Matches, load_matches
from app.caspen.stores import Stores
from app.mapping.kind_roles import MATCHED, KindRole
from app.mapping.plan import Choice, Plan
from app.migration.models import Migration, Trial
from app.migration.states import State

EarlierMatches = Mapping[KindRole, Mapping[str, Choice]]


def matches_of(plan: Plan, source: str) -> Matches:
    """The matches of a plan as Caspen stores them. A matched role has the name of the table of its records."""
    by_role: dict[KindRole, dict[str, Choice]] = {role: getattr(plan, role) for role in MATCHED}
    return Matches(
        source,
        tuple(
            Match(role.value, source_id, choice.id, choice.whom)
            for role, chosen in by_role.items()
            for source_id, choice in chosen.items()
            if choice.to == "match" and choice.id is not None
        ),
    )


def earlier_matches(session: Session, caspen: Stores, migration: Migration) -> EarlierMatches:
    """The matches of the other live moves of this workspace and source. The latest move decides on an id.

    Caspen knows them whichever ledger a move is in. A move that went live before Caspen stored matches is known by the
    plan in its own ledger alone, and is older than all others.
    """
    matches: dict[KindRole, dict[str, Choice]] = {role: {} for role in MATCHED}
    stored = load_matches(caspen, migration.workspace_id, migration.source, MATCHED)
    before = _of_ledger(session, migration, {move.migration_id for move in stored})
    for row in (*before, *(row for move in stored if move.migration_id != migration.id for row in move.rows)):
        matches[KindRole(row.table)][row.source_id] = Choice(to="match", id=row.id, whom=row.whom)
    return matches


def _of_ledger(session: Session, migration: Migration, stored: set[str]) -> Iterator[Match]:
    """The matches of live moves of this ledger that are not among `stored`, the oldest move first."""
    live = (
        select(Migration)
        .where(
            Migration.workspace_id == migration.workspace_id,
            Migration.source == migration.source,
            Migration.state == State.FINALISED.value,
            col(Migration.id).not_in({*stored, migration.id}),
        )
        .order_by(col(Migration.finalised_at))
    )
    for move in session.exec(live).all():
        trial = session.get(Trial, (move.id, int(move.report.get("trial", move.trial_number))))
        if trial is not None:
            yield from matches_of(Plan.model_validate(trial.plan), move.source).rows
