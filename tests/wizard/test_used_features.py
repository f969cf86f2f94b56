"""Used features are ticked before the export. The server requires an acknowledgement of missing kinds by name."""

import pytest
from httpx import Response

from app.migration.states import State
from app.sources import source
from tests.conftest import At
from tests.harness.page_text import absent, done, headline, typed, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import MEGAN, VERA, Product
from tests.wizard.exports import unzipped, without, zipped

EVERYTHING = ["appointments", "notes", "note_templates", "contacts", "cases", "files", "forms", "form_templates"]


def tick(product: Product, *uses: str) -> Response:
    answer: Response = product.visitor(MEGAN).post(f"{product.at}/uses", data={"uses": list(uses)})
    return answer


def count(product: Product, **numbers: str) -> Response:
    form = {f"count-{kind}": number for kind, number in numbers.items()}
    answer: Response = product.visitor(MEGAN).post(f"{product.at}/uses/counts", data=form)
    return answer


def hand_over(product: Product, export: bytes) -> None:
    sent = {"files": ("export.zip", export)}
    done(product.visitor(MEGAN).post(f"{product.at}/handover/upload", files=sent))
    product.work()
    assert product.state() is State.MATCHING


def asked(product: Product) -> list[str]:
    return absent(product.visitor(MEGAN).get(f"{product.at}/handover"))


def test_usual_features_are_ticked_and_the_answer_is_kept(product_at: At) -> None:
    product = product_at("preparing")
    page = product.visitor(MEGAN).get(f"{product.at}/uses")
    assert headline(page) == "What do you use in Cliniko?"
    assert page.text.count(" checked") == 3
    assert product.move().uses is None
    assert done(tick(product, "notes", "cases")).headers["location"] == f"{product.at}/uses/counts"
    assert product.move().uses == ["cases", "notes"]
    again = product.visitor(MEGAN).get(f"{product.at}/uses")
    assert again.text.count(" checked") == 2
    entry = next(entry for entry in product.audit() if entry.act == "save_uses")
    assert entry.facts["uses"] == ["cases", "notes"]


@pytest.mark.parametrize("uses", [[], ["no_such_thing"]])
def test_the_page_wants_an_answer(product_at: At, uses: list[str]) -> None:
    product = product_at("preparing")
    answer = tick(product, *uses)
    assert answer.status_code == 422
    assert "or that it is none of these" in words(answer)
    assert product.move().uses is None


def test_contradicting_ticks_are_explained(product_at: At) -> None:
    product = product_at("preparing")
    for uses in [[use] for use in source(None).uses] + [list(source(None).uses)]:
        answer = tick(product, "nothing_else", *(use.name for use in uses))
        assert answer.status_code == 422
        text = words(answer)
        assert "Both cannot be so. Untick \u201cNone of these: only the list of clients\u201d" in text
        labels = "\u201d, \u201c".join(use.words for use in uses)
        assert f"and also \u201c{labels}\u201d" in text
        assert product.move().uses is None


def test_a_clinic_can_use_none_of_the_features(product_at: At) -> None:
    product = product_at("preparing")
    done(tick(product, "nothing_else"))
    assert product.move().uses == []
    hand_over(product, without("treatment", "appointments"))
    assert asked(product) == []


def test_only_used_features_are_asked_about(product_at: At) -> None:
    product = product_at("preparing")
    done(tick(product, "notes", "appointments"))
    hand_over(product, without("treatment notes", "communications", "treatment_notes"))
    assert asked(product) == ["treatment_notes"]


def test_a_kind_in_columns_of_another_file_is_not_missing(product_at: At) -> None:
    product = product_at("preparing")
    done(tick(product, "custom_fields"))
    files = unzipped()
    bare = {name: data for name, data in files.items() if "custom" not in name.lower()}
    hand_over(product, zipped(bare))
    assert b"Custom: " in next(data for name, data in files.items() if "Patients" in name)
    assert "custom_fields" not in asked(product)


def test_ticks_that_change_after_reading_are_asked_about_again_and_no_trial_starts(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/checklist/services", data={"way": "bring"}))
    done(tick(product, "nothing_else"))
    hand_over(product, without("treatment notes", "treatment_notes"))
    done(megan.post(f"{product.at}/handover/found"))
    product.close_gaps()
    assert done(tick(product, "notes")).headers["location"] == f"{product.at}/handover"
    refused = megan.post(f"{product.at}/matches", data={"act": "start", "show": "practitioners"})
    assert refused.status_code == 422
    assert "Add 1 kind to your export, or say that it need not come" in words(refused)
    assert product.state() is State.MATCHING
    done(megan.post(f"{product.at}/handover/found", data={"absent": ["treatment_notes"]}))
    done(megan.post(f"{product.at}/matches", data={"act": "start", "show": "practitioners"}))
    assert product.state() is State.TRIALLING


def test_ticks_are_closed_once_a_trial_uses_them(product_at: At) -> None:
    product = product_at("reviewing")
    assert tick(product, "notes").status_code == 409
    page = product.visitor(MEGAN).get(f"{product.at}/uses")
    assert 'name="uses"' not in page.text


@pytest.mark.parametrize("number", ["12480", "12,480", "12 480", "12.480", " 12480 "])
def test_a_number_is_parsed_in_any_notation(product_at: At, number: str) -> None:
    product = product_at("preparing")
    assert done(count(product, patients=number)).headers["location"] == f"{product.at}/export"
    assert product.move().own_counts == {"patients": 12480}
    page = product.visitor(MEGAN).get(f"{product.at}/uses/counts")
    assert typed(page, "count-patients") == "12,480"


@pytest.mark.parametrize("number", ["many", "-5", "12,48", "1.5", "12345678901", "१२"])
def test_an_invalid_number_comes_back_as_typed(product_at: At, number: str) -> None:
    product = product_at("preparing")
    answer = count(product, patients=number, appointments="7")
    assert answer.status_code == 422
    assert "Type a whole number, for example 12,480, or leave it empty." in words(answer)
    assert typed(answer, "count-patients") == number
    assert typed(answer, "count-appointments") == "7"
    assert product.move().own_counts is None


def test_the_numbers_are_optional_and_can_be_removed(product_at: At) -> None:
    product = product_at("preparing")
    done(count(product))
    assert product.move().own_counts is None
    done(count(product, treatment_notes="12"))
    done(count(product, treatment_notes=""))
    assert product.move().own_counts == {}


def test_a_number_is_mended_at_the_review_and_not_after_the_move(product_at: At) -> None:
    product = product_at("reviewing")
    assert done(count(product, patients="40")).headers["location"] == f"{product.at}/review#complete"
    product = product_at("finalised")
    assert count(product, patients="40").status_code == 409


def test_viewers_cannot_tick(shown_at: At) -> None:
    product = shown_at("preparing")
    vera = product.visitor(VERA)
    assert vera.post(f"{product.at}/uses", data={"uses": "notes"}).status_code == 403
    assert vera.post(f"{product.at}/uses/counts", data={}).status_code == 403
    assert 'name="uses"' not in vera.get(f"{product.at}/uses").text
    assert 'name="count-patients"' not in vera.get(f"{product.at}/uses/counts").text


def test_a_complete_export_asks_nothing(product_at: At) -> None:
    product = product_at("preparing")
    done(tick(product, *EVERYTHING))
    hand_over(product, tiny_export())
    assert asked(product) == [kind for kind in asked(product) if kind == "patient_files"]
