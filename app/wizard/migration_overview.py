"""Where a clinic stands before its trial: what its workspace has, what its export names, and what it has decided.

Whatever fits for sure is taken as decided, looked up anew each time: a location added in Caspen ticks by itself.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from app import checklist
from app.caspen.workspace_snapshot import WorkspaceSnapshot, load_workspace
from app.checklist.situation import Held, Named, Situation
from app.mapping.plan import Choice, Plan
from app.matching.matches import PLACES, Suggestion, Suggestions, suggest
from app.migration import used_kinds
from app.migration.advance import Guard
from app.migration.exports import current_export, files_of
from app.migration.models import Export, Migration, Waiver
from app.migration.plans import plan_of
from app.migration.states import State
from app.problems import Problem
from app.reading.inventory import Inventory
from app.reading.seal import require_true_reading
from app.web.page_context import Visit
from app.wizard.file_states import told_lines


@dataclass(frozen=True, slots=True)
class Standing:
    """The export's inventory (none before it is read), the suggestions, and the plan with what fits for sure.

    `fresh` are the suggestions as they would be had the clinic decided nothing.
    """

    facts: WorkspaceSnapshot
    export_number: int
    inventory: Inventory | None
    suggestions: Suggestions
    fresh: Suggestions
    plan: Plan


def standing(visit: Visit, within: Session | None = None, export: int | None = None) -> Standing:
    """Looks at workspace, export and plan together; `within` a transaction, as that has them.

    `export` is the number of an earlier export to look at in place of the current one.
    """
    facts = load_workspace(visit.runtime.caspen, visit.move.workspace_id)
    with nullcontext(within) if within is not None else visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
        number = migration.export_number if export is None else export
        inventory = inventory_of(session, migration, number)
    old = plan_of(migration)
    if inventory is None:
        return Standing(facts, number, None, Suggestions(old=old), Suggestions(), old)
    suggestions = suggest(inventory, facts, old, source=visit.source)
    fresh = suggest(inventory, facts, source=visit.source)
    plan = completed(suggestions.old, suggestions, migration.services_way == "bring")
    return Standing(facts, number, inventory, suggestions, fresh, plan)


def inventory_of(session: Session, migration: Migration, number: int | None = None) -> Inventory | None:
    """What the current export holds, or the one with this number. None before it is read.

    Raises LedgerChanged where the export is not what its reading wrote down.
    """
    require_true_reading(session, migration, number)
    wanted = migration.export_number if number is None else number
    export = session.get(Export, (migration.id, wanted)) if wanted else None
    if export is None or not export.inventory:
        return None
    return Inventory.from_json(export.inventory)


def completed(old: Plan, suggestions: Suggestions, bring_services: bool) -> Plan:
    """The clinic's plan with everything that needs no question: sure matches, users, and services to bring."""
    filled: dict[str, dict[str, Choice]] = {}
    for kind, some in suggestions.kinds.items():
        chosen = {one.reference.id: one.choice for one in some if is_settled(kind, one, bring_services)}
        filled[PLACES[kind]] = {**chosen, **getattr(old, PLACES[kind])}
    natures = {
        one.reference.id: one.nature
        for one in suggestions.kinds.get("appointment_types", ())
        if one.nature == "appointment" and one.reference.id in filled["services"]
    }
    return old.model_copy(
        update={
            **filled,
            "service_kinds": {**natures, **old.service_kinds},
            "default_location": old.default_location or suggestions.default_location,
        }
    )


def is_settled(kind: str, one: Suggestion, bring_services: bool) -> bool:
    """Whether nobody need be asked. What nothing hangs on, and what rows only name, is made as it is."""
    if one.choice.to != "create":
        return one.certainty == "sure"
    if kind == "users" or one.certainty == "sure":
        return True
    if kind == "appointment_types" and bring_services:
        return one.certainty == "none"
    idle = one.reference.appointments + one.reference.notes == 0
    return idle and one.certainty == "none" and kind != "businesses"


def situation(visit: Visit, seen: Standing | None = None, within: Session | None = None) -> Situation:
    """What the checklist looks at; from `seen`, where the caller has looked already, and `within` its transaction."""
    here = seen or standing(visit, within)
    with nullcontext(within) if within is not None else visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
        files = files_of(session, migration.id, migration.export_number)
        unread = sum(line.is_unread for line in told_lines(files, plan_of(migration), visit.source, {}))
        held = held_of(current_export(session, migration), migration)
        waived = session.exec(select(Waiver).where(col(Waiver.migration_id) == migration.id)).all()
        absent = used_kinds.absent(session, migration, visit.source) if here.inventory is not None else ()
    types = here.suggestions.kinds.get("appointment_types", ())
    unsure = tuple(
        one.reference.name
        for one in types
        if one.nature == "activity"
        and here.plan.services.get(one.reference.id, one.choice).to == "create"
        and one.reference.id in here.plan.services
        and one.reference.id not in here.plan.service_kinds
    )
    typed = migration.conversion_date
    return Situation(
        workspace=here.facts,
        plan=here.plan,
        base=f"/m/{migration.id}",
        places=f"/sandbox/{migration.workspace_id}",
        read=here.inventory is not None,
        named={kind: tuple(named(one) for one in some) for kind, some in here.suggestions.kinds.items()},
        unsure=unsure,
        services_way=migration.services_way,
        conversion_date=date.fromisoformat(typed) if typed else None,
        export_held=held,
        uses_said=migration.uses is not None,
        absent=tuple(visit.source.kind(k).label for k in absent if k not in here.plan.acknowledged_absent),
        waived={one.check: one.reason for one in waived},
        source=visit.source.label,
        unread_answers=unread,
    )


def held_of(export: Export | None, migration: Migration) -> Held:
    """What is held of the current export now.

    A move that waits for an export holds nothing: what was handed over before was stopped, or is to be replaced.
    """
    state = State(migration.paused_from or migration.state)
    if export is None or state in (State.PREPARING, State.CANCELLED):
        return Held.NOTHING
    if state in (State.FETCHING_FAILED, State.READING_FAILED):
        return Held.STOPPED
    if export.fetched_at is None:
        return Held.DOWNLOADING
    return Held.EVERYTHING if migration.wrapped_key else Held.DELETED


def named(one: Suggestion) -> Named:
    told = one.reference
    return Named(told.id, told.name, told.active, told.appointments, told.notes)


def checklist_guard(visit: Visit, seen: Standing, within: Session | None = None) -> Guard:
    """The guard of a trial's start: the first line that is not done refuses it, for everybody.

    It judges the very look whose workspace version the trial is held to.
    """
    here = situation(visit, seen, within)

    def ask(session: Session, migration: Migration) -> Problem | None:
        del session, migration  # everything was looked up just before, and the workspace's version is compared later
        in_the_way = checklist.first_in_the_way(here)
        return Problem("checklist_open", details={"name": in_the_way.title}) if in_the_way else None

    return ask
