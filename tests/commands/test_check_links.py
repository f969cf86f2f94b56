"""An operator checks links by hand: the responses are kept for review, without secrets."""

import json
from pathlib import Path

import pytest

from app.commands.check_links import check
from app.db import Database
from app.fetch.link_providers import load_provider_lines, record_check
from app.links.link_settings import LinkSettings
from app.schema.trees import LEDGER
from app.schema.upgrade import upgrade_tree
from tests.harness.clinic import settings_in
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.dropbox.fake import APP, SECRET, Dropbox
from tests.links.providers.google_drive.fake import KEY, Google, error_bytes
from tests.links.providers.onedrive.fake import OneDrive
from tests.links.providers.sharepoint.fake import PASSWORD, SharePoint

FILE = ServedFile(size=300_077, name="Megan Canary export.zip")


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeInternet:
    (tmp_path / "net").mkdir()
    made = FakeInternet(tmp_path / "net")
    for name, value in {
        "ENVIRONMENT": "test",
        "LINKS_TEST_NETWORK": str(made.file),
        "GOOGLE_DRIVE_API_KEY": KEY,
        "DROPBOX_APP_KEY": APP,
        "DROPBOX_APP_SECRET": SECRET,
    }.items():
        monkeypatch.setenv(name, value)
    return made


def test_the_responses_are_printed_and_kept_without_secrets(net: FakeInternet, tmp_path: Path) -> None:
    google, dropbox, onedrive, sharepoint = Google(net), Dropbox(net), OneDrive(net), SharePoint(net)
    shops = (google, dropbox, onedrive, sharepoint)
    links = [shop.share(shop.add("Megan Canary export.zip", FILE)) for shop in shops]
    locked = sharepoint.add("Megan Canary two.zip", FILE)
    sharepoint.passwords.add(locked.id)
    gone = google.share(google.add("x", FILE)).replace("id002", "id009")
    lines = ["# our own files", *links, f"{sharepoint.share(locked)} {PASSWORD}", gone, "no link at all", ""]
    results = list(check(lines, settings_in(tmp_path), tmp_path / "fixtures"))
    assert [result["code"] for result in results] == [None] * 5 + ["link_private_or_gone", "link_malformed"]
    assert [result["resumes"] for result in results[:5]] == [True] * 5
    assert [result["route"] for result in results[:4]] == ["api", "api", "browser", "browser"]
    assert {"status", "headers", "host", "path", "method"} == results[0]["exchanges"][0].keys()
    kept = list((tmp_path / "fixtures").glob("*.json"))
    assert len(kept) == 6
    everything = json.dumps(results) + "".join(path.read_text() for path in kept)
    secrets = ["canary", "Canary", PASSWORD, "id001", "id002", "444444444444", *(link[-20:] for link in links)]
    leaks = [
        everything[max(0, everything.index(s) - 60) : everything.index(s) + 60] for s in secrets if s in everything
    ]
    assert not leaks
    assert '\\"mimeType\\": \\"application/zip\\"' in everything
    assert '\\"reason\\": \\"notFound\\"' in everything


def test_responses_of_fake_providers_verify_nothing(net: FakeInternet, tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    shop = Google(net)
    list(check([shop.share(shop.add("x.zip", FILE))], settings, tmp_path / "fixtures"))
    with Database(settings.ledger_url).read() as session:
        assert {line.verified_at for line in load_provider_lines(session, LinkSettings())} == {None}


def test_support_sees_credentials_and_when_real_links_were_last_tried(tmp_path: Path) -> None:
    ledger = Database(f"sqlite:///{tmp_path}/ledger.sqlite")
    upgrade_tree(LEDGER, ledger.engine)
    with ledger.write() as session:
        record_check(session, "google_drive", None)
        record_check(session, "google_drive", "provider_changed")
        record_check(session, "dropbox", "link_quota")
    with ledger.read() as session:
        lines = {line.name: line for line in load_provider_lines(session, LinkSettings(google_drive_api_key="x"))}
    google, dropbox, box = lines["google_drive"], lines["dropbox"], lines["box"]
    assert (google.routes, google.credentials) == (("api", "page"), {"GOOGLE_DRIVE_API_KEY": True})
    assert (google.last_code, google.verified_at is not None) == ("provider_changed", True)
    assert (dropbox.last_code, dropbox.verified_at) == ("link_quota", None)
    assert dropbox.best_effort
    assert (box.routes, box.checked_at) == ((), None)


def test_error_texts_lose_people_and_tokens(net: FakeInternet, tmp_path: Path) -> None:
    shop = Google(net)
    link = shop.share(shop.add("x.zip", FILE))
    shop.order(
        "googleapis", 403, error_bytes(403, "rateLimitExceeded", "user megan@canary.example 8f3aQx91LmZ02pQr over")
    )
    list(check([link], settings_in(tmp_path), tmp_path / "fixtures"))
    (kept,) = (tmp_path / "fixtures").glob("*.json")
    text = kept.read_text()
    assert "canary" not in text
    assert "8f3aQx91LmZ02pQr" not in text
    assert "rateLimitExceeded" in text
