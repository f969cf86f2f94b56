"""What the form of the names page shows: its names with their choices, tab by tab, for the fingerprint of the form."""

from dataclasses import replace

from sqlmodel import Session

from app.basis import FIELD, NOTHING, Field, Shown
from app.caspen.facts import deleted_names
from app.migration.models import Migration
from app.refused_forms import Refusal, RefusedForm, describe, describes
from app.web import Visit, shows
from app.wizard import custom_fields, known
from app.wizard.dates import day_as_shown
from app.wizard.match_lines import (
    BRING,
    NATURES,
    OPEN,
    OUT,
    candidates,
    day_before,
    decisions,
    kind_of,
    lines_of,
    tab_of,
)
from app.wizard.situation import Standing, standing

PATH = "/m/{migration_id}/matches"
CHOICE, NATURE = "c:", "n:"
NOT_STARTED = "not_started"  # what was sent to start the trial, and is saved alone after somebody else changed the page
GONE = "A name that is not on this page any more"
PARTS = {
    "part practitioners": ("Practitioners", ("practitioners", "users")),
    "part locations": ("Locations", ("locations", "default_location")),
    "part services": ("Services", ("services", "service_kinds")),
    "part clients": ("Clients", ("clients",)),
    "part fields": ("Custom fields", ("fields", "field_types")),
    "part leave_out": ("Leave out", ("leave_out_kinds", "leave_out_before")),
}
"""The parts of a plan as the tabs show them: a label, and the fields of the plan."""
ASKED = {
    "practitioners": ("practitioners",),
    "locations": ("locations",),
    "services": ("services", "service_kinds"),
    known.TAB: ("clients",),
    custom_fields.TAB: ("fields", "field_types"),
    "leave_out": ("leave_out_kinds", "leave_out_before"),
}
"""By tab, the fields of the plan that the inputs of the tab ask for."""


@shows(PATH)
def names_shown(visit: Visit, session: Session, migration: Migration) -> Shown:
    """What the form that was sent shows at present."""
    del migration
    here, show = standing(visit, session), tab_of("".join(visit.sent.fields.get("show", ())))
    return shown_on(visit, here, show)


def shown_on(visit: Visit, here: Standing, show: str) -> Shown:
    """What one tab shows: the export, its names with their choices, and the objects of Caspen that can be chosen.

    A form that starts the trial confirms the whole plan, so each part of the plan counts there: the part of this tab
    field by field, the other parts as they are. Of a form that was sent, only the objects that it names count.
    """
    sent = visit.sent.fields if visit.sent.path == PATH and FIELD in visit.sent.fields else {}
    kind, is_start = kind_of(show), "start" in sent.get("act", ())
    context: dict[str, object] = {"show": show, "export_number": here.export_number}
    labels, now = {}, {"export_number": f"export {here.export_number}"}
    if not sent or is_start:
        parts = here.suggestions.old.model_dump(mode="json")
        for name, (label, places) in PARTS.items():
            context[name] = {place: parts[place] for place in places if place not in ASKED[show]}
            labels[name], now[name] = label, "other choices were saved"
    options = dict(candidates(here, kind)) if kind else {}
    named = {value for name, values in sent.items() if name.startswith(CHOICE) for value in values}
    for id_ in sorted((named if sent else set(options)) - {OPEN, BRING, OUT}):
        if kind:
            context[f"in Caspen {id_}"] = options.get(id_)
            labels[f"in Caspen {id_}"], now[f"in Caspen {id_}"] = "In Caspen", options.get(id_, "no longer there")
    if show == known.TAB:
        context |= known.about(known.known(visit, here.suggestions.old))
    fields = fields_on(visit, here, show, named)
    is_client = show == known.TAB
    words = dict(known.CHOICES) if is_client else next(iter(fields.values()), Field("", "")).choices
    inputs: dict[str, Field] = {}
    for name in sent:
        if name.startswith(CHOICE) and name not in fields:
            context[f"gone {name}"] = labels[f"gone {name}"] = GONE
            now[f"gone {name}"] = "not there"
            label = known.label_of(name.removeprefix(CHOICE)) if is_client else GONE
            inputs[name] = Field(label, OPEN, words, offered=NOTHING)

    def earlier(number: int) -> dict[str, Field]:
        return fields_on(visit, standing(visit, export=number), show, named)

    return Shown(context, fields, labels, now, is_start, inputs, earlier, {"act": NOT_STARTED if is_start else "keep"})


@describes(PATH)
def describe_choices(refusal: Refusal) -> RefusedForm:
    """Each choice of the tab, which is also the page to go on from."""
    show = tab_of("".join(refusal.sent.get("show", ())))
    return replace(describe(refusal), page=f"/m/{refusal.migration.id}/matches?show={show}")


def fields_on(visit: Visit, here: Standing, show: str, named: set[str]) -> dict[str, Field]:
    """The inputs of one tab. `named` are the choices of a form that was sent: of objects that people have deleted in
    Caspen since, only the names are still known."""
    kind = kind_of(show)
    if show == known.TAB:
        return known.fields(known.known(visit, here.suggestions.old))
    if show == custom_fields.TAB:
        return custom_fields.fields(custom_fields.asked(visit, here))
    if not kind:
        kinds = {one.name: one.label for one in visit.source.kinds if one.imported}
        held = frozenset(here.inventory.kinds if here.inventory else ())
        whole = ",".join(sorted(here.plan.leave_out_kinds))
        return {
            "before": Field("Appointments that start before", day_before(here.plan), written=day_as_shown),
            "kinds": Field("Leave out a whole kind", whole, kinds, offered=held),
        }
    options = dict(candidates(here, kind)) | decisions(kind, visit.source.label)
    lost = named - {OPEN} - options.keys()
    words = deleted_names(visit.runtime.caspen, visit.move.workspace_id, lost) | options if lost else options
    fields: dict[str, Field] = {}
    for one in lines_of(here, kind):
        fields[one.field] = Field(f"{one.name} is in Caspen", one.chosen, words, offered=frozenset(options))
        if kind == "appointment_types":
            value = "" if one.nature_open else one.nature or ""
            fields[one.nature_field] = Field(f"{one.name} is", value, NATURES)
    return fields
