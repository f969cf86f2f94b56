"""Downloads that are stopped, lack disk space, or last too long: the bytes that are kept and deleted."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.download_observer import Interruption, Paused
from app.storage import LocalObjects
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.replies import Fault

LINK = "https://clinic.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=canarysig"
MIB = 1024**2
FILE = ServedFile(size=2 * MIB + 77)


def starts(downloader: Downloader) -> list[int]:
    return [r.range[0] if r.range else 0 for r in downloader.net.downloads()]


class SmallDisk(LocalObjects):
    """A disk with `room` bytes, which every stored object reduces."""

    room = 0

    def free_space(self) -> int | None:
        return self.room - sum(p.stat().st_size for p in self.root.rglob("*") if p.is_file())


def test_free_space_is_required_before_and_during_a_download(downloader: Downloader) -> None:
    downloader.limits(disk_factor=2.2)
    small = SmallDisk(downloader.objects.root)
    downloader.objects = small
    small.room = int(2.1 * FILE.size)
    downloader.net.serve(LINK, FILE)
    with pytest.raises(Stop) as caught:
        downloader.fetch(LINK)
    assert caught.value.problem.code == "no_space"
    assert downloader.net.downloads() == []
    small.room = int(2.3 * FILE.size)
    assert downloader.fetch(LINK)[0].sha256 == FILE.sha256


def test_lost_free_space_pauses_the_download(downloader: Downloader) -> None:
    downloader.limits(disk_factor=2.2)
    small = SmallDisk(downloader.objects.root)
    downloader.objects, small.room = small, int(2.3 * FILE.size)

    def fill_disk(done: int, _expected: int | None) -> None:
        if done > MIB:
            small.room = FILE.size

    downloader.net.serve(LINK, FILE)
    with pytest.raises(Stop) as caught:
        downloader.fetch(LINK, progress=fill_disk)
    assert (caught.value.problem.code, caught.value.retryable) == ("no_space", True)
    small.room = 10 * FILE.size
    (fetched,) = downloader.fetch(LINK, states=[downloader.saved[-1]])
    assert fetched.sha256 == FILE.sha256
    assert starts(downloader)[-1] >= MIB


FULL = """
import os, resource, signal, sys
from dataclasses import replace
from pathlib import Path
from app.errors import Stop
from app.links.download_observer import DownloadObserver
from app.links.link_settings import LinkSettings
from app.links.normalise import normalise
from app.links.parallel_download import fetch
from app.storage import LocalObjects
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    settings = replace(LinkSettings.from_environment(os.environ), disk_factor=0, checkpoint_bytes=1)
    fetch(normalise(sys.argv[2]), settings, LocalObjects(Path(sys.argv[1])), bytes.fromhex(sys.argv[3]), "m/1",
          observer=DownloadObserver(save=lambda state: print(state.bytes_done)))
except Stop as reason:
    print(reason.problem.code, reason.retryable)
"""


def test_a_full_disk_pauses_the_download(downloader: Downloader, tmp_path: Path) -> None:
    downloader.net.serve(LINK, FILE)
    run = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "full"), LINK, downloader.data_key.hex()],
        env=os.environ | {"ENVIRONMENT": "test", "LINKS_TEST_NETWORK": str(downloader.net.file)},
        capture_output=True,
        text=True,
        check=True,
    )
    *durable, result = run.stdout.splitlines()
    assert result == "no_space True"
    assert 0 < int(durable[-1]) <= 1_000_000


def test_a_cancel_frees_the_disk(downloader: Downloader) -> None:
    downloader.net.serve(LINK, FILE)
    asked: list[Interruption] = []
    with pytest.raises(Stop) as caught:
        downloader.fetch(
            LINK,
            should_stop=lambda: asked[0] if asked else None,
            progress=lambda done, _: asked.append(Interruption.CANCEL) if done > MIB else None,
        )
    assert caught.value.problem.code == "download_cancelled"
    assert downloader.left_on_disk() == 0


def test_a_cancel_works_while_no_bytes_arrive(downloader: Downloader) -> None:
    downloader.limits(timeout_idle=30)
    downloader.net.serve(LINK, FILE, Fault("stall", at=1000))
    looks = iter(range(1000))
    with pytest.raises(Stop) as caught:
        downloader.fetch(LINK, should_stop=lambda: Interruption.CANCEL if next(looks) > 8 else None)
    assert caught.value.problem.code == "download_cancelled"


def test_a_pause_keeps_the_stored_bytes(downloader: Downloader) -> None:
    downloader.net.serve(LINK, FILE)
    asked: list[Interruption] = []
    with pytest.raises(Paused):
        downloader.fetch(
            LINK,
            should_stop=lambda: asked[0] if asked else None,
            progress=lambda done, _: asked.append(Interruption.PAUSE) if done > MIB else None,
        )
    state = FileState.from_dict(downloader.saved[-1].as_dict())
    assert state.bytes_done > MIB - 65_536
    (fetched,) = downloader.fetch(LINK, states=[state])
    assert fetched.sha256 == FILE.sha256
    assert starts(downloader) == [0, state.bytes_done]


def test_a_download_has_a_deadline(downloader: Downloader) -> None:
    downloader.net.serve(LINK, FILE)
    downloader.fetch(LINK)
    old = FileState.from_dict(downloader.saved[0].as_dict() | {"started_at": downloader.clock.now() - 8 * 86_400})
    with pytest.raises(Stop) as caught:
        downloader.fetch(LINK, states=[old])
    assert (caught.value.problem.code, caught.value.retryable) == ("download_incomplete", False)


def test_a_finished_file_is_not_downloaded_again(downloader: Downloader) -> None:
    downloader.net.serve(LINK, FILE)
    (fetched,) = downloader.fetch(LINK)
    asked = len(downloader.net.log)
    assert downloader.fetch(LINK, states=[downloader.saved[-1]]) == [fetched]
    assert len(downloader.net.log) == asked
