"""Handover of the export by upload or link, and the contents page."""

import re

import pytest
from httpx import Response

from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import absent, done, headline, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import GRACE, MEGAN, VERA, Product
from tests.wizard.exports import changed, only_patients, unzipped, without, zipped

READ = re.compile(r"We read [\d,]{3,} rows of \d+ kinds")


def upload(product: Product, *files: tuple[str, bytes]) -> Response:
    sent = [("files", file) for file in files]
    answer: Response = product.visitor(MEGAN).post(f"{product.at}/handover/upload", files=sent)
    return answer


def show_contents(product: Product) -> Response:
    answer: Response = product.visitor(MEGAN).get(f"{product.at}/handover")
    return answer


def stored_bytes(product: Product) -> int:
    folder = product.settings.var / "objects"
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_the_ways_to_hand_over_are_shown(product_at: At) -> None:
    product = product_at("preparing")
    page = show_contents(product)
    assert headline(page) == "Hand over your export"
    assert "Or upload the files" in words(page)
    assert "Paste a link" in words(page)


def test_an_uploaded_export_is_fetched_and_read(product_at: At) -> None:
    product = product_at("preparing")
    answer = done(upload(product, ("export.zip", tiny_export())))
    assert answer.headers["location"] == f"{product.at}/progress"
    assert product.state() is State.FETCHING
    assert {mail.recipient for mail in product.mails("received")} == {MEGAN, GRACE}
    product.work()
    assert product.state() is State.MATCHING
    assert READ.fullmatch(headline(show_contents(product)))
    assert {mail.recipient for mail in product.mails("ready_to_match")} == {MEGAN, GRACE}


def test_several_files_form_a_single_export(product_at: At) -> None:
    product = product_at("preparing")
    files = [(name.rsplit("/", 1)[1], data) for name, data in unzipped().items()]
    done(upload(product, *files))
    product.work()
    assert READ.fullmatch(headline(show_contents(product)))
    assert f"{len(files)} files" in words(show_contents(product))


def test_nothing_of_an_upload_is_on_the_disk_in_the_clear(product_at: At) -> None:
    product = product_at("preparing")
    done(upload(product, ("patients.csv", b"id,first_name,last_name\n1,Zebulon,Quartermaine\n")))
    everywhere = b"".join(path.read_bytes() for path in product.settings.var.rglob("*") if path.is_file())
    assert b"Quartermaine" not in everywhere


@pytest.mark.parametrize("files", [[], [("", b"")]])
def test_the_page_asks_for_a_missing_file(product_at: At, files: list[tuple[str, bytes]]) -> None:
    product = product_at("preparing")
    if files:
        answer = upload(product, *files)
    else:
        body = b'--x\r\nContent-Disposition: form-data; name="files"; filename=""\r\n\r\n\r\n--x--\r\n'
        answer = product.visitor(MEGAN).post(
            f"{product.at}/handover/upload", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
        )
    assert answer.status_code == 422
    assert product.state() is State.PREPARING


def test_an_empty_file_is_named_and_not_stored(product_at: At) -> None:
    product = product_at("preparing")
    before = stored_bytes(product)
    answer = upload(product, ("export.zip", b""))
    assert answer.status_code == 422
    assert "This file is empty: 0 bytes." in words(answer)
    assert stored_bytes(product) == before
    assert product.state() is State.PREPARING


def test_an_empty_file_among_others_is_ignored(product_at: At) -> None:
    product = product_at("preparing")
    done(upload(product, ("export.zip", tiny_export()), ("empty.csv", b"")))
    product.work()
    assert READ.fullmatch(headline(show_contents(product)))


