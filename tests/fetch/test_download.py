"""A clinic's download as workers do it: over waits of hours, pauses and takeovers, and stopped for good."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.db import now
from app.fetch.downloads import DownloadProgress, load_download_progress, stop_download
from app.fetch.hand_over import hand_over_link
from app.fetch.link_providers import count_bytes_of_day
from app.links.normalise import normalise
from app.migration.models import Export, Work
from app.migration.states import Event, State
from tests.harness.clinic import MEGAN, Clinic, clinic_files, clinic_in, runtime_in
from tests.harness.waiting import patience, until
from tests.links.fake_provider import FakeProvider
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.google_drive.fake import KEY, Google, error_bytes
from tests.links.providers.sharepoint.fake import PASSWORD, SharePoint
from tests.links.replies import Fault

MIB = 1024**2


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInternet]:
    folder = tmp_path / "net"
    folder.mkdir()
    made = FakeInternet(folder)
    given = {"ENVIRONMENT": "test", "LINKS_TEST_NETWORK": str(made.file), "GOOGLE_DRIVE_API_KEY": KEY}
    for name, value in {**given, "LINKS_BACKOFF_FIRST": "0.01", "LINKS_DISK_FACTOR": "1"}.items():
        monkeypatch.setenv(name, value)
    yield made
    made.close()


def tree() -> dict[str, ServedFile]:
    return {name: ServedFile(text=text.encode(), name=name) for name, text in clinic_files().items()}


def paste(clinic: Clinic, link: str, password: str = "") -> None:
    hand_over_link(clinic.runtime, clinic.migration, normalise(link, password), hint="a shared folder", by=MEGAN)


def seen(clinic: Clinic) -> DownloadProgress:
    with clinic.runtime.ledger.read() as session:
        return load_download_progress(session, clinic.migration)


def let_pass(clinic: Clinic) -> None:
    """The time that is waited for is over."""
    with clinic.runtime.ledger.write() as session:
        session.connection().execute(sa.update(Work).values(not_before=now() - timedelta(seconds=1)))


def bytes_on_disk(clinic: Clinic) -> int:
    return sum(p.stat().st_size for p in clinic.runtime.objects.root.rglob("*") if p.is_file())


@pytest.mark.parametrize("fake", [Google, SharePoint])
def test_a_shared_folder_is_fetched_and_read(clinic: Clinic, net: FakeInternet, fake: type[FakeProvider]) -> None:
    shop = fake(net)
    folder = shop.folder(tree())
    if isinstance(shop, SharePoint):
        shop.passwords.add(folder.id)
    paste(clinic, shop.share(folder), password=PASSWORD)
    clinic.drain()
    assert clinic.state() is State.MATCHING
    progress = seen(clinic)
    assert (progress.files_done, progress.files_all, progress.done) == (5, 5, progress.size)
    assert {file.path for file in progress.files} == set(clinic_files())
    with clinic.runtime.ledger.read() as session:
        taken = count_bytes_of_day(session)
        assert dict(taken) == {"google_drive" if fake is Google else "sharepoint": progress.done}
        assert count_bytes_of_day(session, now() + timedelta(days=2)).total() == 0


@pytest.mark.postgres
def test_a_server_keeps_files_of_a_link_beyond_two_gigabytes(net: FakeInternet, postgres: str, tmp_path: Path) -> None:
    with runtime_in(tmp_path / "pg", database_url=postgres, caspen_database_url=postgres) as runtime:
        clinic = clinic_in(runtime)
        shop = Google(net)
        folder = shop.folder(tree())
        huge = shop.add("huge.zip", ServedFile(size=5_000_000_000))
        shop.sums = False
        folder.children.append(huge)
        shop.order(f"{huge.id}?alt=media", 429, headers={"Retry-After": "60"})
        paste(clinic, shop.share(folder))
        clinic.drain()
        progress = seen(clinic)
        assert (progress.files_done, progress.files_all, progress.waits_for) == (5, 6, "provider_rate_limited")
        assert progress.size is not None
        assert progress.size > 5_000_000_000
        with runtime.ledger.read() as session:
            assert count_bytes_of_day(session)["google_drive"] == progress.done
        stop_download(runtime, clinic.migration, MEGAN)
        assert clinic.state() is State.PREPARING


def test_a_quota_is_waited_for_without_anybody_and_without_a_worker(clinic: Clinic, net: FakeInternet) -> None:
    shop = Google(net)
    shop.order("alt=media", 403, error_bytes(403, "downloadQuotaExceeded"), times=1)
    paste(clinic, shop.share(shop.folder(tree())))
    clinic.drain()
    progress = seen(clinic)
    assert (clinic.state(), progress.waits_for) == (State.FETCHING, "link_quota")
    assert progress.until is not None
    assert timedelta(hours=5.9) < progress.until - now() < timedelta(hours=6.1)
    assert clinic.drain().pieces == 0
    let_pass(clinic)
    clinic.drain()
    assert clinic.state() is State.MATCHING


def test_a_wait_of_more_than_a_day_in_all_is_no_reason_to_give_up(clinic: Clinic, net: FakeInternet) -> None:
    shop = Google(net)
    shop.order("alt=media", 403, error_bytes(403, "downloadQuotaExceeded"))
    paste(clinic, shop.share(shop.folder(tree())))
    with clinic.runtime.ledger.write() as session:
        session.connection().execute(sa.text("UPDATE migration SET since = datetime('now', '-3 days')"))
    for _ in range(3):
        clinic.drain()
        assert clinic.state() is State.FETCHING
        let_pass(clinic)
    shop.replies.clear()
    clinic.drain()
    assert clinic.state() is State.MATCHING


def test_three_requests_to_slow_down_over_several_turns_mean_that_we_are_blocked(
    clinic: Clinic, net: FakeInternet
) -> None:
    shop = Google(net)
    shop.order("", 429, headers={"Retry-After": "60"}, times=6)
    paste(clinic, shop.share(shop.folder(tree())))
    waited = []
    for _ in range(3):
        clinic.drain()
        waited.append(seen(clinic).waits_for)
        let_pass(clinic)
    assert waited == ["provider_rate_limited", "provider_rate_limited", "provider_blocked"]
    shop.replies.clear()
    clinic.drain()
    assert clinic.state() is State.MATCHING


def slow(net: FakeInternet) -> str:
    """The link of a file that takes some seconds."""
    shop = Google(net)
    node = shop.add("export.zip", ServedFile(size=40 * MIB))
    shop.sums = False
    node.faults = [Fault("drip", at=8, value=64 * 1024, times=None)]
    return shop.share(node)


def under_way(clinic: Clinic, net: FakeInternet) -> threading.Thread:
    worker = threading.Thread(target=clinic.drain)
    worker.start()
    until(lambda: any("alt=media" in r.target and not r.is_probe for r in net.log) and bytes_on_disk(clinic) > MIB)
    return worker


def test_a_download_pauses_while_bytes_arrive_and_continues_afterwards(clinic: Clinic, net: FakeInternet) -> None:
    paste(clinic, slow(net))
    worker = under_way(clinic, net)
    clinic.act(Event.PAUSE)
    worker.join(patience(60))
    assert not worker.is_alive()
    assert clinic.state() is State.PAUSED
    assert seen(clinic).paused
    clinic.act(Event.RESUME)
    net.hosts["www.googleapis.com"].__self__.nodes["id001_abcdefghij"].faults.clear()  # type: ignore[attr-defined]
    clinic.drain()
    assert seen(clinic).files_done == 1


def test_a_download_that_is_stopped_while_bytes_arrive_frees_the_disk(clinic: Clinic, net: FakeInternet) -> None:
    paste(clinic, slow(net))
    before = under_way(clinic, net)
    stop_download(clinic.runtime, clinic.migration, MEGAN)
    before.join(patience(60))
    assert not before.is_alive()
    assert clinic.state() is State.PREPARING
    assert bytes_on_disk(clinic) == 0
    with clinic.runtime.ledger.read() as session:
        export = session.get_one(Export, (clinic.migration.id, 1))
    assert export.sealed_link is None


def test_a_paused_download_can_be_stopped(clinic: Clinic, net: FakeInternet) -> None:
    shop = Google(net)
    shop.order("alt=media", 429, headers={"Retry-After": "60"})
    paste(clinic, shop.share(shop.folder(tree())))
    clinic.drain()
    clinic.act(Event.PAUSE)
    stop_download(clinic.runtime, clinic.migration, MEGAN)
    assert clinic.state() is State.PREPARING


def test_two_workers_have_one_download(clinic: Clinic, net: FakeInternet) -> None:
    shop = Google(net)
    paste(clinic, shop.share(shop.folder(tree())))
    workers = [threading.Thread(target=clinic.drain, kwargs={"name": f"worker {n}"}) for n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(patience(60))
    clinic.drain()
    assert clinic.state() is State.MATCHING
    asked = [r.path for r in net.log if "alt=media" in r.target]
    assert sorted(asked) == sorted(set(asked))


def test_an_online_document_is_reported_to_the_clinic_and_a_rejected_key_to_operators(
    clinic: Clinic, net: FakeInternet
) -> None:
    shop = Google(net)
    folder = shop.folder(tree())
    folder.children.append(shop.add("Notes", kind="sheet"))
    paste(clinic, shop.share(folder))
    shop.order("alt=media", 400, error_bytes(400, "badRequest", "API key not valid"))
    clinic.drain()
    assert clinic.state() is State.MATCHING
    assert "native_document" in clinic.codes("export:1")
    assert "credentials_rejected" not in clinic.codes("export:1")
    with clinic.runtime.ledger.read() as session:
        export = session.get_one(Export, (clinic.migration.id, 1))
    assert "credentials_rejected" in export.fetch_state["operators"]
