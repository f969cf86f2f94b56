"""Provider numbers come across as they are written, for one location or for all."""

from app.mapping.rows import Outcome
from tests.kinds.story import IDS, SYDNEY, told

KIND = "practitioner_reference_numbers"


def test_a_number_keeps_its_zeros_and_its_place() -> None:
    found = told(KIND)
    assert (found.outcome, found.codes) == (Outcome.CREATED, [])
    assert [found[c] for c in ("number", "label", "location_id")] == ["0012345A", "Provider #", SYDNEY]
    assert found["practitioner_id"] == IDS.derive("practitioners", "practitioners", "7")


def test_a_number_without_a_business_counts_everywhere() -> None:
    assert told(KIND, business_id="")["location_id"] is None


def test_a_row_without_a_number_is_skipped() -> None:
    found = told(KIND, reference_number="")
    assert (found.outcome, found.codes) == (Outcome.SKIPPED, ["empty_value"])


def test_a_number_of_nobody_waits() -> None:
    for found in (told(KIND, practitioner_id=""), told(KIND, lost=("practitioner_id",))):
        assert (found.outcome, found.codes) == (Outcome.HELD, ["reference_number_without_practitioner"])


def test_a_number_without_a_name_has_a_label_all_the_same() -> None:
    assert told(KIND, name="")["label"] == "Provider number"