def test_an_upload_that_is_cut_short_leaves_nothing_behind(product_at: At) -> None:
    product = product_at("preparing")
    before = stored_bytes(product)
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="export.zip"\r\n\r\nhalf of the'
    answer = product.visitor(MEGAN).post(
        f"{product.at}/handover/upload", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert answer.status_code == 422
    assert "The upload ended before all of it was here." in words(answer)
    assert stored_bytes(product) == before
    assert product.state() is State.PREPARING


def test_more_files_than_are_taken_are_refused_whole(product_at: At) -> None:
    product = product_at("preparing")
    before = stored_bytes(product)
    answer = upload(product, *[(f"{n}.csv", b"x") for n in range(201)])
    assert answer.status_code == 422
    assert "These are more than 200 files." in words(answer)
    assert stored_bytes(product) == before


def test_a_form_that_is_no_upload_is_answered_calmly(product_at: At) -> None:
    product = product_at("preparing")
    answer = product.visitor(MEGAN).post(f"{product.at}/handover/upload", data={"files": "x"})
    assert answer.status_code == 422
    assert headline(answer) == "Hand over your export"


WRONG = {
    "an empty zip": ("export.zip", zipped({})),
    "a document with another name": ("patients.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"),
    "a zip of pictures": ("export.zip", zipped({"cat.jpg": b"\xff\xd8\xff\xe0 JFIF"})),
    "an export without clients": ("export.zip", without("patients")),
    "half a zip": ("export.zip", tiny_export()[:5000]),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_file_that_is_no_export_stops_with_a_reason_and_can_be_replaced(product_at: At, what: str) -> None:
    product = product_at("preparing")
    done(upload(product, WRONG[what]))
    product.work()
    assert product.state() is State.READING_FAILED, what
    megan = product.visitor(MEGAN)
    page = megan.see(product.at)
    assert headline(page) == "Reading your export stopped, nothing is lost"
    code = product.move().problem_code
    assert code in page.text
    assert "{" not in words(page)
    assert "…" not in words(page).replace("choose…", "")
    assert [mail.params["code"] for mail in product.mails("failed")] == [code, code]
    assert megan.get(f"{product.at}/handover").headers["location"] == product.at, "nothing can be handed over now"
    done(megan.post(f"{product.at}/handover/replace"))
    done(upload(product, ("export.zip", tiny_export())))
    product.work()
    assert product.state() is State.MATCHING


def test_another_clinics_export_is_warned_about(product_at: At) -> None:
    product = product_at("preparing")

    def other_places(row: dict[str, str]) -> dict[str, str]:
        names = {"Business Name": "Mount Elsewhere", "Display Name": f"Dr {row.get('Practitioner ID', '')} Elsewhere"}
        person = {"First Name": "Dr", "Last Name": f"E{row.get('Practitioner ID', '')}", "Email": ""}
        return row | {key: value for key, value in (names | person).items() if key in row}

    files = unzipped(changed("businesses", other_places))
    files |= {n: d for n, d in unzipped(changed("practitioners", other_places)).items() if "Practitioners" in n}
    files |= {n: d for n, d in unzipped(changed("users", other_places)).items() if "Users" in n}
    files = {name.replace("Harbour Street Physiotherapy", "Elsewhere"): data for name, data in files.items()}
    done(upload(product, ("export.zip", zipped(files))))
    product.work()
    text = words(show_contents(product))
    assert re.search(r"Your workspace has none of the names in this export: \d+ locations? and \d+ practitioners", text)
    assert "Is it your export?" in text


def test_the_clinics_own_export_causes_no_warning(shown_at: At) -> None:
    assert "Is it your export?" not in words(show_contents(shown_at("matching")))


def test_an_export_with_a_date_filter_is_warned_about_before_any_trial(product_at: At) -> None:
    product = product_at("preparing")
    files = {
        name.replace("Appointments-Cliniko-20261120", "Appointments-Cliniko-20261120-From20260101-To20261120"): data
        for name, data in unzipped().items()
    }
    done(upload(product, ("export.zip", zipped(files))))
    product.work()
    text = words(show_contents(product))
    assert "Appointments: only 1 January 2026 to 20 November 2026 was exported" in text
    assert "that your export may not be whole" in text


def test_an_export_with_only_past_appointments_is_asked_about(product_at: At) -> None:
    product = product_at("preparing")

    def last_year(row: dict[str, str]) -> dict[str, str]:
        earlier = {key: f"2024{row[key][4:]}" for key in ("Start Time", "End Time") if row.get(key, "")[:4].isdigit()}
        return row | earlier

    done(upload(product, ("export.zip", changed("appointments", last_year))))
    product.work()
    assert "No appointment lies ahead" in words(show_contents(product))


def test_a_missing_kind_must_be_acknowledged_by_name(product_at: At) -> None:
    product = product_at("preparing")
    done(upload(product, ("export.zip", without("treatment", "appointments"))))
    product.work()
    megan, at = product.visitor(MEGAN), f"{product.at}/handover/found"
    missing = absent(show_contents(product))
    assert {"appointments", "treatment_notes"} <= set(missing)
    for ticked in ([], ["appointments"], ["appointments", "patients"]):
        answer = megan.post(at, data={"absent": ticked})
        assert answer.status_code == 422
        assert "need not come" in words(answer)
        assert product.move().found_acknowledged == 0
        assert all(f'value="{kind}" id="absent-{kind}" checked' in answer.text for kind in ticked if kind in missing)
    refused = megan.post(f"{product.at}/matches", data={"act": "start", "show": "practitioners"})
    assert "Look at what is in your export" in words(refused), "no trial before it is acknowledged"
    assert product.state() is State.MATCHING
    assert done(megan.post(at, data={"absent": missing})).headers["location"] == f"{product.at}/matches"
    assert product.move().found_acknowledged == 1


def test_an_export_of_clients_alone_is_read(product_at: At) -> None:
    product = product_at("preparing")
    done(upload(product, ("export.zip", only_patients("1,Ada,Lovelace,ada@x.example"))))
    product.work()
    assert headline(show_contents(product)) == "We read 1 row of 1 kind"


def test_another_export_can_replace_the_first(product_at: At) -> None:
    product = product_at("matching")
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/handover/replace"))
    again = done(megan.post(f"{product.at}/handover/replace"))
    assert again.headers["location"] == product.at, "pressed twice"
    assert product.acts().count("replace_export") == 1
    done(upload(product, ("other.zip", only_patients("1,Ada,Lovelace,"))))
    product.work()
    assert headline(show_contents(product)) == "We read 1 row of 1 kind"


@pytest.mark.parametrize("point", ["matching", "reviewing", "finalised"])
def test_an_export_that_is_too_late_is_refused_before_its_body(product_at: At, point: str) -> None:
    product = product_at(point)
    before = stored_bytes(product)
    answer = upload(product, ("export.zip", tiny_export()))
    assert answer.status_code == 409
    assert headline(answer).startswith("This step is over")
    assert stored_bytes(product) == before


def test_a_second_tab_learns_that_the_export_has_arrived(product_at: At) -> None:
    product = product_at("preparing")
    done(upload(product, ("export.zip", tiny_export())))
    answer = upload(product, ("export.zip", tiny_export()))
    assert answer.status_code == 409
    assert headline(answer) == "This step is over: your export is being fetched"
    assert show_contents(product).headers["location"] == product.at


def test_a_single_press_hands_over_the_sample(product_at: At) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    assert megan.post(f"{product.at}/handover/sample", data={"size": "huge"}).status_code == 404
    done(megan.post(f"{product.at}/handover/sample", data={"size": "small"}))
    assert product.state() is State.FETCHING
    assert megan.post(f"{product.at}/handover/sample", data={"size": "small"}).status_code == 409
    assert not list((product.settings.var / "scratch").rglob("sample-*"))


def test_viewers_see_the_contents_without_buttons(shown_at: At) -> None:
    product = shown_at("matching")
    page = product.visitor(VERA).get(f"{product.at}/handover")
    assert READ.fullmatch(headline(page))
    assert "handover/found" not in page.text
