"""The link check: a pasted link is checked, explained in the provider's words, and handed over if usable."""

import re
import time
from datetime import datetime, timedelta

import pytest
from httpx import Response
from sqlmodel import Session, select

from app.db import now
from app.migration.checked_links import ACT, MOST_AN_HOUR
from app.migration.models import AuditEntry
from app.migration.states import State
from app.migration.upload_tables import CheckedLink
from app.problems import catalogue
from app.worker.clean_up import sweep_orphans
from tests.conftest import At
from tests.harness.page_text import done, headline, typed, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import ANA, MEGAN, VERA, Product
from tests.links.fake_provider import Node
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.dropbox.fake import APP, PASSWORD, SECRET, Dropbox
from tests.links.providers.google_drive.fake import KEY, Google
from tests.links.providers.onedrive.fake import OneDrive

S3 = "https://riverbend.s3.ap-southeast-2.amazonaws.com/export.zip"


def paste(product: Product, link: str, **more: str) -> Response:
    answer: Response = product.visitor(MEGAN).post(f"{product.at}/link", data={"link": link, **more})
    return answer


def checked(product: Product, link: str, **more: str) -> Response:
    """The page of a link that is well."""
    assert done(paste(product, link, **more)).headers["location"] == f"{product.at}/link"
    page: Response = product.visitor(MEGAN).get(f"{product.at}/link")
    assert page.status_code == 200
    return page


def kept(product: Product) -> CheckedLink:
    with product.runtime.ledger.read() as session:
        return session.get_one(CheckedLink, product.migration_id)


def export_in(fake: Google | OneDrive | Dropbox, **more: object) -> Node:
    return fake.add("export.zip", ServedFile(text=tiny_export()), **more)


def test_each_provider_has_instructions_before_a_link_is_pasted(product_at: At) -> None:
    product = product_at("preparing")
    text = words(product.visitor(MEGAN).get(f"{product.at}/handover"))
    for provider in ("Google Drive", "Dropbox", "OneDrive", "OneDrive at work, SharePoint", "A direct link"):
        assert provider in text
    assert "Sharing with an e-mail address does not work" in text
    assert "Never verified with real links of Google Drive yet" in text
    assert "change Restricted to Anyone with the link" in text


