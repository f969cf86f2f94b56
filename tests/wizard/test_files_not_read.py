"""An unread file shows its own cause, on the progress page and in the list of files."""

import io
import re
import zipfile
from collections.abc import Mapping

import pytest

from app.migration.states import State
from app.problems import Problem, catalogue
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.product import MEGAN, Product
from tests.wizard.questionable import few, handed_over

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000280000002808020000") + b"\0" * 64


def cut_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Patients.csv", "Patient ID,First Name,Last Name\n" + "1,A,B\n" * 5000)
    return out.getvalue()[: len(out.getvalue()) // 2]


def letter() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types/>')
        archive.writestr("word/document.xml", "<document/>")
    return out.getvalue()


ALONE: Mapping[str, tuple[str, bytes]] = {
    "zip_damaged": ("cut.zip", cut_zip()),
    "file_is_picture": ("photo.png", PNG),
    "file_is_document": ("letter.docx", letter()),
    "file_not_text": ("patients.csv", b"\x00\x01\x02\xff\xfe\x00" * 400),
    "unrecognised_file": ("wrong.txt", b"just a line of text\n"),
    "shortcut_not_file": ("Patients.lnk", b"L\0\0\0" * 20),
    "unfinished_download": ("Patients.csv.crdownload", b"Patient ID,First"),
}


@pytest.mark.parametrize("code", ALONE)
def test_where_reading_stops_each_file_is_named_with_its_cause(product_at: At, code: str) -> None:
    product, (name, data) = product_at("preparing"), ALONE[code]
    megan, at = product.visitor(MEGAN), product.at
    done(megan.post(f"{at}/handover/upload", files={"files": (name, data)}))
    product.work()
    assert product.state() is State.READING_FAILED
    page = megan.get(f"{at}/progress")
    cause = Problem(code, details={"source": "Cliniko"})
    shown = words(page)
    assert name in shown
    assert shown.index("There is no readable file of clients") < shown.index(cause.title)
    assert cause.todo in shown
    assert "Try again" not in shown
    assert "Hand over another export" in shown


def test_files_with_the_same_cause_share_a_note_with_their_number_and_names(product_at: At) -> None:
    product, (_, data) = product_at("preparing"), ALONE["file_is_picture"]
    megan, at = product.visitor(MEGAN), product.at
    sent = [("files", (f"photo-{number}.png", data + bytes([number]))) for number in range(3)]
    done(megan.post(f"{at}/handover/upload", files=sent))
    product.work()
    answer = megan.get(f"{at}/progress")
    shown, title = words(answer), Problem("file_is_picture").title
    assert shown.count(title) == 1
    assert f"{title}: 3 files photo-0.png , photo-1.png , photo-2.png" in shown
    labels = re.findall(r'<section class="note[^"]*" aria-labelledby="([^"]+)"', answer.text)
    assert len(set(labels)) == len(labels)


def test_trying_again_is_offered_where_the_trouble_is_not_in_the_files(product_at: At) -> None:
    product = product_at("preparing")
    product.put(state=State.READING_FAILED.value, problem=None)
    assert "Try again" in words(product.visitor(MEGAN).get(f"{product.at}/progress"))


@pytest.mark.parametrize("code", ["file_is_picture", "file_is_document", "shortcut_not_file", "unfinished_download"])
def test_an_unread_file_keeps_its_own_words_among_other_files(product_at: At, code: str) -> None:
    name, data = ALONE[code]
    product: Product = handed_over(product_at("preparing"), {**few(), name: data})
    for page in ("files", "handover"):
        shown = words(product.visitor(MEGAN).get(f"{product.at}/{page}"))
        assert catalogue()[code].title in shown
        assert "No table" not in shown


def test_before_a_trial_files_are_counted_as_files(product_at: At) -> None:
    product = handed_over(product_at("preparing"), {**few(), "photo.png": PNG, "letter.docx": letter()})
    shown = words(product.visitor(MEGAN).get(f"{product.at}/problems"))
    assert "2 files did not come across" in shown
