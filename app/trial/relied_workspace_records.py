"""Records of the workspace that a trial needs: noted while the trial is made, checked before it goes live.

The review checks when it is opened, and the promotion checks again in its own transaction.
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from app.caspen.relied_records import ActsSoFar, ChangedTargets, Ids, Relied, check_relied, present
from app.formatting import day_year, plural
from app.mapping.kind_roles import KindRole
from app.mapping.plan import Plan
from app.migration.ledger_json import ActsJson
from app.migration.models import AuditEntry, Migration, Trial, Work
from app.migration.states import Event, State
from app.problems import Problem
from app.worker.leases import DONE
from app.worker.runtime import Runtime

ASKED = (State.REVIEWING, State.CHANGES_REQUESTED, State.FINALISING_FAILED)
"""The states in which pages check whether a trial can go live. While it goes live, the promotion checks."""
_TABLES = {"fields": "custom_fields"}
_CHOICES = ("locations", "users", "practitioners", "services", "clients", "fields")


def matched(runtime: Runtime, workspace_id: str, plan: Plan) -> dict[str, list[str]]:
    """By table, the ids of existing workspace records that a plan matches with rows of the export."""
    chosen = {
        _TABLES.get(name, name): frozenset(
            choice.id for choice in getattr(plan, name).values() if choice.to == "match" and choice.id
        )
        for name in _CHOICES
    }
    return to_json(present(runtime.caspen, workspace_id, chosen))


def role_of_table(table: str) -> KindRole:
    """The role of the rows that are matched with records of a table."""
    return KindRole(next((name for name, other in _TABLES.items() if other == table), table))


def to_json(named: Ids) -> dict[str, list[str]]:
    """Ids by table as JSON, sorted, without empty tables."""
    return {table: sorted(ids) for table, ids in named.items() if ids}


def acts_to_json(acts: ActsSoFar) -> ActsJson:
    """The acts of people in a workspace as JSON."""
    return {"undone": sorted(acts.undone), "entries": acts.entries}


def relied_of(session: Session, migration: Migration, trial: Trial) -> Relied:
    """The records that the steps of a trial noted. Raises KeyError, TypeError or ValueError for another shape."""
    query = select(Work.result).where(
        Work.migration_id == migration.id,
        Work.run == f"trial:{trial.number}",
        col(Work.phase).in_(("open", "made")),
        Work.state == DONE,
    )
    acts, named, stand_for_rows = None, dict[str, frozenset[str]](), dict[str, frozenset[str]]()
    for result in session.exec(query):
        if "seen" in result:
            acts = ActsSoFar(frozenset(result["seen"]["undone"]), int(result["seen"]["entries"]))
        for part, noted in (("matched", stand_for_rows), ("by_name", named)):
            for table, ids in _ids(result.get(part, {})).items():
                noted[table] = noted.get(table, frozenset()) | ids
    for table, ids in stand_for_rows.items():
        named[table] = named.get(table, frozenset()) | ids
    return Relied(acts, named, stand_for_rows)


def _ids(by_table: Mapping[str, list[str]]) -> Ids:
    return {table: frozenset(ids) for table, ids in by_table.items()}


def changes_of(runtime: Runtime, migration: Migration, trial: Trial, *, thorough: bool) -> ChangedTargets:
    """The changes since then to records that a trial needs; none for a trial that does not wait for its approval."""
    if migration.state not in ASKED or trial.finished_at is None or trial.dropped_at is not None:
        return ChangedTargets()
    with runtime.ledger.read() as session:
        relied = relied_of(session, migration, trial)
    store = runtime.caspen.trial(migration.id, trial.number)
    return check_relied(runtime.caspen, store, migration.workspace_id, relied, thorough=thorough)


def outdated(session: Session, trial: Trial, changed: ChangedTargets) -> Problem:
    """The problem `trial_outdated` with the changes in words. Days are in the clinic's time zone."""
    zone = ZoneInfo(Plan.model_validate(trial.plan).timezone)
    changes = []
    for migration_id in changed.undone:
        entry = session.exec(
            select(AuditEntry)
            .where(AuditEntry.migration_id == migration_id, AuditEntry.act == Event.UNDO.value)
            .order_by(col(AuditEntry.id).desc())
        ).first()
        move = session.get(Migration, migration_id)
        went = (
            f" that went live on {day_year(move.finalised_at.astimezone(zone))}" if move and move.finalised_at else ""
        )
        on = f" on {day_year(entry.at.astimezone(zone))}" if entry else ""
        changes.append(f"The move{went} was taken back{on}")
    if changed.deleted:
        verb = "was" if changed.deleted == 1 else "were"
        changes.append(f"{plural(changed.deleted, 'record')} to which this trial leads {verb} deleted in Caspen")
    if changed.missing:
        verb = "is" if changed.missing == 1 else "are"
        changes.append(f"{plural(changed.missing, 'link')} of this trial {verb} to a record that Caspen has no longer")
    return Problem("trial_outdated", details={"what": ". ".join(changes)})