def test_a_private_link_shows_the_providers_steps_and_opens_once_shared(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    drive = OneDrive(net)
    node = export_in(drive, private=True)
    answer = paste(product, drive.share(node))
    assert answer.status_code == 422
    assert "In OneDrive" in words(answer)
    assert "Choose Anyone with the link , Can view" in words(answer)
    assert "link_private" in answer.text
    assert "Upload the files instead" in words(answer)
    assert typed(answer, "link") == drive.share(node)
    assert kept(product).sealed_link is None, "what cannot be handed over is not kept"
    node.private = False
    page = checked(product, drive.share(node))
    assert headline(page) == "This link works"
    text = words(page)
    assert "OneDrive file, open to anyone with the link" in text
    assert "export.zip" in text
    assert "1 file" in text
    assert "It begins like a zip archive" in text
    assert "no end date" in text
    assert "There is room for it here" in text
    assert product.state() is State.PREPARING, "nothing is fetched before somebody says so"
    done(product.visitor(MEGAN).post(f"{product.at}/link/confirm"))
    assert product.state() is State.FETCHING
    assert kept(product).sealed_link is None
    product.work()
    assert product.state() is State.MATCHING


def test_a_folder_shows_its_number_of_files(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    drive = OneDrive(net)
    tree = {"one.zip": ServedFile(size=2_000_000), "more": {"two.zip": ServedFile(size=500_000)}}
    text = words(checked(product, drive.share(drive.folder(tree))))
    assert "see 2 files, 2.5 MB" in text
    assert "OneDrive folder" in text


def test_the_link_is_masked_outside_its_field(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(S3, ServedFile(text=tiny_export()))
    link = f"{S3}?X-Amz-Signature=canary-signature"
    page = checked(product, link)
    assert "canary-signature" not in page.text
    assert "canary-signature" not in product.visitor(VERA).get(f"{product.at}/link").text
    assert "canary-signature" not in product.visitor(MEGAN).get(f"{product.at}/handover").text
    assert "canary-signature" not in product.visitor(ANA).get(f"/support/{product.migration_id}").text
    ledger = b"".join(path.read_bytes() for path in product.settings.var.glob("ledger.sqlite*"))
    assert b"canary-signature" not in ledger


def test_a_failed_link_stays_only_in_its_field(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    drive = OneDrive(net)
    link = drive.share(export_in(drive, private=True))
    answer = paste(product, link)
    assert answer.status_code == 422
    assert typed(answer, "link") == link, "it is mended at its provider and looked at again: nobody pastes it twice"
    assert answer.text.count(link) == answer.text.count(link.rsplit("/", 1)[-1]) == 1
    assert answer.headers["cache-control"] == "no-store"
    for email, place in ((MEGAN, "handover"), (MEGAN, "history"), (VERA, "handover"), (VERA, "")):
        assert link.rsplit("/", 1)[-1] not in product.visitor(email).see(f"{product.at}/{place}".rstrip("/")).text
    ledger = b"".join(path.read_bytes() for path in product.settings.var.glob("ledger.sqlite*"))
    assert link.rsplit("/", 1)[-1].encode() not in ledger


def test_a_password_is_asked_for_and_kept_sealed(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    box = Dropbox(net)
    node = export_in(box)
    box.passwords[node.id] = PASSWORD
    asked = paste(product, box.share(node))
    assert asked.status_code == 422
    assert "link_password" in asked.text
    assert 'type="password"' in asked.text
    assert typed(asked, "link") == box.share(node)


def test_a_wrong_password_is_asked_for_again(
    product_at: At, net: FakeInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPBOX_APP_KEY", APP)
    monkeypatch.setenv("DROPBOX_APP_SECRET", SECRET)
    product = product_at("preparing")
    box = Dropbox(net)
    node = export_in(box)
    box.passwords[node.id] = PASSWORD
    wrong = paste(product, box.share(node), password="open sesame")
    assert "link_password_wrong" in wrong.text
    assert "open sesame" not in wrong.text
    assert "opens with your password" in words(checked(product, box.share(node), password=PASSWORD))
    ledger = b"".join(path.read_bytes() for path in product.settings.var.glob("ledger.sqlite*"))
    assert PASSWORD.encode() not in ledger
    done(product.visitor(MEGAN).post(f"{product.at}/link/confirm"))
    product.work()
    assert product.state() is State.MATCHING


def test_a_link_that_ends_too_soon_is_reported(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(S3, ServedFile(size=2_000_000_000))
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    text = words(checked(product, f"{S3}?X-Amz-Date={stamp}&X-Amz-Expires=60&X-Amz-Signature=x"))
    assert "The link may end before the download is done" in text


def test_another_kind_of_archive_is_named(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(S3, ServedFile(text=b"7z\xbc\xaf\x27\x1c" + bytes(500), name="export.7z"))
    answer = paste(product, S3)
    shown = words(answer) if answer.status_code == 422 else words(product.visitor(MEGAN).get(f"{product.at}/link"))
    assert "7z archive" in shown


def test_the_same_link_can_be_checked_again_or_forgotten(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    net.serve(S3, ServedFile(text=tiny_export()))
    checked(product, S3)
    assert "A link is waiting for you" in words(megan.get(f"{product.at}/handover"))
    assert done(megan.post(f"{product.at}/link/again")).headers["location"] == f"{product.at}/link"
    net.routes.clear()
    gone = megan.post(f"{product.at}/link/again")
    assert gone.status_code == 422
    assert "link_gone" in gone.text
    assert typed(gone, "link") == S3
    net.serve(S3, ServedFile(text=tiny_export()))
    checked(product, S3)
    done(megan.post(f"{product.at}/link/forget"))
    assert kept(product).sealed_link is None
    assert megan.get(f"{product.at}/link").headers["location"] == f"{product.at}/handover"
    for way in ("confirm", "again"):
        assert megan.post(f"{product.at}/link/{way}").headers["location"] == f"{product.at}/handover"
    assert product.state() is State.PREPARING


def test_a_link_that_is_not_handed_over_is_forgotten_after_a_day(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(S3, ServedFile(text=tiny_export()))
    checked(product, S3)
    sweep_orphans(product.runtime, now() + timedelta(hours=23))
    assert kept(product).sealed_link is not None
    sweep_orphans(product.runtime, now() + timedelta(hours=25))
    assert kept(product).sealed_link is None


def test_an_upload_forgets_the_link_that_waited(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(S3, ServedFile(text=tiny_export()))
    checked(product, S3)
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/handover/upload", files=[("files", ("export.zip", tiny_export()))]))
    assert kept(product).sealed_link is None


def test_twenty_checks_an_hour_are_allowed_and_the_next_time_is_shown(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    for _ in range(MOST_AN_HOUR):
        assert "link_malformed" in paste(product, "ftp://x.example/x").text
    net.serve(S3, ServedFile(text=tiny_export()))
    answer = paste(product, S3)
    assert answer.status_code == 422
    assert "link_checks_spent" in answer.text
    assert re.search(r"You can look again at \d+:\d\d [ap]m( tomorrow)?\.", words(answer))
    assert typed(answer, "link") == S3
    assert not net.log
    with product.runtime.ledger.read() as session:
        lines = session.exec(select(AuditEntry).where(AuditEntry.act == ACT)).all()
    assert len(lines) == MOST_AN_HOUR


def free_at(product: Product, code: str, at: datetime | None) -> str:
    """The page of the waiting link, after a check with this problem and this retry time."""

    def change(session: Session) -> None:
        row = session.get_one(CheckedLink, product.migration_id)
        retry_at = at.timestamp() if at is not None else None
        row.findings = {**row.findings, "problem": code, "retryable": True, "retry_at": retry_at}
        session.add(row)

    product.write(change)
    return words(product.visitor(MEGAN).get(f"{product.at}/link"))


@pytest.mark.parametrize("code", sorted(code for code, entry in catalogue().items() if "{time}" in entry.todo))
def test_the_page_never_promises_an_automatic_check_or_a_past_time(
    product_at: At, net: FakeInternet, code: str
) -> None:
    product = product_at("preparing")
    net.serve(S3, ServedFile(text=tiny_export()))
    checked(product, S3)
    looks = len(net.log)
    coming = free_at(product, code, now() + timedelta(minutes=5))
    assert re.search(r"It should open again at \d+:\d\d [ap]m( tomorrow)?: check again then\.", coming)
    over = [free_at(product, code, at) for at in (now() - timedelta(minutes=1), None)]
    for text in over:
        assert "Check again now or later." in text
        assert not re.search(r"\bat \d+:\d\d [ap]m", text.partition("Is this your export?")[0])
    for text in (coming, *over):
        assert "We try by ourselves only after you hand the link over." in text
        assert "keep trying" not in text
        assert "{" not in text
    product.work()
    assert len(net.log) == looks, "nobody looks at a link again by itself"


def test_every_check_is_in_the_audit_without_the_link(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(S3, ServedFile(text=tiny_export()))
    checked(product, S3)
    with product.runtime.ledger.read() as session:
        line = session.exec(select(AuditEntry).where(AuditEntry.act == ACT)).one()
    assert line.by == MEGAN
    assert line.facts["provider"] == "https"
    assert len(line.facts["link"]) == 12


def test_viewers_see_the_report_without_buttons(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    net.serve(S3, ServedFile(text=tiny_export()))
    checked(product, S3)
    vera = product.visitor(VERA)
    page = vera.get(f"{product.at}/link")
    assert headline(page) == "This link works"
    assert "link/confirm" not in page.text
    assert vera.post(f"{product.at}/link/confirm").status_code == 403
    assert vera.post(f"{product.at}/link", data={"link": S3}).status_code == 403


def test_support_reads_the_report_without_link_and_names(
    product_at: At, net: FakeInternet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_DRIVE_API_KEY", KEY)
    product = product_at("preparing")
    drive = Google(net)
    node = drive.add("Ada Lovelace.zip", ServedFile(size=2_000_000), private=True)
    megan, at = product.visitor(MEGAN), f"/support/{product.migration_id}"
    megan.post(f"{product.at}/link", data={"link": drive.share(node)})
    assert "link_private_or_gone" in product.visitor(ANA).get(at).text
    node.private = False
    done(megan.post(f"{product.at}/link", data={"link": drive.share(node)}))
    page = product.visitor(ANA).get(at)
    assert "it opens; 1 file, 2.0 MB" in words(page)
    assert node.id not in page.text
    assert "Lovelace" not in page.text
