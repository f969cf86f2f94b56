"""Clients who may be in Caspen already: the clinic decides whether each is the same person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.access.rights import Right
from app.caspen.native import client_names
from app.mapping.plan import IDENTITY, Choice, Plan
from app.migration.models import Work
from app.web.form_fingerprint import FormField
from app.web.page_context import Visit
from app.wizard.trial_view import record_view

TAB = "clients"
UNSEEN = "A client of the clinic"
CHOICES = (
    ("match", "The same person: the history goes to them"),
    ("create", "Somebody else: bring as a new client"),
    ("leave_out", "Leave out, with all their history"),
)


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client of the export. `id` is the source's id, `client` the id of Caspen's client with the same name,
    birthday, and e-mail address or telephone number.
    """

    field: str
    id: str
    client: str
    chosen: str
    name: str = ""


def known(visit: Visit, plan: Plan) -> list[KnownClient]:
    """Clients that the last trial matched, and clients with a decision, by their number in the source."""
    run = f"trial:{visit.move.trial_number}"
    with visit.read() as session:
        opened = session.get(Work, (visit.move.id, run, "open", 0))
    matches: Mapping[str, Mapping[str, Any]] = (opened.facts if opened else {}).get("known_clients", {})
    met = {source_id: str(match["id"]) for source_id, match in matches.items()}
    met |= {source_id: choice.id for source_id, choice in plan.clients.items() if choice.id and source_id not in met}
    every = sorted(met.items(), key=lambda pair: (len(pair[0]), pair[0]))
    return [
        KnownClient(f"c:{source_id}", source_id, client, _chosen(plan.clients.get(source_id)))
        for source_id, client in every
    ]


def with_names(visit: Visit, people: list[KnownClient]) -> list[KnownClient]:
    """The clients with their names in Caspen, for people who may see clients. The view is recorded first."""
    if not people or not visit.person.may(Right.REVIEW, visit.move.workspace_id):
        return [replace(each, name=UNSEEN) for each in people]
    record_view(visit, "known_clients_listed", {"clients": len(people)})
    names = client_names(visit.runtime.caspen, visit.move.workspace_id, [each.client for each in people])
    return [replace(each, name=names.get(each.client, "Somebody who is not there any more")) for each in people]


def fields(people: Iterable[KnownClient]) -> dict[str, FormField]:
    """The page's inputs, each bound to its client in Caspen."""
    return {each.field: FormField(label_of(each.id), each.chosen, dict(CHOICES)) for each in people}


def label_of(source_id: str) -> str:
    """The label of a client's choice, by the client's number in the source."""
    return f"Client {source_id} is"


def about(people: Iterable[KnownClient]) -> dict[str, str]:
    """The possible Caspen client of each line."""
    return {f"client {each.id}": each.client for each in people}


def decided(visit: Visit, plan: Plan, form: Mapping[str, str]) -> Plan:
    """The plan after a form. A client without a choice is undecided again. The choice stores the Caspen client."""
    choices = dict(plan.clients)
    for each in known(visit, plan):
        value = form.get(each.field)
        if value is None:
            continue
        choices.pop(each.id, None)
        if value == "match":
            choices[each.id] = Choice(to="match", id=each.client, whom=IDENTITY)
        elif value == "create":
            choices[each.id] = Choice(to="create", id=each.client, whom=IDENTITY)
        elif value == "leave_out":
            choices[each.id] = Choice(to="leave_out", id=each.client, whom=IDENTITY)
    return plan.model_copy(update={"clients": choices})


def _chosen(choice: Choice | None) -> str:
    return "" if choice is None or choice.to == "wait" else choice.to
