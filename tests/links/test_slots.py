"""Connections are limited per clinic and provider, and in total on this machine, across processes."""

import fcntl
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from app.db import now
from app.links.connection_slots import ConnectionSlots, sweep_slot_files
from app.links.network_errors import NoResponse
from app.links.normalise import normalise
from app.links.parallel_download import fetch
from tests.harness.waiting import patience, take_time
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.replies import Fault

LINK = "https://clinic.s3.amazonaws.com/export.zip"
HOLDER = """
import sys, time
from pathlib import Path
from app.links.connection_slots import ConnectionSlots
ConnectionSlots(Path(sys.argv[1]), "google:clinic", 1, 8).take(lambda: None)
print("held", flush=True)
time.sleep(60)
"""


def max_in_parallel(slots: list[ConnectionSlots], each: int) -> int:
    lock, now, most = threading.Lock(), 0, 0

    def hold(mine: ConnectionSlots) -> None:
        nonlocal now, most
        for _ in range(each):
            slot = mine.take(lambda: None)
            with lock:
                now += 1
                most = max(most, now)
            take_time(0.01)
            with lock:
                now -= 1
            slot.close()

    threads = [threading.Thread(target=hold, args=(mine,)) for mine in slots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patience(30))
    return most


def test_slots_are_limited_per_clinic_and_in_total(tmp_path: Path) -> None:
    same_owner = [ConnectionSlots(tmp_path, "google:clinic", 2, 8)] * 6
    assert max_in_parallel(same_owner, 4) == 2
    owners = [ConnectionSlots(tmp_path, f"google:{n}", 2, 3) for n in range(8)]
    assert max_in_parallel(owners, 3) == 3


def test_a_dead_process_releases_its_slot(tmp_path: Path) -> None:
    mine = ConnectionSlots(tmp_path, "google:clinic", 1, 8)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "held"
    with pytest.raises(NoResponse):
        mine.take(lambda: None, longest=0.1)
    holder.kill()
    holder.wait()
    mine.take(lambda: None, longest=5).close()
    holder.stdout.close()


def test_names_of_slot_files_do_not_contain_the_clinic(tmp_path: Path) -> None:
    ConnectionSlots(tmp_path, "google:wsp_canary", 2, 8).take(lambda: None).close()
    assert "canary" not in "".join(path.name for path in tmp_path.iterdir())


def test_old_slot_files_are_swept_and_locked_files_are_kept(tmp_path: Path) -> None:
    held = ConnectionSlots(tmp_path, "google:clinic", 2, 8).take(lambda: None)
    ConnectionSlots(tmp_path, "dropbox:other", 2, 8).take(lambda: None).close()
    assert sweep_slot_files(tmp_path, now() - timedelta(days=1)) == 0, "these were taken today"
    tomorrow = now() + timedelta(days=1)
    assert sweep_slot_files(tmp_path, tomorrow) == 2
    assert len(list(tmp_path.iterdir())) == 2, "those of whoever is connected"
    held.close()
    assert sweep_slot_files(tmp_path, tomorrow) == 2
    assert sweep_slot_files(tmp_path, tomorrow) == sweep_slot_files(tmp_path / "none", tomorrow) == 0


def test_a_slot_that_is_taken_again_is_not_swept(tmp_path: Path) -> None:
    mine = ConnectionSlots(tmp_path, "google:clinic", 1, 1)
    mine.take(lambda: None).close()
    long_ago = (now() - timedelta(days=3)).timestamp()
    for place in tmp_path.iterdir():
        os.utime(place, (long_ago, long_ago))
    mine.take(lambda: None).close()
    assert sweep_slot_files(tmp_path, now() - timedelta(days=1)) == 0


def test_a_slot_file_that_is_swept_during_a_lock_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, lock = ConnectionSlots(tmp_path, "google:clinic", 1, 1), fcntl.flock
    swept: list[int] = []

    def swept_first(handle: int, how: int) -> None:
        if not swept:
            swept.append(1)
            for place in tmp_path.iterdir():
                place.unlink()  # between opening and locking the file
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", swept_first)
    held = mine.take(lambda: None, longest=5)
    with pytest.raises(NoResponse):
        mine.take(lambda: None, longest=0.1)
    held.close()
    assert swept


def test_every_end_of_a_download_releases_its_slots(downloader: Downloader, tmp_path: Path) -> None:
    faults = [Fault("end", at=50_000), Fault("status", at=503), Fault("stall_headers"), Fault("reset", at=0)]
    file = ServedFile()
    downloader.net.serve(LINK, file, *faults)
    (fetched,) = fetch(
        normalise(LINK),
        downloader.settings,
        downloader.objects,
        downloader.data_key,
        "m/1",
        observer=downloader.observer(),
        slots=lambda provider: ConnectionSlots(tmp_path / "places", f"{provider}:clinic", 1, 1),
    )
    assert fetched.sha256 == file.sha256
    ConnectionSlots(tmp_path / "places", "https:clinic", 1, 1).take(lambda: None, longest=1).close()
