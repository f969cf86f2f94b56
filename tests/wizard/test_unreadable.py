"""An export without clients: the page says the main reason first, and each further cause once."""

import re

from httpx import Response

from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.product import MEGAN, Product
from tests.wizard.exports import zipped

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"
NOTE = re.compile(r'<section class="note[^>]*>.*?<h2[^>]*>(.*?)</h2>', re.S)


def read(product: Product, export: bytes) -> Response:
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/handover/upload", files={"files": ("export.zip", export)}))
    product.work()
    assert product.state() is State.READING_FAILED
    answer: Response = megan.get(f"{product.at}/progress")
    return answer


def test_an_empty_zip_is_called_empty_on_the_page_and_in_the_mail(product_at: At) -> None:
    product = product_at("preparing")
    page = read(product, zipped({}))
    assert NOTE.findall(page.text) == ["There is no file in this export"]
    assert "The zip or folder that you handed over is empty." in words(page)
    assert "no readable file of clients" not in words(page)
    assert "Say what each file is" not in words(page), "there is no file to speak of"
    assert {mail.params["code"] for mail in product.mails("failed")} == {"export_empty"}


def test_many_files_with_one_cause_are_one_block_below_the_main_reason(product_at: At) -> None:
    product = product_at("preparing")
    photos = {f"Holiday/IMG_{number:03}.jpg": JPEG + number.to_bytes(2) for number in range(300)}
    page = read(product, zipped(photos))
    titles = NOTE.findall(page.text)
    assert titles == ["There is no readable file of clients in this export", "The file is a picture: 300 files"]
    assert "Holiday/IMG_000.jpg" in words(page).replace(" ", "")
    assert f'<a href="{product.at}/files">295 more files</a>' in page.text
    assert "Say what each file is" in words(page)
