"""Two files of a folder come at once and never three, and whatever is asked of a download reaches both."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import Stop
from app.links import FetchedFile, FileState, Interruption, Paused, fetch
from app.links.slots import Slots
from tests.links.conftest import Desk
from tests.links.fakes.google import KEY, Google, error_bytes
from tests.links.files import ServedFile
from tests.links.network import Stream
from tests.links.replies import Fault, Request

FILE = ServedFile(size=1_000_003)
HALF = 500_000


@pytest.fixture
def shop(desk: Desk) -> Google:
    desk.limits(google_drive_api_key=KEY, timeout_idle=30, timeout_headers=10)
    return Google(desk.net)


def folder_of(shop: Google, count: int, *faults: Fault) -> str:
    folder = shop.folder({f"{n}.csv": replace(FILE, seed=n) for n in range(count)})
    for child, fault in zip(folder.children, faults, strict=False):
        child.faults = [fault]
    return shop.share(folder)


def sums(files: list[FetchedFile]) -> list[str]:
    return [file.sha256 for file in files]


def wanted(count: int) -> list[str]:
    return [replace(FILE, seed=n).sha256 for n in range(count)]


class Turnstile:
    """Lets downloads through two by two, and knows how many were inside at once."""

    def __init__(self, shop: Google) -> None:
        self.shop, self.inside, self.most = shop, 0, 0
        self.lock, self.pair = threading.Lock(), threading.Barrier(2, timeout=20)
        self.answers = shop.reply

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


def test_two_files_come_at_once_and_never_three(desk: Desk, shop: Google, tmp_path: Path) -> None:
    link = folder_of(shop, 6)
    door = Turnstile(shop)
    shop.reply = door  # type: ignore[method-assign]
    files = fetch(
        link,
        replace(desk.settings, concurrency=5),
        desk.objects,
        desk.data_key,
        "m/1",
        conduct=desk.conduct(),
        slots=lambda provider: Slots(tmp_path / "places", f"{provider}:clinic", 2, 8),
    )
    assert sums(files) == wanted(6)
    assert [file.path for file in files] == [f"{n}.csv" for n in range(6)]
    assert door.most == 2


def test_a_clinic_that_may_open_one_connection_gets_one_file_after_the_other(desk: Desk, shop: Google) -> None:
    desk.limits(concurrency=1)
    assert sums(desk.fetch(folder_of(shop, 3))) == wanted(3)
    kept = [state.key for state in desk.saved if state.bytes_done]
    assert kept == sorted(kept)


def test_the_bytes_of_both_count_together(desk: Desk, shop: Google) -> None:
    seen: list[tuple[int, int | None]] = []
    desk.fetch(folder_of(shop, 3), progress=lambda done, all_of_it: seen.append((done, all_of_it)))
    assert {expected for _, expected in seen} == {3 * FILE.length}
    assert seen[-1][0] == 3 * FILE.length
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@pytest.mark.parametrize("asked", [Interruption.PAUSE, Interruption.CANCEL])
def test_a_pause_and_a_cancel_reach_both(desk: Desk, shop: Google, asked: Interruption) -> None:
    link = folder_of(shop, 4, Fault("stall", at=HALF), Fault("stall", at=HALF))
    both_stall: list[int] = []

    def seen(done: int, _expected: int | None) -> None:
        if done >= 2 * (HALF - 65_536):
            both_stall.append(done)

    with pytest.raises(Paused if asked is Interruption.PAUSE else Stop):
        desk.fetch(link, progress=seen, should_stop=lambda: asked if both_stall else None)
    newest = {state.key: state for state in desk.saved}
    if asked is Interruption.CANCEL:
        assert desk.left_on_disk() == 0
        return
    assert sorted(state.bytes_done > 0 for state in newest.values()) == [False, False, True, True]
    again = [FileState.from_dict(newest[key].as_dict()) for key in sorted(newest)]
    assert sums(desk.fetch(link, states=again)) == wanted(4)
    begun = [request.range[0] for request in desk.net.downloads() if request.range]
    assert sorted(begun) == sorted(state.bytes_done for state in again if state.bytes_done)


def test_what_ends_one_lets_the_other_stand_still_and_is_what_is_told(desk: Desk, shop: Google) -> None:
    desk.limits(attempts=1)
    stalled = threading.Event()
    link = folder_of(shop, 3, Fault("stall", at=HALF))
    second = next(node for node in shop.nodes.values() if node.name == "1.csv")
    answers = shop.reply

    def gone_once_the_first_is_under_way(request: Request, line: Stream) -> None:
        if second.id in request.target and request.query.get("alt") == "media" and not request.is_probe:
            assert stalled.wait(20)
            second.private = True
        answers(request, line)

    shop.reply = gone_once_the_first_is_under_way  # type: ignore[method-assign]

    def seen(done: int, _expected: int | None) -> None:
        if done >= HALF - 65_536:
            stalled.set()

    assert desk.stopped(link, progress=seen) == "link_private_or_gone"
    newest = {state.key: state for state in desk.saved}
    assert newest["m/mig_1/export/0001"].bytes_done > 0
    assert not any(state.done for state in newest.values())


def test_what_one_has_to_wait_for_does_not_hold_up_the_other_and_begins_no_third(desk: Desk, shop: Google) -> None:
    link = folder_of(shop, 4)
    second = next(node for node in shop.nodes.values() if node.name == "1.csv")
    refused = threading.Event()
    answers = shop.reply

    def first_after_the_second_is_refused(request: Request, line: Stream) -> None:
        if request.query.get("alt") == "media" and not request.is_probe:
            assert refused.wait(20)
        answers(request, line)

    def told(_state: FileState) -> None:
        desk.saved.append(_state)
        if _state.last_problem == "link_quota":
            refused.set()

    shop.reply = first_after_the_second_is_refused  # type: ignore[method-assign]
    shop.says(f"{second.id}?alt=media", 403, error_bytes(403, "downloadQuotaExceeded"))
    assert desk.stopped(link, save=told, patience=5) == "link_quota"
    newest = {state.key[-4:]: state for state in desk.saved}
    assert {key for key, state in newest.items() if state.done} == {"0001"}
    assert {key for key, state in newest.items() if state.bytes_done} == {"0001"}
