"""The workspace's records that earlier moves brought of rows which an export has again.

Such a record is that row, whatever the names say: it is updated like a client, and the clinic is never asked about it.
"""

from collections.abc import Mapping

from app.caspen.record_ids import PREFIXES, Ids
from app.caspen.workspace_snapshot import WorkspaceSnapshot
from app.index.use_counts import ReferredThing
from app.mapping.kind import Source
from app.mapping.kind_roles import KindRole
from app.mapping.plan import CREATE, OF_THE_EXPORT, Choice, Plan
from app.reading.inventory import Inventory

OwnRecords = Mapping[KindRole, Mapping[str, str]]
"""By role and source id, the id of the live record that an earlier move brought of this row."""
_ACTIVITY = "activities"


def find_own_records(inventory: Inventory, workspace: WorkspaceSnapshot, source: Source) -> OwnRecords:
    """The live records of the export's own rows. Records that people deleted are not among them."""
    ids = Ids(workspace.workspace.id, source.name)
    there: Mapping[KindRole, frozenset[str]] = {
        KindRole.LOCATION: frozenset(location.id for location in workspace.locations),
        KindRole.USER: frozenset(user.id for user in workspace.users),
        KindRole.PRACTITIONER: frozenset(person.id for person in workspace.practitioners),
        KindRole.SERVICE: frozenset(service.id for service in workspace.services),
    }
    own: dict[KindRole, dict[str, str]] = {}
    for role, live in there.items():
        kind = source.with_role(role)
        own[role] = {}
        if kind is None:
            continue
        for reference in inventory.named(source, role):
            possible = (ids.derive(table, kind.name, reference.id) for table in _tables(role, kind.tables))
            if (record := next((id_ for id_ in possible if id_ in live), None)) is not None:
                own[role][reference.id] = record
    return own


def choice_of(reference: ReferredThing, record: str, workspace: WorkspaceSnapshot) -> Choice:
    """The choice that brings a row to its own record.

    The record is left as it is for a name without a row, which has nothing to update it with, and for a practitioner
    whose user people made and whose row leads to no user of this export: it would lose that user.
    """
    keeps_user = any(person.id == record and not person.is_user_brought for person in workspace.practitioners)
    is_kept = reference.named_only or (keeps_user and reference.user is None)
    return Choice(to="match", id=record) if is_kept else CREATE


def without_overridden(plan: Plan, own: OwnRecords) -> Plan:
    """The plan without choices that the rows' own records replace.

    Those are matches that nobody chose, such as one that an earlier trial's plan holds, and choices that mean the
    record itself. A person's choice of another record stays, and so does one to leave the row out. What an earlier move
    brought as an activity, or as a service for appointments, stays that.
    """
    kept: dict[KindRole, dict[str, Choice]] = {}
    for role, records in own.items():
        chosen: Mapping[str, Choice] = getattr(plan, role)
        kept[role] = {id_: choice for id_, choice in chosen.items() if not _is_overridden(choice, records.get(id_))}
    places = {
        f"{OF_THE_EXPORT}{id_}": record
        for id_, record in own[KindRole.LOCATION].items()
        if id_ not in kept[KindRole.LOCATION]
    }
    place = places.get(plan.default_location or "", plan.default_location)
    is_activity = PREFIXES[_ACTIVITY]
    natures = {
        id_: "activity" if record.startswith(is_activity) else "appointment"
        for id_, record in own[KindRole.SERVICE].items()
    }
    more = {"default_location": place, "service_kinds": {**plan.service_kinds, **natures}}
    return plan.model_copy(update={**{role.value: choices for role, choices in kept.items()}, **more})


def _tables(role: KindRole, tables: tuple[str, ...]) -> tuple[str, ...]:
    return (tables[0], _ACTIVITY) if role is KindRole.SERVICE and _ACTIVITY in tables else tables[:1]


def _is_overridden(choice: Choice, record: str | None) -> bool:
    if record is None or choice.to == "leave_out":
        return False
    return choice.to == "create" or not choice.whom or choice.id == record
