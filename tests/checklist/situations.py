"""A clinic that has everything set up; each story takes one thing away."""

from dataclasses import replace
from typing import Any

from app.caspen.workspace_snapshot import LocationFact, PractitionerFact, ServiceFact, WorkspaceFact, WorkspaceFacts
from app.checklist.situation import Named, Situation
from app.mapping.plan import Choice, Plan

HERE = WorkspaceFact("wsp_1", "Harbour Street", "Australia/Sydney", "AU")


def location(name: str = "Harbour Street", *, archived: bool = False) -> LocationFact:
    return LocationFact(f"loc_{name}", name, "Australia/Sydney", archived)


def practitioner(
    name: str = "Megan Doyle", *, active: bool = True, accepted: bool = True, invited: bool = True
) -> PractitionerFact:
    return PractitionerFact(f"pra_{name}", f"usr_{name}", name, None, active, accepted, invited)


def service(name: str = "Consultation", *, archived: bool = False) -> ServiceFact:
    return ServiceFact(f"ser_{name}", name, "appointment", archived, 30)


def named(name: str, *, appointments: int = 12, notes: int = 3) -> Named:
    return Named(f"id_{name}", name, True, appointments, notes)


def workspace(**some: Any) -> WorkspaceFacts:
    told = {"locations": (location(),), "practitioners": (practitioner(),), "services": (service(),)}
    return WorkspaceFacts(HERE, **(told | some))


def decided(**choices: dict[str, Choice]) -> Plan:
    return Plan(**choices)  # type: ignore[arg-type]  # each is a dictionary of choices


def here(**some: Any) -> Situation:
    found = Situation(workspace=workspace(), plan=Plan(), base="/m/mig_1", places="/sandbox/wsp_1", source="Old Desk")
    return replace(found, **({"services_way": "bring"} | some))
