"""The facts before a trial: the workspace's objects, the export's names, and the clinic's decisions.

Exact matches count as decided and are looked up on every request, so a location added in Caspen is matched at once.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from app import checklist
from app.caspen.workspace_snapshot import WorkspaceSnapshot, load_workspace
from app.checklist.situation import Held, Named, Situation
from app.mapping.kind_roles import KindRole
from app.mapping.plan import Choice, Plan
from app.matching.matches import Suggestion, Suggestions, suggest
from app.migration import used_kinds
from app.migration.advance import Guard
from app.migration.earlier_matches import earlier_matches
from app.migration.exports import current_export, files_of
from app.migration.models import Export, Migration, Waiver
from app.migration.plans import plan_of
from app.migration.states import State
from app.problems import Problem
from app.reading.inventory import Inventory
from app.reading.seal import require_true_reading
from app.web.page_context import Visit
from app.wizard.file_states import build_lines


@dataclass(frozen=True, slots=True)
class MigrationOverview:
    """The export's inventory (None before it is read), the suggestions, and the plan completed with exact matches.

    `fresh` are the suggestions without the clinic's decisions.
    """

    facts: WorkspaceSnapshot
    export_number: int
    inventory: Inventory | None
    suggestions: Suggestions
    fresh: Suggestions
    plan: Plan


def load_overview(visit: Visit, within: Session | None = None, export: int | None = None) -> MigrationOverview:
    """Loads workspace, export and plan. `within` is an open transaction to read in.

    `export` is the number of an earlier export, instead of the current export.
    """
    facts = load_workspace(visit.runtime.caspen, visit.move.workspace_id)
    with nullcontext(within) if within is not None else visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
        number = migration.export_number if export is None else export
        inventory = inventory_of(session, migration, number)
        earlier = earlier_matches(session, visit.runtime.caspen, migration)
    old = plan_of(migration)
    if inventory is None:
        return MigrationOverview(facts, number, None, Suggestions(old=old), Suggestions(), old)
    suggestions = suggest(inventory, facts, old, source=visit.source, earlier=earlier)
    fresh = suggest(inventory, facts, source=visit.source, earlier=earlier)
    plan = completed(suggestions.old, suggestions, migration.services_way == "bring")
    return MigrationOverview(facts, number, inventory, suggestions, fresh, plan)


def inventory_of(session: Session, migration: Migration, number: int | None = None) -> Inventory | None:
    """The contents of the current export, or of export `number`. None before it is read.

    Raises LedgerChanged if the export differs from its reading.
    """
    require_true_reading(session, migration, number)
    wanted = migration.export_number if number is None else number
    export = session.get(Export, (migration.id, wanted)) if wanted else None
    if export is None or not export.inventory:
        return None
    return Inventory.from_json(export.inventory)


def completed(old: Plan, suggestions: Suggestions, bring_services: bool) -> Plan:
    """The clinic's plan, completed with choices that need no question: exact matches, users, and services to bring."""
    filled: dict[str, dict[str, Choice]] = {}
    for role, role_suggestions in suggestions.roles.items():
        chosen = {
            suggestion.reference.id: suggestion.choice
            for suggestion in role_suggestions
            if is_settled(role, suggestion, bring_services)
        }
        filled[role] = {**chosen, **getattr(old, role)}
    natures = {
        suggestion.reference.id: suggestion.nature
        for suggestion in suggestions.roles.get(KindRole.SERVICE, ())
        if suggestion.nature == "appointment" and suggestion.reference.id in filled[KindRole.SERVICE]
    }
    return old.model_copy(
        update={
            **filled,
            "service_kinds": {**natures, **old.service_kinds},
            "default_location": old.default_location or suggestions.default_location,
        }
    )


def is_settled(role: KindRole, suggestion: Suggestion, bring_services: bool) -> bool:
    """Whether a suggestion needs no question. Names without appointments and notes are created as they are."""
    if suggestion.choice.to != "create":
        return suggestion.certainty == "sure"
    if role is KindRole.USER or suggestion.certainty == "sure":
        return True
    if role is KindRole.SERVICE and bring_services:
        return suggestion.certainty == "none"
    idle = suggestion.reference.appointments + suggestion.reference.notes == 0
    return idle and suggestion.certainty == "none" and role is not KindRole.LOCATION


def situation(visit: Visit, loaded: MigrationOverview | None = None, within: Session | None = None) -> Situation:
    """The facts for the checklist. `seen` is an overview that is loaded already, `within` its transaction."""
    overview = loaded or load_overview(visit, within)
    with nullcontext(within) if within is not None else visit.read() as session:
        migration = session.get_one(Migration, visit.move.id)
        files = files_of(session, migration.id, migration.export_number)
        unread = sum(line.is_unread for line in build_lines(files, plan_of(migration), visit.source, {}))
        held = held_of(current_export(session, migration), migration)
        waived = session.exec(select(Waiver).where(col(Waiver.migration_id) == migration.id)).all()
        absent = used_kinds.absent(session, migration, visit.source) if overview.inventory is not None else ()
    types = overview.suggestions.roles.get(KindRole.SERVICE, ())
    unsure = tuple(
        suggestion.reference.name
        for suggestion in types
        if suggestion.nature == "activity"
        and overview.plan.services.get(suggestion.reference.id, suggestion.choice).to == "create"
        and suggestion.reference.id in overview.plan.services
        and suggestion.reference.id not in overview.plan.service_kinds
    )
    typed = migration.conversion_date
    return Situation(
        workspace=overview.facts,
        plan=overview.plan,
        base=f"/m/{migration.id}",
        places=f"/sandbox/{migration.workspace_id}",
        read=overview.inventory is not None,
        named={
            role: tuple(named(suggestion) for suggestion in some) for role, some in overview.suggestions.roles.items()
        },
        unsure=unsure,
        services_way=migration.services_way,
        conversion_date=date.fromisoformat(typed) if typed else None,
        export_held=held,
        uses_answered=migration.uses is not None,
        absent=tuple(visit.source.kind(k).label for k in absent if k not in overview.plan.acknowledged_absent),
        waived={suggestion.check: suggestion.reason for suggestion in waived},
        source=visit.source.label,
        unread_answers=unread,
    )


def held_of(export: Export | None, migration: Migration) -> Held:
    """What is stored of the current export.

    A move that waits for an export holds nothing: the earlier export was stopped or is to be replaced.
    """
    state = State(migration.paused_from or migration.state)
    if export is None or state in (State.PREPARING, State.CANCELLED):
        return Held.NOTHING
    if state in (State.FETCHING_FAILED, State.READING_FAILED):
        return Held.STOPPED
    if export.fetched_at is None:
        return Held.DOWNLOADING
    return Held.EVERYTHING if migration.wrapped_key else Held.DELETED


def named(suggestion: Suggestion) -> Named:
    reference = suggestion.reference
    return Named(reference.id, reference.name, reference.active, reference.appointments, reference.notes)


def checklist_guard(visit: Visit, overview: MigrationOverview, within: Session | None = None) -> Guard:
    """The guard of a trial's start: refuses while a line of the checklist is open, and names all open lines.

    The guard checks the overview whose workspace version the trial stores.
    """
    facts = situation(visit, overview, within)

    def ask(session: Session, migration: Migration) -> Problem | None:
        del session, migration  # the facts were loaded a moment before, and the workspace's version is compared later
        names = "; ".join(line.title for line in checklist.lines_in_the_way(facts))
        return Problem("checklist_open", details={"name": names}) if names else None

    return ask
