"""At most so many connections at once: for a clinic at a provider, and in all on this machine, whoever opens them."""

import fcntl
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from app.db import now
from app.links import fetch
from app.links.network_errors import Unanswered
from app.links.slots import Slots, sweep_places
from tests.links.conftest import Desk
from tests.links.files import ServedFile
from tests.links.replies import Fault

LINK = "https://clinic.s3.amazonaws.com/export.zip"
HOLDER = """
import sys, time
from pathlib import Path
from app.links.slots import Slots
Slots(Path(sys.argv[1]), "google:clinic", 1, 8).take(lambda: None)
print("held", flush=True)
time.sleep(60)
"""


def most_at_once(slots: list[Slots], each: int) -> int:
    lock, now, most = threading.Lock(), 0, 0

    def hold(mine: Slots) -> None:
        nonlocal now, most
        for _ in range(each):
            slot = mine.take(lambda: None)
            with lock:
                now += 1
                most = max(most, now)
            threading.Event().wait(0.01)
            with lock:
                now -= 1
            slot.close()

    threads = [threading.Thread(target=hold, args=(mine,)) for mine in slots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return most


def test_one_clinic_has_two_and_all_together_have_no_more_than_the_total(tmp_path: Path) -> None:
    one = [Slots(tmp_path, "google:clinic", 2, 8)] * 6
    assert most_at_once(one, 4) == 2
    many = [Slots(tmp_path, f"google:{n}", 2, 3) for n in range(8)]
    assert most_at_once(many, 3) == 3


def test_who_dies_gives_its_place_back(tmp_path: Path) -> None:
    mine = Slots(tmp_path, "google:clinic", 1, 8)
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == "held"
    with pytest.raises(Unanswered):
        mine.take(lambda: None, longest=0.1)
    holder.kill()
    holder.wait()
    mine.take(lambda: None, longest=5).close()
    holder.stdout.close()


def test_the_names_of_clinics_are_not_to_be_read_from_the_places(tmp_path: Path) -> None:
    Slots(tmp_path, "google:wsp_canary", 2, 8).take(lambda: None).close()
    assert "canary" not in "".join(path.name for path in tmp_path.iterdir())


def test_places_that_nobody_has_taken_for_long_are_swept_and_those_in_use_stay(tmp_path: Path) -> None:
    held = Slots(tmp_path, "google:clinic", 2, 8).take(lambda: None)
    Slots(tmp_path, "dropbox:other", 2, 8).take(lambda: None).close()
    assert sweep_places(tmp_path, now() - timedelta(days=1)) == 0, "these were taken today"
    tomorrow = now() + timedelta(days=1)
    assert sweep_places(tmp_path, tomorrow) == 2
    assert len(list(tmp_path.iterdir())) == 2, "those of whoever is connected"
    held.close()
    assert sweep_places(tmp_path, tomorrow) == 2
    assert sweep_places(tmp_path, tomorrow) == sweep_places(tmp_path / "none", tomorrow) == 0


def test_a_place_that_is_taken_again_is_a_fresh_one(tmp_path: Path) -> None:
    mine = Slots(tmp_path, "google:clinic", 1, 1)
    mine.take(lambda: None).close()
    long_ago = (now() - timedelta(days=3)).timestamp()
    for place in tmp_path.iterdir():
        os.utime(place, (long_ago, long_ago))
    mine.take(lambda: None).close()
    assert sweep_places(tmp_path, now() - timedelta(days=1)) == 0


def test_a_place_that_is_swept_while_somebody_reaches_for_it_is_still_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, lock = Slots(tmp_path, "google:clinic", 1, 1), fcntl.flock
    swept: list[int] = []

    def swept_first(handle: int, how: int) -> None:
        if not swept:
            swept.append(1)
            for place in tmp_path.iterdir():
                place.unlink()  # after it was opened, before it is locked
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", swept_first)
    held = mine.take(lambda: None, longest=5)
    with pytest.raises(Unanswered):
        mine.take(lambda: None, longest=0.1)
    held.close()
    assert swept


def test_a_download_gives_each_place_back_however_it_ends(desk: Desk, tmp_path: Path) -> None:
    faults = [Fault("end", at=50_000), Fault("status", at=503), Fault("stall_headers"), Fault("reset", at=0)]
    file = ServedFile()
    desk.net.serve(LINK, file, *faults)
    (fetched,) = fetch(
        LINK,
        desk.settings,
        desk.objects,
        desk.data_key,
        "m/1",
        conduct=desk.conduct(),
        slots=lambda provider: Slots(tmp_path / "places", f"{provider}:clinic", 1, 1),
    )
    assert fetched.sha256 == file.sha256
    Slots(tmp_path / "places", "https:clinic", 1, 1).take(lambda: None, longest=1).close()
