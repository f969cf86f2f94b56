"""The difficulties every sample carries, as real exports do, and what a clinic should be told about each.

Where the format's description leaves room, this is the reading that the expectation holds to:

* `possible_duplicate_patient` and `same_name` are told of each row of the pair, so a pair counts 2. A pair with equal
  date of birth is the first of them only.
* `id_conflict_newest_used` counts the rows that lost (skipped); the winner is created and carries no problem.
* `duplicate_row` counts the further rows, which are skipped.
* `merged_patient_redirected` and `deleted_in_source` are told of the patient's own row. Children of a merged patient go
  to the survivor without a problem.
* `parent_not_imported` is told of each appointment and each note of a held or deleted patient.
* `past_appointment_unmarked` counts imported rows that ended before the moment of import and are neither arrived,
  missed nor cancelled. `Expectation.at(moment)` tells it for a later one than the export's.
* `appointment_case_unknown` and `template_unknown` are planted on ordinary visits and notes, a few each.
* `appointment_type_created_from_name`: each unknown name (native) or id (api) is used by one appointment, so warnings
  and services made count the same.
* `appointment_note_truncated`: one row, two records, the appointment and a communication with the whole text.
* `attendance_conflict`: arrived and did-not-arrive, or cancelled and arrived.
* `appointment_location_defaulted`: no business named, and the clinic has several.
* `price_unknown` is told of every appointment type without a price: all of them in an api file, none in a native one.
* `duration_defaulted`: 0 minutes.
* `bad_date_of_birth`: in the future, before 1900, no such day.
* `bad_phone`: the same words in PhoneMobile and Mobile Phones are one warning of the row.
* `test_record_suspected`: the first name alone is `Test` or `asdf`.
* `patient_name_partial`: exactly one of the two names is empty.
* `field_without_destination`: once for each filled Time Zone of an imported patient; as long as custom fields do not
  move, also for each filled cell of the 13 columns that become client fields.
* `archived_state_unknown`: once for each native patients file.
* `unknown_columns`: once for the practitioners file, which has one such column (`Parking Bay`).
* `partial_export`: once for each slice with dates in its name, though together they have no gap.
* `kind_absent`: once for each kind that moves today and has no file.
* `kind_not_imported`: told of every row of such a file; all of them are skipped.
* `radio_multiple_selected`, `body_chart_not_imported`, `html_sanitised`: once a note.
* `note_empty`: an empty list of sections. A section with a description alone is content, and is kept.
* Content that is no JSON: the row is held under `bad_json`.
* A practitioner who left has Active false and no archive time, and no problem.
* A practitioner that no file explains: appointments held (`practitioner_unknown`), notes kept with the
  author's name.
* Client field values: one for each cell that is not empty, false and the word None included, in the 13 columns that
  become client fields.
* A row that is held or skipped tells of nothing but why.
* `referrer_not_found` and `referrer_ambiguous` are told of the patient's row; two doctors of one name, in native files.
  A doctor is named without a title.
* `same_name` and `possible_duplicate_patient` are told of patients alone; two contacts of one name are no problem.
* `duplicate_name` of templates is told of the later one. Templates that stand twice under one name match no form.
* `contact_type_conflict`: a word and a code that disagree, so in api files alone. The tag of an archived contact is no
  record.
* `case_balance_check`: each created case with a limit; both limits are `case_two_limits` besides.
* Availability counts one row for each list (api) or slot (native), and a record for each slot. No slot: `empty_value`.
  `bad_interval` is skipped there, and held everywhere else. Overlaps are looked for at one location.
* Custom fields: one record a field. A row that says again what is known is a `duplicate_row`. Their tokens are no ids,
  so `id_not_numeric` is not told.
* Custom values: an undefined field and the twin of a field of dates are one further custom field each, the twin once.
  A value that differs from the cell in the patients file wins, is created, and makes no second record. Answers in that
  file are cells, not rows.
* A class is one row and one record of a group, with an appointment for each client whom it names, unless a list of
  attendees decides: then the rows of the list make them. A client nobody knows is a warning of the row, as the others
  come. A class without clients is skipped when past, and a busy time with a warning when ahead.
* `group_attendance_unknown`: some cancelled, and no list. Marked as arrived, so not `past_appointment_unmarked` too.
* A row of attendees about a visit of one client is created, and makes no record.
* Busy times in the native diary count under appointments. A block without a business is
  `appointment_location_defaulted`.
* `form_template_matched_by_name`: each created form whose name is that of one template.
* `html_sanitised` is told of a message with a remote picture, as of one with a script.
* Mail of the account: codes 11 and 21 to 45; native files have a word for 11 alone.
* Files: what lies in `Patient files` counts for itself when no row of the index names it. Paths start where the index
  lies. Of two files of the same bytes the second is the duplicate; of `Scan.pdf` and `scan.pdf` in one folder the
  second is renamed. Printed notes and forms stand in no index: `note_as_document` or `form_as_document` alone tells.
* Notes as pages: `synthetic_key_used` alone is told of each page without an id in its name; the day in the name is a
  day, of no time zone.
* Categories, referral types and cancellation reasons are made once a name, for rows that are imported; one tax, which
  adds nothing, serves all types.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    name: str
    codes: tuple[str, ...] = ()
    outcome: str = "created"
    api_only: bool = False
    """Only an api-dialect patients file can say so."""
    childless: bool = False
    """Ordinary visits and notes keep away from this client."""
    extra_row: bool = False
    """A second row with the same id."""
    by_api: bool = False
    """Only an api-dialect file of the kind itself can say so."""


PATIENTS = (
    Plant("merged", ("merged_patient_redirected",), "skipped", api_only=True, childless=True),
    Plant("merged_twice", ("merged_patient_redirected",), "skipped", api_only=True, childless=True),
    Plant("deleted", ("deleted_in_source",), "skipped", api_only=True, childless=True),
    Plant("unnamed", ("patient_name_missing",), "held", childless=True),
    Plant("archived", api_only=True),
    Plant("bad_email", ("bad_email",)),
    Plant("bad_phone", ("bad_phone",)),
    Plant("shares_a"),
    Plant("shares_b"),
    Plant("no_first_name", ("patient_name_partial",)),
    Plant("no_last_name", ("patient_name_partial",)),
    Plant("birth_ahead", ("bad_date_of_birth",)),
    Plant("birth_too_early", ("bad_date_of_birth",)),
    Plant("birth_no_such_day", ("bad_date_of_birth",)),
    Plant("twice", extra_row=True),
    Plant("conflict", extra_row=True),
    Plant("apostrophe"),
    Plant("two_surnames"),
    Plant("accents"),
    Plant("emoji"),
    Plant("rtl"),
    Plant("vietnamese"),
    Plant("long_name"),
    Plant("formula"),
    Plant("newlines"),
    Plant("legacy_gender", ("legacy_gender_used",)),
    Plant("twin_a", ("possible_duplicate_patient",)),
    Plant("twin_b", ("possible_duplicate_patient",)),
    Plant("namesake_a", ("same_name",)),
    Plant("namesake_b", ("same_name",)),
    Plant("test_record", ("test_record_suspected",)),
)

VISITS = (
    Plant("no_patient", ("appointment_without_patient",), "held"),
    Plant("of_unnamed", ("parent_not_imported",), "held"),
    Plant("of_deleted", ("parent_not_imported",), "held", api_only=True),
    Plant("of_merged", api_only=True),
    Plant("of_merged_twice", api_only=True),
    Plant("arrived_and_missed", ("attendance_conflict",)),
    Plant("cancelled_and_arrived", ("attendance_conflict",)),
    Plant("long_note", ("appointment_note_truncated",)),
    Plant("unknown_type", ("appointment_type_created_from_name",)),
    Plant("no_business", ("appointment_location_defaulted",)),
    Plant("unknown_practitioner", ("practitioner_unknown",), "held"),
    Plant("unmarked", ("past_appointment_unmarked",)),
    Plant("no_start", ("bad_appointment_time",), "skipped"),
    Plant("ends_before_start", ("bad_interval",), "held"),
    Plant("formula"),
    Plant("newlines"),
    Plant("conflict", extra_row=True),
)

NOTES = (
    Plant("no_patient", ("note_without_patient",), "held"),
    Plant("of_unnamed", ("parent_not_imported",), "held"),
    Plant("of_deleted", ("parent_not_imported",), "held", api_only=True),
    Plant("of_merged", api_only=True),
    Plant("of_merged_twice", api_only=True),
    Plant("unknown_booking", ("note_without_appointment",)),
    Plant("no_booking"),
    Plant("unknown_practitioner", ("note_without_practitioner",)),
    Plant("draft", ("note_draft_imported",)),
    Plant("script", ("html_sanitised",)),
    Plant("not_json", ("bad_json",), "held"),
    Plant("no_sections", ("note_empty",), "skipped"),
    Plant("two_radios", ("radio_multiple_selected",)),
    Plant("description_only"),
    Plant("body_chart", ("body_chart_not_imported",)),
    Plant("every_question_type", ("body_chart_not_imported",)),
    Plant("archived"),
    Plant("pinned"),
    Plant("emoji"),
    Plant("twice", extra_row=True),
    Plant("conflict", extra_row=True),
)


@dataclass(frozen=True)
class Planted:
    plant: Plant
    turn: int
    """The how-manieth of its kind, from 0."""


def spread(plants: Iterable[Plant], times: int, among: int, *, api: bool) -> dict[int, Planted]:
    """Positions for every difficulty, evenly among so many rows."""
    chosen = [Planted(plant, turn) for turn in range(times) for plant in plants if api or not plant.api_only]
    if len(chosen) > among:
        raise ValueError("more difficulties than rows")
    return {place * among // len(chosen): planted for place, planted in enumerate(chosen)}
