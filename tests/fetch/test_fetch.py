"""A clinic pastes a link, and a worker downloads and reads the files."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from app.fetch.downloads import load_download_progress, stop_download
from app.fetch.hand_over import hand_over_link, handed_over_link
from app.links.normalise import normalise
from app.migration.models import Export, LinkedFile
from app.migration.states import State
from app.storage import CannotOpen
from tests.harness.clinic import MEGAN, Clinic, clinic_files
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.replies import Fault

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
    hand_over_link(
        clinic.runtime, clinic.migration, normalise(link), hint="clinic.blob.core.windows.net/export.zip", by=MEGAN
    )


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


def rows(clinic: Clinic) -> list[LinkedFile]:
    with clinic.runtime.ledger.read() as session:
        return list(session.exec(select(LinkedFile)).all())


def test_each_file_has_a_ledger_row_with_a_sealed_id(clinic: Clinic, net: FakeInternet) -> None:
    net.serve(LINK, ServedFile(text=zipped(clinic_files())))
    hand_over_link(clinic.runtime, clinic.migration, normalise(LINK, "canary-password"), hint="a link", by=MEGAN)
    clinic.drain()
    (line,) = rows(clinic)
    assert (line.path, line.bytes_done, len(line.sha256)) == ("export.zip", line.expected_size, 64)
    assert "item" not in line.state
    with clinic.runtime.ledger.read() as session:
        progress = load_download_progress(session, clinic.migration)
        export = session.get_one(Export, (clinic.migration.id, 1))
    assert (progress.files_done, progress.files_all, progress.done) == (1, 1, progress.size)
    assert export.sealed_password is None  # it has served


def test_links_have_their_own_key_if_it_is_set(clinic: Clinic, net: FakeInternet) -> None:
    settings = clinic.runtime.settings.model_copy(update={"links_encryption_key": "a key of the links alone, long"})
    own = replace(clinic.runtime, settings=settings)
    assert own.link_key(clinic.migration) != own.key(clinic.migration)
    assert clinic.runtime.link_key(clinic.migration) == clinic.runtime.key(clinic.migration)
    hand_over_link(own, clinic.migration, normalise(LINK, "canary-password"), hint="a link", by=MEGAN)
    with own.ledger.read() as session:
        export = session.get_one(Export, (clinic.migration.id, 1))
    link = handed_over_link(export, own.link_key(clinic.migration))
    assert link == normalise(LINK, "canary-password")
    with pytest.raises(CannotOpen):
        handed_over_link(export, own.key(clinic.migration))


def test_a_download_that_is_stopped_leaves_nothing(clinic: Clinic, net: FakeInternet) -> None:
    net.serve(LINK, ServedFile(text=zipped(clinic_files())), Fault("status", at=429, headers={"Retry-After": "60"}))
    paste(clinic)
    clinic.drain()
    with clinic.runtime.ledger.read() as session:
        progress = load_download_progress(session, clinic.migration)
    assert (progress.waits_for, progress.until is not None) == ("provider_rate_limited", True)
    stop_download(clinic.runtime, clinic.migration, MEGAN)
    assert clinic.state() is State.PREPARING
    assert rows(clinic) == []
    assert list(clinic.runtime.objects.list(clinic.migration.id)) == []
