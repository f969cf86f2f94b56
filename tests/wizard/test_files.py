"""The files of an export, the pages of kinds, and a description without values."""

import json
from html import unescape

import pytest

from app.migration.states import State
from app.sources import source
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.product import ANA, MEGAN, OLIVE, RICK, VERA, Product
from tests.wizard.exports import zipped
from tests.wizard.questionable import REGISTER, cases_called_otherwise, few, handed_over, ordinary

FIRST, LAST = "Zebulon", "Quartermaine"
STREET, NUMBER, MAIL = "Nonesuch", "87654321987654321", "zebulon@quartermaine.example"
SECRETS = (FIRST, LAST, STREET, NUMBER, MAIL, "zebulon", "quartermaine", "1977-07-07", "07/07/1977", "0491570156")


def hiding() -> dict[str, bytes | str]:
    """Values wherever they could hide: cells, first rows, names of files and folders, JSON keys, titles, sheets."""
    person = f"{NUMBER},{FIRST},{LAST},1977-07-07,{MAIL},0491570156"
    other = "87654321987654399,Ann,Lee,1980-01-01,ann@lee.example,0491570157"
    names = next(data for name, data in few().items() if "/Patients-" in name)
    header = bytes(names).decode().split("\n")[0]  # type: ignore[arg-type]  # as it was in the zip
    return {
        **few(),
        "headerless.csv": f"{person}\n{other}\n{other}\n",
        "words only.csv": f"{FIRST},{LAST},{STREET}\nAnn,Lee,Sydney\nBob,Ray,Perth\n",
        "lower.csv": f"zebulon,quartermaine,{NUMBER}\nann,lee,1\nbob,ray,2\n",
        f"Letters/{LAST}, {FIRST}/{LAST} {NUMBER}.csv": "shape,weight\n1,2\n3,4\n",
        f"{FIRST} {LAST}.json": json.dumps({f"{FIRST} {LAST}": {"dob": "1977-07-07"}, MAIL: 1, "zebulon": 2}),
        "people.jsonl": "\n".join(
            json.dumps({a: b, "weight": 1}) for a, b in ((LAST, FIRST), ("Lee", "Ann"), ("Ray", "Bob"))
        ),
        "pivot.csv": f"Date,{FIRST} {LAST},{LAST}\n2026-01-01,3,4\n2026-01-02,5,6\n",
        "titled.csv": f"Of {FIRST} {LAST}\nPatient ID,Last Name,First Name,DOB\n{NUMBER},{LAST},{FIRST},1977-07-07\n",
        f"Patient files/{NUMBER} - {LAST}, {FIRST}/{FIRST}.txt": f"{FIRST} {LAST}",
        f"Patients of {FIRST} {LAST}-{source(None).label}-20261120.csv": f"{header}\n{NUMBER},Mx,{FIRST},{LAST}\n",
        f"19770707 {STREET}.txt": f"{FIRST} {LAST} lives in {STREET}",
        "broken.csv": f'Patient ID,First Name,Last Name,DOB\n{NUMBER},"{FIRST},{LAST}\n',
    }


def described(product: Product, email: str = MEGAN) -> str:
    answer = product.visitor(email).get(f"{product.at}/files/description.txt")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"
    text: str = answer.text
    return text


def test_a_description_has_patterns_and_counts_but_no_value(product_at: At) -> None:
    product = handed_over(product_at("preparing"), hiding())
    text = described(product)
    leaked = [secret for secret in SECRETS if secret in text]
    assert leaked == []
    assert "Patient ID: " in text
    assert "Date of Birth: date YYYY-MM-DD" in text
    assert "17 digits" in text
    assert "columns are told by number" in text
    assert "columns apart by: comma" in text
    assert "letters: utf-8" in text
    assert "could not be read: csv_unclosed_quote" in text
    assert text.count("\nFile ") == len(few()) + 11
    assert "export_described" in product.acts()


def test_supports_pages_redact_names_that_may_hold_values(product_at: At) -> None:
    product = handed_over(product_at("preparing"), hiding())
    ana = product.visitor(ANA)
    pages = [ana.get(f"/support/{product.migration_id}")]
    with product.runtime.ledger.read() as session:
        from app.migration.exports import files_of

        files = files_of(session, product.migration_id, product.move().export_number)
    pages += [ana.get(f"/support/{product.migration_id}/files/{f.number}") for f in files if not f.path.endswith("/")]
    assert all(page.status_code == 200 for page in pages)
    for page in pages:
        main = unescape(page.text).split("<main", 1)[1].split('id="problems"')[0]
        assert [secret for secret in SECRETS if secret in main] == []


