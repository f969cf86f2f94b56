"""Downloads that somebody stops, that have no room, or that last too long: what stays, and what does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import Stop
from app.links import FileState, Interruption, Paused
from app.storage import LocalObjects
from tests.links.conftest import Desk
from tests.links.files import ServedFile
from tests.links.replies import Fault

LINK = "https://clinic.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=canarysig"
MIB = 1024**2
FILE = ServedFile(size=2 * MIB + 77)


def starts(desk: Desk) -> list[int]:
    return [r.range[0] if r.range else 0 for r in desk.net.downloads()]


class SmallDisk(LocalObjects):
    """A disk with so much room, of which every object takes its part."""

    room = 0

    def free_space(self) -> int | None:
        return self.room - sum(p.stat().st_size for p in self.root.rglob("*") if p.is_file())


def test_room_is_asked_for_before_and_during(desk: Desk) -> None:
    desk.limits(disk_factor=2.2)
    small = SmallDisk(desk.objects.root)
    desk.objects = small
    small.room = int(2.1 * FILE.size)
    desk.net.serve(LINK, FILE)
    with pytest.raises(Stop) as caught:
        desk.fetch(LINK)
    assert caught.value.problem.code == "no_space"
    assert desk.net.downloads() == []
    small.room = int(2.3 * FILE.size)
    assert desk.fetch(LINK)[0].sha256 == FILE.sha256


def test_room_that_goes_away_meanwhile_pauses_the_download(desk: Desk) -> None:
    desk.limits(disk_factor=2.2)
    small = SmallDisk(desk.objects.root)
    desk.objects, small.room = small, int(2.3 * FILE.size)

    def someone_else_fills_it(done: int, _expected: int | None) -> None:
        if done > MIB:
            small.room = FILE.size

    desk.net.serve(LINK, FILE)
    with pytest.raises(Stop) as caught:
        desk.fetch(LINK, progress=someone_else_fills_it)
    assert (caught.value.problem.code, caught.value.retryable) == ("no_space", True)
    small.room = 10 * FILE.size
    (fetched,) = desk.fetch(LINK, states=[desk.saved[-1]])
    assert fetched.sha256 == FILE.sha256
    assert starts(desk)[-1] >= MIB


FULL = """
import os, resource, signal, sys
from dataclasses import replace
from pathlib import Path
from app.errors import Stop
from app.links import Conduct, LinkSettings, fetch
from app.storage import LocalObjects
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    settings = replace(LinkSettings.from_environment(os.environ), disk_factor=0, checkpoint_bytes=1)
    fetch(sys.argv[2], settings, LocalObjects(Path(sys.argv[1])), bytes.fromhex(sys.argv[3]), "m/1", conduct=Conduct(
        save=lambda state: print(state.bytes_done)))
except Stop as reason:
    print(reason.problem.code, reason.retryable)
"""


def test_a_disk_that_is_full_in_the_middle_pauses_the_download(desk: Desk, tmp_path: Path) -> None:
    desk.net.serve(LINK, FILE)
    run = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "full"), LINK, desk.data_key.hex()],
        env=os.environ | {"ENVIRONMENT": "test", "LINKS_TEST_NETWORK": str(desk.net.file)},
        capture_output=True,
        text=True,
        check=True,
    )
    *durable, told = run.stdout.splitlines()
    assert told == "no_space True"
    assert 0 < int(durable[-1]) <= 1_000_000


def test_a_cancel_frees_the_disk(desk: Desk) -> None:
    desk.net.serve(LINK, FILE)
    asked: list[Interruption] = []
    with pytest.raises(Stop) as caught:
        desk.fetch(
            LINK,
            should_stop=lambda: asked[0] if asked else None,
            progress=lambda done, _: asked.append(Interruption.CANCEL) if done > MIB else None,
        )
    assert caught.value.problem.code == "download_cancelled"
    assert desk.left_on_disk() == 0


def test_a_cancel_is_heard_while_nothing_arrives(desk: Desk) -> None:
    desk.limits(timeout_idle=30)
    desk.net.serve(LINK, FILE, Fault("stall", at=1000))
    looks = iter(range(1000))
    with pytest.raises(Stop) as caught:
        desk.fetch(LINK, should_stop=lambda: Interruption.CANCEL if next(looks) > 8 else None)
    assert caught.value.problem.code == "download_cancelled"


def test_a_pause_keeps_what_is_there(desk: Desk) -> None:
    desk.net.serve(LINK, FILE)
    asked: list[Interruption] = []
    with pytest.raises(Paused):
        desk.fetch(
            LINK,
            should_stop=lambda: asked[0] if asked else None,
            progress=lambda done, _: asked.append(Interruption.PAUSE) if done > MIB else None,
        )
    state = FileState.from_dict(desk.saved[-1].as_dict())
    assert state.bytes_done > MIB - 65_536
    (fetched,) = desk.fetch(LINK, states=[state])
    assert fetched.sha256 == FILE.sha256
    assert starts(desk) == [0, state.bytes_done]


def test_a_download_does_not_go_on_for_ever(desk: Desk) -> None:
    desk.net.serve(LINK, FILE)
    desk.fetch(LINK)
    old = FileState.from_dict(desk.saved[0].as_dict() | {"started_at": desk.clock.now() - 8 * 86_400})
    with pytest.raises(Stop) as caught:
        desk.fetch(LINK, states=[old])
    assert (caught.value.problem.code, caught.value.retryable) == ("download_incomplete", False)


def test_a_finished_file_is_not_fetched_again(desk: Desk) -> None:
    desk.net.serve(LINK, FILE)
    (fetched,) = desk.fetch(LINK)
    asked = len(desk.net.log)
    assert desk.fetch(LINK, states=[desk.saved[-1]]) == [fetched]
    assert len(desk.net.log) == asked
