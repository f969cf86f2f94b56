"""The lists of the product refuse a variant that lacks a part, and name the part."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.caspen.tables import OBJECTS, IncompleteTables, require_whole_tables
from app.checklist import CHECKS, IncompleteCheck, require_whole_checks
from app.mapping.kind import Source
from app.problems import IncompleteProblem, parse_entry
from app.records.kinds import KINDS, IncompleteRecordKinds, require_whole_kinds
from app.records.sections import SECTIONS, IncompleteSection, require_whole_sections
from app.sources import source
from app.sources.cliniko.sample.kinds import KINDS as SAMPLE_KINDS
from app.sources.cliniko.sample.kinds import IncompleteSample, require_whole_sample
from app.sources.source_folder import folder_gaps
from app.templating import TEMPLATES
from app.wizard import STEPS, IncompleteStep, require_whole_steps

CLINIKO = source("cliniko")
SECTION_TEMPLATES, STEP_TEMPLATES = TEMPLATES / "sections", TEMPLATES / "wizard"
NOWHERE = Path("nowhere")
PROBLEM = {"level": "warning", "title": "A day is invalid", "todo": "Correct the day.", "who": "clinic"}
WITHOUT_A_PART: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "a table outside its list": (
        lambda: require_whole_tables(OBJECTS[1:]), IncompleteTables, "add Location to OBJECTS"),
    "a check outside its list": (
        lambda: require_whole_checks(CHECKS[1:]), IncompleteCheck, r"locations\.py: add the check to CHECKS"),
    "a check twice": (
        lambda: require_whole_checks((*CHECKS, CHECKS[0])), IncompleteCheck, "choose another NAME, locations"),
    "a kind of record outside its list": (
        lambda: require_whole_kinds(KINDS[1:]), IncompleteRecordKinds, r"locations\.py: add the kind to KINDS"),
    "a table that no kind of record shows": (
        lambda: require_whole_kinds(KINDS[1:]), IncompleteRecordKinds, "a kind of record that shows the table loc"),
    "two kinds of record with one name": (
        lambda: require_whole_kinds((*KINDS, KINDS[0])), IncompleteRecordKinds, "two kinds are named locations"),
    "a section outside its list": (
        lambda: require_whole_sections(SECTIONS[1:], SECTION_TEMPLATES), IncompleteSection, "section to SECTIONS"),
    "a section without its template": (
        lambda: require_whole_sections(SECTIONS, NOWHERE), IncompleteSection, r"templates/sections/notes\.html"),
    "a page outside its list": (
        lambda: require_whole_steps(STEPS[1:], STEP_TEMPLATES), IncompleteStep, r"start\.py: add the module to STEPS"),
    "a right that leads nowhere": (
        lambda: require_whole_steps(STEPS[1:], STEP_TEMPLATES), IncompleteStep, r"rights\.py: remove GET /start"),
    "a page without its template": (
        lambda: require_whole_steps(STEPS, NOWHERE), IncompleteStep, r"add templates/wizard/start\.html"),
    "a kind that the sample lacks": (
        lambda: require_whole_sample(SAMPLE_KINDS[1:]), IncompleteSample, "add the kind to the sample"),
    "a problem without words": (
        lambda: parse_entry("bad_day", {**PROBLEM, "todo": ""}), IncompleteProblem, r"add todo to \[bad_day\]"),
    "a problem that an unknown person can solve": (
        lambda: parse_entry("bad_day", {**PROBLEM, "who": "me"}), IncompleteProblem, "correct .bad_day.: 'me' is not"),
}  # fmt: skip


@pytest.mark.parametrize("case", WITHOUT_A_PART)
def test_a_list_names_the_missing_part(case: str) -> None:
    require_whole, failure, message = WITHOUT_A_PART[case]
    with pytest.raises(failure, match=message):
        require_whole()


SOURCES_WITHOUT_A_PART: dict[str, tuple[Source, str]] = {
    "a kind outside the list": (
        replace(CLINIKO, kinds=tuple(kind for kind in CLINIKO.kinds if kind.name != "contacts")),
        "add contacts.KIND to `kinds` in source.py"),
    "a kind that nothing verifies": (
        replace(CLINIKO, unverified={}),
        "add a VerifiedKind for attendees, or a reason to `unverified` in source.py"),
    "a reason for a verified kind": (
        replace(CLINIKO, unverified={**CLINIKO.unverified, "contacts": "No reason."}),
        "remove contacts from `unverified` in source.py, because the kind is verified"),
    "a reason for no kind": (
        replace(CLINIKO, unverified={**CLINIKO.unverified, "cars": "No reason."}),
        "remove cars from `unverified` in source.py, because the source has no such kind"),
    "a kind that no clinic is asked about": (
        replace(CLINIKO, uses=CLINIKO.uses[1:]),
        "add unavailable_blocks to the feature in USES of source.py that a clinic uses with the kind"),
}  # fmt: skip


@pytest.mark.parametrize("case", SOURCES_WITHOUT_A_PART)
def test_a_source_names_the_missing_part(case: str) -> None:
    damaged, message = SOURCES_WITHOUT_A_PART[case]
    assert not list(folder_gaps("app.sources.cliniko", CLINIKO))
    assert message in list(folder_gaps("app.sources.cliniko", damaged))
