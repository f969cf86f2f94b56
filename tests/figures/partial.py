"""An incomplete export never goes live unnoticed: each cut is reported, and ticked by name."""

from tests.figures.figure import Measure
from tests.figures.stories import run_tests

MEASURES: tuple[Measure, ...] = (
    Measure(
        "exports cut by dates, zips, pages or kinds: told before the trial, refused on the server until ticked by name",
        "every one of 12 ways",
        run_tests(
            "tests/wizard/test_doubts.py::test_it_is_told_before_the_trial_and_ticked_before_it_goes_live",
            "tests/wizard/test_doubts.py::test_what_is_used_and_lacks_is_ticked_once_more_by_name",
            "tests/wizard/test_doubts.py::test_the_clinics_own_number_is_ticked_when_nothing_explains_it",
            words="ways",
        ),
    ),
    Measure(
        "a kind that the clinic uses and that is absent: no trial starts until it is acknowledged by name",
        "refused by page, by checklist and by the server",
        run_tests(
            "tests/wizard/test_used_features.py::test_what_is_not_used_does_not_nag_and_what_is_used_is_asked_about",
            "tests/wizard/test_used_features.py::test_ticks_that_change_after_reading_are_asked_about_again_and_no_trial_starts",
            "tests/wizard/test_handover.py::test_a_kind_that_is_not_there_must_be_acknowledged_by_name",
            words="refusals",
        ),
    ),
    Measure(
        "first and last visits, states of notes, places and balances of the export, held against what came",
        "every difference told, none invented",
        run_tests("tests/trial/test_source_totals.py", words="claims"),
    ),
)
