"""Two files of a folder are downloaded in parallel, never three. An interruption reaches both files."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.connection_slots import ConnectionSlots
from app.links.download_observer import Interruption, Paused
from app.links.normalise import normalise
from app.links.parallel_download import FetchedFile, fetch
from tests.harness.waiting import patience
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.network import Stream
from tests.links.providers.google_drive.fake import KEY, Google, error_bytes
from tests.links.replies import Fault, Request

FILE = ServedFile(size=1_000_003)
HALF = 500_000


@pytest.fixture
def fake(downloader: Downloader) -> Google:
    downloader.limits(google_drive_api_key=KEY, timeout_idle=30, timeout_headers=10)
    return Google(downloader.net)


def folder_of(fake: Google, count: int, *faults: Fault) -> str:
    folder = fake.folder({f"{n}.csv": replace(FILE, seed=n) for n in range(count)})
    for child, fault in zip(folder.children, faults, strict=False):
        child.faults = [fault]
    return fake.share(folder)


def sums(files: list[FetchedFile]) -> list[str]:
    return [file.sha256 for file in files]


def wanted(count: int) -> list[str]:
    return [replace(FILE, seed=n).sha256 for n in range(count)]


class Turnstile:
    """Lets downloads pass in pairs, and counts the downloads that run in parallel."""

    def __init__(self, fake: Google) -> None:
        self.fake, self.inside, self.most = fake, 0, 0
        self.lock, self.pair = threading.Lock(), threading.Barrier(2, timeout=patience(20))
        self.answers = fake.reply

    def __call__(self, request: Request, line: Stream) -> None:
        if request.query.get("alt") != "media" or request.is_probe:
            self.answers(request, line)
            return
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.pair.wait()
        with self.lock:
            self.inside -= 1
        self.answers(request, line)


def test_two_files_are_downloaded_in_parallel_and_never_three(
    downloader: Downloader, fake: Google, tmp_path: Path
) -> None:
    link = folder_of(fake, 6)
    door = Turnstile(fake)
    fake.reply = door  # type: ignore[method-assign]
    files = fetch(
        normalise(link),
        replace(downloader.settings, concurrency=5),
        downloader.objects,
        downloader.data_key,
        "m/1",
        observer=downloader.observer(),
        slots=lambda provider: ConnectionSlots(tmp_path / "places", f"{provider}:clinic", 2, 8),
    )
    assert sums(files) == wanted(6)
    assert [file.path for file in files] == [f"{n}.csv" for n in range(6)]
    assert door.most == 2


def test_a_limit_of_one_connection_downloads_files_in_sequence(downloader: Downloader, fake: Google) -> None:
    downloader.limits(concurrency=1)
    assert sums(downloader.fetch(folder_of(fake, 3))) == wanted(3)
    kept = [state.key for state in downloader.saved if state.bytes_done]
    assert kept == sorted(kept)


def test_the_progress_adds_the_bytes_of_all_files(downloader: Downloader, fake: Google) -> None:
    calls: list[tuple[int, int | None]] = []
    downloader.fetch(folder_of(fake, 3), progress=lambda done, all_of_it: calls.append((done, all_of_it)))
    assert {expected for _, expected in calls} == {3 * FILE.length}
    assert calls[-1][0] == 3 * FILE.length
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)


@pytest.mark.parametrize("asked", [Interruption.PAUSE, Interruption.CANCEL])
def test_a_pause_and_a_cancel_reach_every_file(downloader: Downloader, fake: Google, asked: Interruption) -> None:
    link = folder_of(fake, 4, Fault("stall", at=HALF), Fault("stall", at=HALF))
    both_stall: list[int] = []

    def record(done: int, _expected: int | None) -> None:
        if done >= 2 * (HALF - 65_536):
            both_stall.append(done)

    with pytest.raises(Paused if asked is Interruption.PAUSE else Stop):
        downloader.fetch(link, progress=record, should_stop=lambda: asked if both_stall else None)
    newest = {state.key: state for state in downloader.saved}
    if asked is Interruption.CANCEL:
        assert downloader.left_on_disk() == 0
        return
    assert sorted(state.bytes_done > 0 for state in newest.values()) == [False, False, True, True]
    again = [FileState.from_dict(newest[key].as_dict()) for key in sorted(newest)]
    assert sums(downloader.fetch(link, states=again)) == wanted(4)
    begun = [request.range[0] for request in downloader.net.downloads() if request.range]
    assert sorted(begun) == sorted(state.bytes_done for state in again if state.bytes_done)


def test_a_permanent_problem_pauses_the_other_file_and_is_raised(downloader: Downloader, fake: Google) -> None:
    downloader.limits(attempts=1)
    stalled = threading.Event()
    link = folder_of(fake, 3, Fault("stall", at=HALF))
    second = next(node for node in fake.nodes.values() if node.name == "1.csv")
    answers = fake.reply

    def gone_once_the_first_is_under_way(request: Request, line: Stream) -> None:
        if second.id in request.target and request.query.get("alt") == "media" and not request.is_probe:
            assert stalled.wait(patience(20))
            second.private = True
        answers(request, line)

    fake.reply = gone_once_the_first_is_under_way  # type: ignore[method-assign]

    def record(done: int, _expected: int | None) -> None:
        if done >= HALF - 65_536:
            stalled.set()

    assert downloader.stopped(link, progress=record) == "link_private_or_gone"
    newest = {state.key: state for state in downloader.saved}
    assert newest["m/mig_1/export/0001"].bytes_done > 0
    assert not any(state.done for state in newest.values())


def test_a_temporary_problem_lets_the_other_file_finish_and_starts_no_third(
    downloader: Downloader, fake: Google
) -> None:
    link = folder_of(fake, 4)
    second = next(node for node in fake.nodes.values() if node.name == "1.csv")
    refused = threading.Event()
    answers = fake.reply

    def first_after_the_second_is_refused(request: Request, line: Stream) -> None:
        if request.query.get("alt") == "media" and not request.is_probe:
            assert refused.wait(patience(20))
        answers(request, line)

    def save(_state: FileState) -> None:
        downloader.saved.append(_state)
        if _state.last_problem == "link_quota":
            refused.set()

    fake.reply = first_after_the_second_is_refused  # type: ignore[method-assign]
    fake.order(f"{second.id}?alt=media", 403, error_bytes(403, "downloadQuotaExceeded"))
    assert downloader.stopped(link, save=save, patience=5) == "link_quota"
    newest = {state.key[-4:]: state for state in downloader.saved}
    assert {key for key, state in newest.items() if state.done} == {"0001"}
    assert {key for key, state in newest.items() if state.bytes_done} == {"0001"}
