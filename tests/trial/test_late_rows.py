"""A row that only mapping can hold leaves no broken link: what needs the row is held, the rest loses the reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from app.mapping.plan import Choice
from app.migration.plans import plan_of, save_plan
from app.migration.states import State
from app.trial.trial_damage import trial_fault
from tests.harness.clinic import MEGAN, Clinic
from tests.shapes.export import BESIDE
from tests.shapes.shapes import REFERENCE
from tests.trial.linked_export import linked_rows

Rows = dict[str, list[dict[str, str]]]
Line = tuple[str, str, str, str]
"""Kind, problem code, level and source id."""

CUT = '{"sections":[{"name":"Subjective'
WITHOUT_VISIT: tuple[Line, ...] = (
    ("attendees", "parent_not_imported", "held", "91"),
    ("treatment_notes", "note_without_appointment", "warning", "131"),
    ("patient_forms", "form_without_appointment", "warning", "141"),
)
WITHOUT_PLACE: tuple[Line, ...] = (
    ("appointments", "location_unknown", "held", "81"),
    ("appointments", "location_unknown", "held", "85"),
    ("attendees", "parent_not_imported", "held", "95"),
    ("treatment_notes", "note_without_appointment", "warning", "135"),
    *WITHOUT_VISIT,
)


def _cut(kind: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[kind][0]["Content"] = CUT

    return change


def _without_places(rows: Rows) -> None:
    for row in rows["businesses"]:
        row["Deleted At"] = row["Created At"]


def _contradicting_places(rows: Rows) -> None:
    first = rows["businesses"][0]
    rows["businesses"] = [first, {**first, "Business Name": "Another name"}]


def _reversed_by_the_clock(visit: str) -> Callable[[Rows], None]:
    """The end has no offset, so that only the clock of the location tells that it lies before the start."""

    def change(rows: Rows) -> None:
        for row in rows["appointments"]:
            if row["Appointment ID"] == visit:
                row["End Time"] = "2024-03-04 08:30:00"

    return change


def _nameless_places(rows: Rows) -> None:
    for kind in ("appointments", "unavailable_blocks"):
        for row in rows[kind]:
            row["Business ID"] = ""


@dataclass(frozen=True)
class Cause:
    """Why mapping holds rows: a change to the export, or locations that the clinic leaves out; and what it reports."""

    change: Callable[[Rows], None]
    lines: tuple[Line, ...]
    left_out: tuple[str, ...] = ()


CAUSES: Mapping[str, Cause] = {
    "a note template is cut": Cause(
        _cut("treatment_note_templates"),
        (
            ("treatment_note_templates", "bad_json", "held", "111"),
            ("appointment_types", "template_unknown", "warning", "51"),
            ("treatment_notes", "template_unknown", "warning", "131"),
        ),
    ),
    "a form template is cut": Cause(
        _cut("patient_form_templates"), (("patient_form_templates", "bad_json", "held", "121"),)
    ),
    "every location is deleted": Cause(_without_places, WITHOUT_PLACE),
    "the only location contradicts itself": Cause(
        _contradicting_places, (("businesses", "id_conflict", "held", "1"), *WITHOUT_PLACE)
    ),
    "every location is left out": Cause(_nameless_places, WITHOUT_PLACE, ("1", "2")),
    "a visit is reversed by its clock": Cause(
        _reversed_by_the_clock("81"), (("appointments", "bad_interval", "held", "81"), *WITHOUT_VISIT)
    ),
    "a class is reversed by its clock": Cause(
        _reversed_by_the_clock("85"),
        (
            ("appointments", "bad_interval", "held", "85"),
            ("attendees", "parent_not_imported", "held", "95"),
            ("attendees", "parent_not_imported", "held", "96"),
            ("treatment_notes", "note_without_appointment", "warning", "135"),
            ("treatment_notes", "note_without_appointment", "warning", "136"),
        ),
    ),
}


def _leave_out(clinic: Clinic, places: tuple[str, ...]) -> None:
    plan = plan_of(clinic.migration)
    chosen = {**plan.locations, **dict.fromkeys(places, Choice(to="leave_out"))}
    with clinic.runtime.ledger.write() as session:
        save_plan(session, clinic.id, plan.model_copy(update={"locations": chosen}), MEGAN, confirmed=True)


@pytest.mark.parametrize("name", CAUSES)
def test_a_row_that_only_mapping_can_hold_breaks_no_link(clinic: Clinic, name: str) -> None:
    cause, rows = CAUSES[name], linked_rows()
    cause.change(rows)
    clinic.hand_over({**REFERENCE.files(rows), **BESIDE})
    clinic.drain()
    if cause.left_out:
        _leave_out(clinic, cause.left_out)
    clinic.start_trial()
    clinic.drain()
    assert clinic.state() is State.REVIEWING
    reported = {(str(line.kind), line.code, line.level, str(line.source_id)) for line in clinic.problems("trial:1")}
    assert "link_broken" not in clinic.codes("trial:1")
    assert clinic.trial.balanced
    assert set(cause.lines) <= reported
    assert trial_fault(clinic.runtime, clinic.migration, clinic.trial, thorough=True) is None
