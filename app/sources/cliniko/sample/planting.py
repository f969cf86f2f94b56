"""The plants of a sample: difficult rows as real exports have them, with the problems that an import must report.

The expectation counts as follows:

* `possible_duplicate_patient` and `same_name`: each row of the pair, so that a pair counts 2. With equal dates of
  birth, a pair has `possible_duplicate_patient` only.
* `id_conflict_newest_used`: the older rows, which are skipped. The newest row is created without a problem.
* `duplicate_row`: the further rows, which are skipped.
* `merged_patient_redirected` and `deleted_in_source`: the patient's own row. Rows that belong to a merged patient move
  to the surviving patient without a problem.
* `parent_not_imported`: each appointment and each note of a held or deleted patient.
* `past_appointment_unmarked`: imported rows that ended before the import and are neither arrived, missed nor cancelled.
  `Expectation.at(moment)` counts for an import after the day of the export.
* `appointment_case_unknown` and `template_unknown`: a few ordinary visits and notes each.
* `appointment_type_created_from_name`: one appointment for each unknown name (csv) or id (API), so that there are as
  many warnings as new services.
* `appointment_note_truncated`: one row with two records, the appointment and a communication with the whole text.
* `attendance_conflict`: arrived and did-not-arrive, or cancelled and arrived.
* `appointment_location_defaulted`: a row without a business, as the clinic has several.
* `price_unknown`: every appointment type without a price: all types in an API file, none in a csv file.
* `duration_defaulted`: 0 minutes.
* `bad_date_of_birth`: a date in the future, before 1900, or not in the calendar.
* `bad_phone`: equal words in PhoneMobile and Mobile Phones are one warning of the row.
* `test_record_suspected`: the first name alone is `Test` or `asdf`.
* `patient_name_partial`: exactly one of the two names is empty.
* `field_without_destination`: once for each filled Time Zone of an imported patient.
* `archived_state_unknown`: once for each csv file of patients.
* `unknown_columns`: once for the practitioners file, which has one unknown column (`Parking Bay`).
* `partial_export`: once for each slice with dates in its name, although the slices have no gap.
* `kind_absent`: once for each imported kind without a file.
* `kind_not_imported`: every row of a kind that is never imported; all its rows are skipped.
* `radio_multiple_selected`, `body_chart_not_imported`, `html_sanitised`: once for each note.
* `note_empty`: an empty list of sections. A section with only a description is content.
* `bad_json`: content that is not JSON; the row is held.
* A practitioner who left is not active, has no archive time, and has no problem.
* A practitioner without a row: appointments are held (`practitioner_unknown`), notes keep the author's name.
* Custom field values of details: one for each filled cell in the 13 columns that become custom fields. `false` and the
  word None are filled cells.
* A row that is held or skipped reports its reason alone.
* `referrer_not_found` and `referrer_ambiguous`: the patient's row; two doctors with one name, in csv files. Patients
  name a doctor without a title.
* `same_name` and `possible_duplicate_patient`: patients alone. Two contacts with one name are no problem.
* `duplicate_name` of templates: the later template. Forms do not match a name that two templates have.
* `contact_type_conflict`: a word and a code that differ, in API files alone. The tag of an archived contact
  is no record.
* `case_balance_check`: each created case with a limit. A case with both limits has `case_two_limits`, too.
* Availability has one row for each list (API) or slot (csv), and one record for each slot. Without a slot:
  `empty_value`. `bad_interval` is skipped in availability, and held in other kinds. Slots overlap at one location only.
* Custom fields: one record for each field. A repeated row is a `duplicate_row`. Tokens are no ids, so that
  `id_not_numeric` does not apply.
* Custom field values: an undefined field, and the text companion of a field for dates, are one further custom field
  each. A value that differs from the cell in the patients file has priority, is created, and makes no second record.
  Answers in the patients file are cells, not rows.
* A class is one row and one record of a group, with one appointment for each client in the row; where the export has
  attendees, their rows make the appointments. An unknown client is a warning of the row. A class without clients is
  skipped when past, and a busy time with a warning when ahead.
* `group_attendance_unknown`: some clients cancelled, and the export has no attendees. The class is marked as arrived,
  so that `past_appointment_unmarked` does not apply.
* A row of attendees for a visit of one client is created, and makes no record.
* Busy times in a csv file of appointments count as appointments. A block without a business is
  `appointment_location_defaulted`.
* `form_template_matched_by_name`: each created form with the name of exactly one template.
* `html_sanitised`: a message with a remote picture or a script.
* Messages about the account: codes 11 and 21 to 45; csv files have a word for 11 alone.
* Files: a file in `Patient files` that no row of the index names counts as a row. Paths are relative to the index. Of
  two files with equal bytes the second is the duplicate; of `Scan.pdf` and `scan.pdf` in one folder the second is
  renamed. Printed notes and forms are in no index: `note_as_document` and `form_as_document` are their only problems.
* Notes as pages: a page without an id in its name has `synthetic_key_used` alone. The day in the name has no time zone.
* Categories, referral types and cancellation reasons: one record for each name in imported rows. One tax with rate 0
  for all types.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """A kind of difficult row: the problems that an import reports, and the outcome of the row."""

    name: str
    codes: tuple[str, ...] = ()
    outcome: str = "created"
    api_only: bool = False
    """Possible only where the patients file is from Cliniko's API."""
    childless: bool = False
    """Ordinary visits and notes do not refer to this client."""
    extra_row: bool = False
    """A second row with the same id."""
    by_api: bool = False
    """Possible only where the kind's own file is from Cliniko's API."""


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
    """One occurrence of a plant."""

    plant: Plant
    turn: int
    """The number of the occurrence among those of its plant, from 0."""


def spread(plants: Iterable[Plant], times: int, among: int, *, api: bool) -> dict[int, Planted]:
    """Every plant `times` times, by row index, evenly spread among `among` rows.

    Raises ValueError where there are more plants than rows.
    """
    chosen = [Planted(plant, turn) for turn in range(times) for plant in plants if api or not plant.api_only]
    if len(chosen) > among:
        raise ValueError("more difficulties than rows")
    return {place * among // len(chosen): planted for place, planted in enumerate(chosen)}
