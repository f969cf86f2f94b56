"""A clinic pastes a link, and the engine brings what is behind it."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.engine.submit import hand_over_link
from app.migration.states import State
from tests.engine.story import MEGAN, Clinic, clinic_files
from tests.links.files import ServedFile
from tests.links.network import FakeInternet

LINK = "https://clinic.blob.core.windows.net/x/export.zip?sv=2024&se=2036-12-01T00%3A00%3A00Z&sig=a%2Bb"


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInternet]:
    folder = tmp_path / "net"
    folder.mkdir()
    made = FakeInternet(folder)
    monkeypatch.setenv("ENVIRONMENT", "test")
    monkeypatch.setenv("LINKS_TEST_NETWORK", str(made.file))
    monkeypatch.setenv("LINKS_BACKOFF_FIRST", "0.01")
    yield made
    made.close()


def zipped(files: dict[str, str]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return whole.getvalue()


def paste(clinic: Clinic, link: str = LINK) -> None:
    hand_over_link(clinic.runtime, clinic.migration, link, hint="clinic.blob.core.windows.net/export.zip", by=MEGAN)


def test_what_is_behind_a_link_is_fetched_and_read(clinic: Clinic, net: FakeInternet) -> None:
    net.serve(LINK, ServedFile(text=zipped(clinic_files())))
    paste(clinic)
    clinic.drain()
    assert clinic.state() is State.MATCHING
    assert clinic.codes("export:1") >= {"kind_absent"}


def test_the_link_is_a_secret_wherever_it_is_kept(clinic: Clinic, net: FakeInternet) -> None:
    net.serve(LINK, ServedFile(text=zipped(clinic_files())))
    paste(clinic)
    clinic.drain()
    ledger = Path(clinic.runtime.settings.ledger_url.removeprefix("sqlite:///"))
    kept = b"".join(path.read_bytes() for path in ledger.parent.glob("ledger.sqlite*"))
    assert b"sig=a" not in kept
    assert b"clinic.blob.core.windows.net/export.zip" in kept


def test_a_link_that_leads_nowhere_stops_with_its_problem(clinic: Clinic, net: FakeInternet) -> None:
    net.names("clinic.blob.core.windows.net")
    paste(clinic)
    clinic.drain()
    assert clinic.state() is State.FETCHING_FAILED
    assert clinic.migration.problem is not None
    assert clinic.migration.problem["code"].startswith("link_")
