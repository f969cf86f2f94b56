"""A client's files: listed by folder, opened by readers with the right, recorded first, and harmless."""

import hashlib
import re

import pytest
from sqlmodel import col, select

from app.caspen.tables import File
from app.migration.models import AuditEntry
from app.reading.attachment_storage import attachment_key, attachments_prefix
from app.records.reader_rights import Reader
from tests.conftest import At
from tests.harness.page_text import words
from tests.harness.product import ANA, MEGAN, RICK, VERA, Product


def some_file(product: Product, content_type: str, store: str = "trial") -> File:
    caspen = product.runtime.caspen
    chosen = caspen.trial(product.migration_id, 1) if store == "trial" else caspen.live
    with chosen.database.read() as session:
        asked = select(File).where(File.content_type == content_type).order_by(col(File.id))
        return session.exec(asked).all()[0]


def address(product: Product, file: File) -> str:
    return f"{product.at}/clients/{file.client_id}/files/{file.id}"


def test_files_are_listed_by_folder_with_size_type_and_day(shown_at: At) -> None:
    product = shown_at("reviewing")
    file = some_file(product, "application/pdf")
    page = product.visitor(RICK).get(f"{product.at}/clients/{file.client_id}/files")
    text = words(page)
    assert file.name in text
    assert file.folder in text
    assert re.search(r"PDF", text)
    assert f'href="{address(product, file)}"' in page.text
    assert "Private: clients do not see these" in text


@pytest.mark.parametrize(
    ("content_type", "how", "media"),
    [
        ("application/pdf", "inline", "application/pdf"),
        ("image/png", "inline", "image/png"),
        ("text/plain", "attachment", "application/octet-stream"),
    ],
)
def test_a_file_opens_with_its_own_bytes_and_restrictive_headers(
    shown_at: At, content_type: str, how: str, media: str
) -> None:
    product = shown_at("reviewing")
    file = some_file(product, content_type)
    answer = product.visitor(MEGAN).get(address(product, file))
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest() == file.sha256
    assert answer.headers["content-disposition"].startswith(f"{how}; filename=")
    assert answer.headers["content-type"] == media
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_opening_a_file_is_written_down_without_its_name(shown_at: At) -> None:
    product = shown_at("reviewing")
    file = some_file(product, "image/png")
    product.visitor(MEGAN).get(address(product, file))
    with product.runtime.ledger.read() as session:
        entry = session.exec(
            select(AuditEntry).where(AuditEntry.act == "file_opened").order_by(col(AuditEntry.id).desc())
        ).first()
    assert entry is not None
    assert entry.facts == {"client": file.client_id, "file": file.id}


def test_who_may_not_see_clients_opens_no_file(shown_at: At) -> None:
    product = shown_at("reviewing")
    file = some_file(product, "image/png")
    for person in (VERA, ANA):
        assert product.visitor(person).get(address(product, file)).status_code in (403, 404)


def test_who_may_not_read_clinical_notes_sees_the_list_and_opens_nothing(
    shown_at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = shown_at("reviewing")
    file = some_file(product, "image/png")
    monkeypatch.setattr("app.wizard.trial_view.reader_of", lambda *_: Reader(clinical=False, confidential=False))
    rick = product.visitor(RICK)
    page = rick.get(f"{product.at}/clients/{file.client_id}/files")
    assert "Only those who may read clinical notes in Caspen open files" in words(page)
    assert address(product, file) not in page.text
    assert rick.get(address(product, file)).status_code == 403


def test_another_clients_address_and_an_unknown_file_return_404(shown_at: At) -> None:
    product = shown_at("reviewing")
    each, other = some_file(product, "image/png"), some_file(product, "application/pdf")
    megan = product.visitor(MEGAN)
    assert megan.get(f"{product.at}/clients/{other.client_id}/files/{each.id}").status_code == 404
    assert megan.get(f"{product.at}/clients/{each.client_id}/files/fil_nothing").status_code == 404


def test_a_file_whose_content_was_changed_is_not_given_out(product_at: At) -> None:
    product = product_at("reviewing")
    file = some_file(product, "application/pdf")
    path = product.runtime.objects.root / attachment_key(attachments_prefix(product.migration_id, 1), file.sha256)
    data = bytearray(path.read_bytes())
    data[60] ^= 1
    path.write_bytes(data)
    answer = product.visitor(MEGAN).get(address(product, file))
    assert answer.status_code >= 400
    assert b"%PDF" not in answer.content


def test_live_files_open_in_the_sandbox(shown_at: At) -> None:
    product = shown_at("finalised")
    file = some_file(product, "image/png", "live")
    at = f"/sandbox/{file.workspace_id}/clients/{file.client_id}/files"
    visitor = product.visitor(MEGAN)
    assert file.name in words(visitor.get(at))
    assert hashlib.sha256(visitor.get(f"{at}/{file.id}").content).hexdigest() == file.sha256


def test_a_files_page_shows_its_folder_and_no_internal_columns(shown_at: At) -> None:
    product = shown_at("reviewing")
    file = some_file(product, "application/pdf")
    text = words(product.visitor(MEGAN).get(f"{product.at}/records/files/{file.id}"))
    assert "Place in the export" in text
    assert file.name in text
    assert "found_" not in text
    assert "folder_name" not in text
