"""Clients of the export who may be in Caspen already: the clinic says of each whether it is the same person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.access.rights import Right
from app.caspen.native import client_names
from app.mapping.plan import IDENTITY, Choice, Plan
from app.migration.models import Work
from app.web.form_fingerprint import Field
from app.web.page_context import Visit
from app.wizard.looking import write_look

TAB = "clients"
UNSEEN = "A client of the clinic"
CHOICES = (
    ("match", "The same person: the history goes to them"),
    ("create", "Somebody else: bring as a new client"),
    ("leave_out", "Leave out, with all their history"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """One client. `id` is the source's, `client` that of Caspen's client, who has the same name and birthday."""

    field: str
    id: str
    client: str
    chosen: str
    name: str = ""


def known(visit: Visit, plan: Plan) -> list[Known]:
    """Whom the last trial found, and whom the clinic has decided on, in the order of their numbers in the source."""
    run = f"trial:{visit.move.trial_number}"
    with visit.read() as session:
        opened = session.get(Work, (visit.move.id, run, "open", 0))
    found: Mapping[str, Mapping[str, Any]] = (opened.facts if opened else {}).get("known_clients", {})
    met = {source_id: str(told["id"]) for source_id, told in found.items()}
    met |= {source_id: choice.id for source_id, choice in plan.clients.items() if choice.id and source_id not in met}
    every = sorted(met.items(), key=lambda pair: (len(pair[0]), pair[0]))
    return [
        Known(f"c:{source_id}", source_id, client, _chosen(plan.clients.get(source_id))) for source_id, client in every
    ]


def with_names(visit: Visit, some: list[Known]) -> list[Known]:
    """The same with the names by which Caspen has them, for those who may see clients. The look is written down."""
    if not some or not visit.person.may(Right.REVIEW, visit.move.workspace_id):
        return [replace(one, name=UNSEEN) for one in some]
    write_look(visit, "known_clients_listed", {"clients": len(some)})
    names = client_names(visit.runtime.caspen, visit.move.workspace_id, [one.client for one in some])
    return [replace(one, name=names.get(one.client, "Somebody who is not there any more")) for one in some]


def fields(people: Iterable[Known]) -> dict[str, Field]:
    """The page's inputs, each bound to the client of Caspen that it is about."""
    return {one.field: Field(label_of(one.id), one.chosen, dict(CHOICES)) for one in people}


def label_of(source_id: str) -> str:
    """The label of the choice for one client, by the client's number in the source."""
    return f"Client {source_id} is"


def about(people: Iterable[Known]) -> dict[str, object]:
    """Whom each line of the page may be in Caspen."""
    return {f"client {one.id}": one.client for one in people}


def decided(visit: Visit, plan: Plan, form: Mapping[str, str]) -> Plan:
    """The plan after a form. A client of whom nothing is chosen waits again. The choice remembers whom it is about."""
    choices = dict(plan.clients)
    for one in known(visit, plan):
        value = form.get(one.field)
        if value is None:
            continue
        choices.pop(one.id, None)
        if value == "match":
            choices[one.id] = Choice(to="match", id=one.client, whom=IDENTITY)
        elif value == "create":
            choices[one.id] = Choice(to="create", id=one.client, whom=IDENTITY)
        elif value == "leave_out":
            choices[one.id] = Choice(to="leave_out", id=one.client, whom=IDENTITY)
    return plan.model_copy(update={"clients": choices})


def _chosen(choice: Choice | None) -> str:
    return "" if choice is None or choice.to == "wait" else choice.to
