"""A running download: received bytes, current file, waiting reason, and how to stop."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.db import now
from app.migration.models import LinkedFile, Work
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, headline, words
from tests.harness.prepared_moves import tiny_export
from tests.harness.product import MEGAN, VERA, Product
from tests.links.fake_provider import FakeProvider
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.google_drive.fake import KEY, Google, error_bytes

TREE = {"one.zip": ServedFile(size=1_000_000), "two.zip": ServedFile(size=3_000_000)}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_DRIVE_API_KEY", KEY)


def hand_over(product: Product, link: str) -> None:
    megan = product.visitor(MEGAN)
    assert done(megan.post(f"{product.at}/link", data={"link": link})).headers["location"] == f"{product.at}/link"
    done(megan.post(f"{product.at}/link/confirm"))


def page(product: Product, email: str = MEGAN) -> str:
    return words(product.visitor(email).see(f"{product.at}/progress"))


def waiting_for_quota(product: Product, net: FakeInternet) -> FakeProvider:
    """The first file is complete, and the provider has paused the second."""
    drive = Google(net)
    folder = drive.folder(TREE)
    second = folder.children[1].id
    hand_over(product, drive.share(folder))
    drive.order(f"{second}?alt=media", 403, error_bytes(403, "downloadQuotaExceeded"))
    product.work()
    return drive


def stored(product: Product) -> int:
    folder = product.settings.var / "objects"
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_a_waiting_download_shows_its_progress_and_next_attempt(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    waiting_for_quota(product, net)
    assert product.state() is State.FETCHING
    text = page(product)
    assert "1.0 MB of 4.0 MB" in text
    assert "Files that are whole: 1 of 2." in text
    assert "Google Drive has paused downloads of this file" in text
    assert "Next try at" in text
    assert "What is here stays; nothing is fetched twice." in text
    assert "a second." not in text, "nothing moves now"
    assert "{" not in text
    assert "two.zip" not in text, "names of files are not for those who see counts alone"
    assert "Stop the download" in text
    assert "Stop the download" not in page(product, VERA)


def test_a_try_that_is_due_is_not_announced_for_a_time_that_is_over(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    waiting_for_quota(product, net)
    over = now() - timedelta(minutes=1)
    waits = sa.update(Work).where(sa.column("not_before").is_not(None)).values(not_before=over)
    with product.runtime.ledger.write() as session:
        session.connection().execute(waits)
    text = page(product)
    assert "Google Drive has paused downloads of this file" in text
    assert "We try again as soon as a worker is free." in text
    assert "Next try at" not in text
    assert "We try again at" not in text


def test_a_paused_download_shows_its_progress_and_resumes(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    drive = waiting_for_quota(product, net)
    megan = product.visitor(MEGAN)
    done(megan.post(f"{product.at}/progress/pause"))
    text = page(product)
    assert "1.0 MB of 4.0 MB" in text
    assert "Go on" in text
    drive.replies.clear()
    done(megan.post(f"{product.at}/progress/resume"))
    assert product.state() is State.FETCHING
    with product.runtime.ledger.read() as session:
        assert session.connection().execute(sa.select(sa.func.count()).select_from(LinkedFile)).scalar_one() == 2


@pytest.mark.parametrize("paused", [False, True])
def test_stopping_frees_the_space_and_leads_to_the_upload(product_at: At, net: FakeInternet, paused: bool) -> None:
    product = product_at("preparing")
    before = stored(product)
    waiting_for_quota(product, net)
    assert stored(product) > before + 900_000
    megan = product.visitor(MEGAN)
    if paused:
        done(megan.post(f"{product.at}/progress/pause"))
    assert done(megan.post(f"{product.at}/handover/replace")).headers["location"] == f"{product.at}/handover"
    assert stored(product) == before
    assert product.state() is State.PREPARING
    text = words(megan.see(f"{product.at}/handover"))
    assert "You stopped this download. Everything downloaded has been deleted." in text
    assert "Or upload the files" in text


def test_a_stopped_download_shows_the_fix_and_offers_the_upload(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    before = stored(product)
    drive = Google(net)
    folder = drive.folder(TREE)
    hand_over(product, drive.share(folder))
    for node in folder.walk():
        node.private = True
    product.work()
    assert product.state() is State.FETCHING_FAILED
    answer = product.visitor(MEGAN).see(product.at)
    assert headline(answer) == "The download stopped, nothing is lost"
    text = words(answer)
    assert "link_private_or_gone" in answer.text
    assert "change Restricted to Anyone with the link" in text
    assert "Upload the files, or use another link" in text
    done(product.visitor(MEGAN).post(f"{product.at}/handover/replace"))
    assert stored(product) == before
    done(product.visitor(MEGAN).post(f"{product.at}/handover/upload", files={"files": ("e.zip", tiny_export())}))
    product.work()
    assert product.state() is State.MATCHING
