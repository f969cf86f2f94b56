"""Provider numbers are kept as written, for one location or for all."""

from app.mapping.rows import Outcome
from tests.kinds.story import IDS, SYDNEY, mapped

KIND = "practitioner_reference_numbers"


def test_a_number_keeps_its_zeros_and_its_location() -> None:
    result = mapped(KIND)
    assert (result.outcome, result.codes) == (Outcome.CREATED, [])
    assert [result[c] for c in ("number", "label", "location_id")] == ["0012345A", "Provider #", SYDNEY]
    assert result["practitioner_id"] == IDS.derive("practitioners", "practitioners", "7")


def test_a_number_without_a_business_counts_everywhere() -> None:
    assert mapped(KIND, business_id="")["location_id"] is None


def test_a_row_without_a_number_is_skipped() -> None:
    result = mapped(KIND, reference_number="")
    assert (result.outcome, result.codes) == (Outcome.SKIPPED, ["empty_value"])


def test_a_number_without_a_practitioner_is_held() -> None:
    for result in (mapped(KIND, practitioner_id=""), mapped(KIND, lost=("practitioner_id",))):
        assert (result.outcome, result.codes) == (Outcome.HELD, ["reference_number_without_practitioner"])


def test_a_number_without_a_name_has_a_default_label() -> None:
    assert mapped(KIND, name="")["label"] == "Provider number"
