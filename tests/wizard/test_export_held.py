"""The checklist shows what is stored of the export, in every state and on every path."""

from itertools import product as every

import pytest

from app.db import now
from app.migration.models import Export
from app.migration.states import OPEN, OVER, State
from app.notify.mails import Composer
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.product import MEGAN
from tests.links.network import FakeInternet
from tests.links.providers.google_drive.fake import KEY
from tests.wizard.test_checklist import marks
from tests.wizard.test_downloading import waiting_for_quota

NOT_HELD = {
    State.PREPARING: "later",
    State.FETCHING: "later",
    State.FETCHING_FAILED: "needs",
    State.READING_FAILED: "needs",
}
WITH_US = "Your export is with us."


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_DRIVE_API_KEY", KEY)


def test_the_export_line_shows_what_is_stored_in_every_state(product_at: At) -> None:
    product = product_at("matching")
    megan = product.visitor(MEGAN)
    for state, fetched in every(sorted(OPEN), (True, False)):
        if not fetched and state not in NOT_HELD:
            continue  # nothing is read, tried or finalised before it is fetched
        with product.runtime.ledger.write() as session:
            export = session.get_one(Export, (product.migration_id, 1))
            export.fetched_at = now() if fetched else None
            session.add(export)
        product.put(state=state.value, paused_from="reading" if state is State.PAUSED else None)
        page = megan.get(f"{product.at}/checklist")
        is_held = fetched and (state not in NOT_HELD or state is State.FETCHING)
        assert (WITH_US in words(page)) is is_held, (state, fetched)
        assert marks(page)["export"] == ("done" if is_held else NOT_HELD[state]), (state, fetched)


@pytest.mark.parametrize("state", sorted(OVER))
def test_a_move_that_is_over_has_no_line_that_waits(product_at: At, state: State) -> None:
    product = product_at("matching")
    product.put(state=state.value)
    page = product.visitor(MEGAN).get(f"{product.at}/checklist")
    assert page.status_code == 200
    assert marks(page) == {}


@pytest.mark.parametrize("paused", [False, True])
def test_a_download_that_is_under_way_or_was_stopped_is_not_with_us(
    product_at: At, net: FakeInternet, paused: bool
) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    waiting_for_quota(product, net)
    if paused:
        done(megan.post(f"{product.at}/progress/pause"))
    page = megan.get(f"{product.at}/checklist")
    assert "Not all of it is here yet." in words(page)
    assert marks(page)["export"] == "later"
    done(megan.post(f"{product.at}/handover/replace"))
    page = megan.get(f"{product.at}/checklist")
    assert marks(page)["export"] == "later"
    assert WITH_US not in words(page)
    assert "Nothing needs you now" not in words(page)


def test_the_mail_about_a_link_mentions_that_no_file_has_arrived(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    waiting_for_quota(product, net)
    mails = product.mails("received")
    assert mails
    for mail in mails:
        subject, text, html = Composer(product.settings).compose(mail)
        assert subject == "We download your export"
        for body in (text, html):
            assert "othing had arrived when we wrote this" in body
            assert "We have the Cliniko export" not in body


def test_the_mail_about_an_upload_confirms_that_the_export_has_arrived(product_at: At) -> None:
    product = product_at("matching")
    for mail in product.mails("received"):
        subject, text, _ = Composer(product.settings).compose(mail)
        assert subject == "We have your export"
        assert "We have the Cliniko export" in text
        assert "download" not in text