def test_an_export_that_could_not_be_read_is_described_too(product_at: At) -> None:
    product = handed_over(product_at("preparing"), {"headerless.csv": hiding()["headerless.csv"]})
    assert product.state() is State.READING_FAILED
    text = described(product)
    assert "could not be read: header_missing" in text
    assert not [secret for secret in SECRETS if secret in text]
    shown = words(product.visitor(MEGAN).get(f"{product.at}/progress"))
    assert "A description of my export" in shown
    assert "A description of my export" in words(product.visitor(MEGAN).get(f"{product.at}/help"))


def test_a_damaged_zip_is_described_by_its_damage(product_at: At) -> None:
    product = product_at("preparing")
    half = zipped(few())[:3000]
    done(product.visitor(MEGAN).post(f"{product.at}/handover/upload", files={"files": ("export.zip", half)}))
    product.work()
    text = described(product)
    assert "zip_damaged" in text


def test_every_file_is_listed_with_its_detected_kind(product_at: At) -> None:
    product = handed_over(product_at("preparing"), cases_called_otherwise())
    page = product.visitor(MEGAN).get(f"{product.at}/files")
    assert headline(page) == "5 files in your export"
    text = words(page)
    assert "1 file waits for you to say what it is." in text
    assert "We do not know it Tell us what this is : " + REGISTER in text
    assert "Clients Read Look or change" in text


@pytest.mark.parametrize(
    ("email", "status", "way"),
    [(MEGAN, 200, "Look or change"), (RICK, 200, "See what is in it"), (VERA, 200, ""), (OLIVE, 404, "")],
)
def test_who_may_not_see_cells_gets_no_way_to_them(shown_at: At, email: str, status: int, way: str) -> None:
    product = shown_at("matching")
    answer = product.visitor(email).get(f"{product.at}/files")
    assert answer.status_code == status
    assert [words_of for words_of in ("Look or change", "See what is in it") if words_of in words(answer)] == [
        way
    ] * bool(way)
    assert ("/files/1" in answer.text) is bool(way)


def test_reading_again_twice_is_once_and_needs_an_admin(product_at: At) -> None:
    product = ordinary(product_at("preparing"))
    assert product.visitor(VERA).post(f"{product.at}/files").status_code == 403
    done(product.visitor(MEGAN).post(f"{product.at}/files"))
    answer = done(product.visitor(MEGAN).post(f"{product.at}/files"))
    assert answer.headers["location"] == f"{product.at}/progress"
    assert product.move().export_number == 2
    product.work()
    assert product.state() is State.MATCHING
    leaked = words(product.visitor(MEGAN).get(f"{product.at}/handover"))
    assert "The number of rows of each kind is as it was before." in leaked


def test_an_export_whose_copy_is_gone_is_not_read_again(product_at: At) -> None:
    product = ordinary(product_at("preparing"))
    product.put(wrapped_key="")
    answer = product.visitor(MEGAN).post(f"{product.at}/files")
    assert answer.status_code == 409
    assert "Our copy of the export is not here" in words(answer)
    assert product.state() is State.MATCHING
    assert product.visitor(MEGAN).get(f"{product.at}/files/description.txt").status_code == 404


@pytest.mark.parametrize("kind", [kind.name for kind in source(None).kinds])
def test_every_kind_marks_its_confirmed_names(shown_at: At, kind: str) -> None:
    product = shown_at("matching")
    page = product.visitor(MEGAN).get(f"{product.at}/files/kinds/{kind}")
    assert page.status_code == 200
    described_kind = source(None).kind(kind)
    assert all(p.column.native in unescape(page.text) for p in described_kind.columns if p.column.native)


def test_names_of_clients_are_confirmed_and_those_of_cases_assumed(shown_at: At) -> None:
    megan, at = shown_at("matching").visitor(MEGAN), shown_at("matching").at
    clients = words(megan.get(f"{at}/files/kinds/patients"))
    assert "Medicare Number medicare Confirmed" in clients
    assert "Patient ID needed id Confirmed the row's own number" in clients
    cases = words(megan.get(f"{at}/files/kinds/patient_cases")).replace(" _", "_")
    assert "Max Sessions max_sessions Assumed" in cases
    assert megan.get(f"{at}/files/kinds/horoscopes").status_code == 404


def test_the_contents_page_links_to_kinds_files_and_description(product_at: At) -> None:
    product = handed_over(product_at("preparing"), cases_called_otherwise())
    page = product.visitor(MEGAN).get(f"{product.at}/handover")
    for target in ("files", "files/description.txt", "files/kinds/patients"):
        assert f'href="{product.at}/{target}"' in page.text
    assert "1 file that we do not know" in words(page)
    assert "Tell us what this is" in words(page)
