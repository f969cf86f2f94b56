"""Support's pages about share links: the providers that are set up and tested."""

import pytest

from app.fetch.link_providers import record_check
from app.migration.checked_links import keep_checked
from app.migration.ledger_json import LinkFacts
from app.migration.states import State
from tests.conftest import At
from tests.harness.page_text import done, words
from tests.harness.product import ANA, MEGAN, Product
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.google_drive.fake import Google
from tests.links.providers.onedrive.fake import OneDrive


def first_of_ours(product: Product) -> str:
    """The text of the list before any clinic has started."""
    text = words(product.visitor(ANA).get("/support?who=support"))
    return text[: text.index("Share links, by provider")]


def test_providers_show_their_settings_and_verification(product_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_DRIVE_API_KEY", "canary-key")
    product = product_at("preparing")
    product.write(lambda session: record_check(session, "google_drive", None))
    product.write(lambda session: record_check(session, "dropbox", "provider_changed"))
    page = product.visitor(ANA).get("/support")
    text = words(page).replace("\u200b", "")
    assert "GOOGLE_DRIVE_API_KEY set" in text
    assert "DROPBOX_APP_SECRET not set" in text
    assert "canary-key" not in page.text
    assert "fine" in text
    assert "provider_changed" in text
    assert "known by sight, refused" in text
    help_page = words(product.visitor(MEGAN).get(f"{product.at}/handover"))
    assert "Last verified with real links of Google Drive on" in help_page
    assert "Never verified with real links of Dropbox yet" in help_page


def test_a_problem_announced_to_support_is_in_supports_list(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    megan = product.visitor(MEGAN)
    assert "refused our server" not in first_of_ours(product)
    refused: LinkFacts = {"problem": "provider_blocked", "provider": "onedrive", "label": "OneDrive"}
    product.write(lambda session: keep_checked(session, product.migration_id, hint="1drv.ms", findings=refused))
    assert "OneDrive refused our server although the link looks public." in first_of_ours(product)
    drive = Google(net)
    private = drive.share(drive.add("export.zip", ServedFile(), private=True))
    megan.post(f"{product.at}/link", data={"link": private})
    assert "refused our server" not in first_of_ours(product), "another link is the clinic's to mend"


@pytest.mark.parametrize(
    "link",
    ["https://app.box.com/s/a1b2c3d4e5f6g7h8", "https://www.icloud.com/iclouddrive/TOKEN#Name", "https://we.tl/t-a"],
)
def test_a_provider_without_link_support_is_no_work_for_support(product_at: At, link: str) -> None:
    product = product_at("preparing")
    before = first_of_ours(product)
    read = words(product.visitor(MEGAN).post(f"{product.at}/link", data={"link": link}))
    assert "Checked just now" in read
    assert "team has been told" not in read
    assert first_of_ours(product) == before


def test_a_download_that_a_provider_refuses_us_waits_for_us(product_at: At, net: FakeInternet) -> None:
    product = product_at("preparing")
    drive = OneDrive(net)
    node = drive.add("export.zip", ServedFile())
    done(product.visitor(MEGAN).post(f"{product.at}/link", data={"link": drive.share(node)}))
    done(product.visitor(MEGAN).post(f"{product.at}/link/confirm"))
    assert "refused our server" not in first_of_ours(product)
    drive.order("/_api/", 403, {"error": {"code": "accessDenied"}})
    product.work()
    assert product.state() is State.FETCHING
    assert "The provider refused our server although the link looks public." in first_of_ours(product)
