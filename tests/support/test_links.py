"""What support sees of share links: which providers are set up and tried."""

import pytest

from app.engine.link_providers import note_check
from tests.conftest import At
from tests.pages import words
from tests.product import ANA, MEGAN


def test_providers_say_what_is_set_and_how_real_links_fared(product_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_DRIVE_API_KEY", "canary-key")
    product = product_at("preparing")
    product.write(lambda session: note_check(session, "google_drive", None))
    product.write(lambda session: note_check(session, "dropbox", "provider_changed"))
    page = product.visitor(ANA).get("/support")
    said = words(page).replace("\u200b", "")
    assert "GOOGLE_DRIVE_API_KEY set" in said
    assert "DROPBOX_APP_SECRET not set" in said
    assert "canary-key" not in page.text
    assert "fine" in said
    assert "provider_changed" in said
    assert "known by sight, refused" in said
    help_page = words(product.visitor(MEGAN).get(f"{product.at}/handover"))
    assert "Last verified with real links of Google Drive on" in help_page
    assert "Never verified with real links of Dropbox yet" in help_page
