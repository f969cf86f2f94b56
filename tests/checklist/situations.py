"""A clinic with everything set up. Each story removes a part."""

from dataclasses import replace
from typing import Any

from app.caspen.workspace_snapshot import (
    WorkspaceDetails,
    WorkspaceLocation,
    WorkspacePractitioner,
    WorkspaceService,
    WorkspaceSnapshot,
)
from app.checklist.situation import Named, Situation
from app.mapping.plan import Choice, Plan

WORKSPACE = WorkspaceDetails("wsp_1", "Harbour Street", "Australia/Sydney", "AU")


def location(name: str = "Harbour Street", *, archived: bool = False) -> WorkspaceLocation:
    return WorkspaceLocation(f"loc_{name}", name, "Australia/Sydney", archived)


def practitioner(
    name: str = "Megan Doyle", *, active: bool = True, accepted: bool = True, invited: bool = True
) -> WorkspacePractitioner:
    return WorkspacePractitioner(f"pra_{name}", f"usr_{name}", name, None, active, accepted, invited)


def service(name: str = "Consultation", *, archived: bool = False) -> WorkspaceService:
    return WorkspaceService(f"ser_{name}", name, "appointment", archived, 30)


def named(name: str, *, appointments: int = 12, notes: int = 3) -> Named:
    return Named(f"id_{name}", name, True, appointments, notes)


def workspace(**some: Any) -> WorkspaceSnapshot:
    values = {"locations": (location(),), "practitioners": (practitioner(),), "services": (service(),)}
    return WorkspaceSnapshot(WORKSPACE, **(values | some))


def decided(**choices: dict[str, Choice]) -> Plan:
    return Plan(**choices)  # type: ignore[arg-type]  # each is a dictionary of choices


def situation(**some: Any) -> Situation:
    base = Situation(workspace=workspace(), plan=Plan(), base="/m/mig_1", places="/sandbox/wsp_1", source="Old Desk")
    return replace(base, **({"services_way": "bring"} | some))
