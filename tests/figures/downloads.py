"""A large file of Google Drive over everything that happens on the way: cuts, workers that are killed, a quota."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.storage import new_key
from tests.figures.figure import Measure, Reached
from tests.harness.waiting import patience, take_time, until
from tests.links.large import LargeFile
from tests.links.network import FakeInternet
from tests.links.providers.google_drive.fake import KEY, Google, error_bytes
from tests.links.replies import Fault

MIB, GIB = 1024**2, 1024**3
CHECKPOINT = 64 * MIB
LONGEST = 3600.0
MOST_MB = 128
SEED = 50


@dataclass
class Story:
    """The disturbances of a download, and its result."""

    sha256: str = ""
    kills: int = 0
    quotas: int = 0
    cuts: int = 0
    again: int = 0  # the most bytes that were fetched twice after one interruption
    peak_mb: float = 0.0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


@contextmanager
def internet() -> Iterator[tuple[FakeInternet, Path]]:
    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        (Path(folder) / "net").mkdir()
        net = FakeInternet(Path(folder) / "net")
        try:
            yield net, Path(folder)
        finally:
            net.close()


def begun(net: FakeInternet, folder: Path, key: bytes, link: str, **settings: str) -> subprocess.Popen[str]:
    """A worker's process."""
    environment = {
        "ENVIRONMENT": "test",
        "LINKS_TEST_NETWORK": str(net.file),
        "LINKS_BACKOFF_FIRST": "0.01",
        **settings,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.links.download", str(folder), key.hex(), link],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def lived_through(size: int, cuts: int, kills: int, checkpoint: int = CHECKPOINT, seed: int = SEED) -> Story:
    dice, story = random.Random(seed), Story()
    with internet() as (net, folder):
        shop, file = Google(net), LargeFile(size=size, seed=seed)
        shop.sums = False
        node = shop.add("export.zip", file)
        gap = size // (cuts + 1)
        node.queue = [Fault(dice.choice(["reset", "end"]), at=dice.randrange(gap // 2, gap)) for _ in range(cuts)]
        link, key, began = shop.share(node), new_key(), time.monotonic()
        marks = sorted(dice.sample(range(2, 9), kills))
        limits = {"GOOGLE_DRIVE_API_KEY": KEY, "CHECKPOINT": str(checkpoint)}
        for mark in marks:
            worker = begun(net, folder, key, link, **limits)
            story.kills += _killed(worker, folder / "state.json", size * mark // 10, dice.uniform(0, size / GIB / 2))
        shop.order("alt=media", 403, error_bytes(403, "downloadQuotaExceeded"), times=1)
        result: dict[str, Any] = {"code": "link_quota"}
        for _ in range(4):
            result = _ended(begun(net, folder, key, link, **limits))
            story.peak_mb = max(story.peak_mb, float(result["peak_mb"]))
            story.quotas += result["code"] == "link_quota"
            if result["code"] != "link_quota":
                break
        story.seconds, story.sha256 = time.monotonic() - began, str(result.get("sha256"))
        story.cuts = cuts - len(node.queue)
        story.again = _most_again(node.sent)
        if story.sha256 != file.sha256_of_all():
            story.wrong.append(f"another sha256 ({result['code']})")
        left = [path.name for path in (folder / "objects").rglob("*~*")]
        story.wrong += [f"left behind: {left}"] if left else []
    return story


def _killed(worker: subprocess.Popen[str], state: Path, durable: int, later: float) -> int:
    """Kills a worker so many seconds after so much has become durable."""

    def is_due() -> bool:
        return state.exists() and bool(json.loads(state.read_text())["bytes_done"] >= durable)

    until(lambda: worker.poll() is not None or is_due(), LONGEST, poll=0.01)
    if worker.poll() is None:
        take_time(later)
        worker.send_signal(signal.SIGKILL)
    worker.communicate()
    return int(worker.returncode == -signal.SIGKILL)


def _ended(worker: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = worker.communicate(timeout=patience(LONGEST))
    if worker.returncode:
        raise RuntimeError(err[-1500:])
    result: dict[str, Any] = json.loads(out)
    return result


def _most_again(sent: list[tuple[int, int]]) -> int:
    """The most bytes that were sent twice: where each response began, compared with the end of the earlier ones."""
    furthest = most = 0
    for start, end in sent:
        most = max(most, furthest - start)
        furthest = max(furthest, end)
    return most


def survived(long: bool) -> Reached:
    size, cuts, kills = (5 * GIB, 50, 3) if long else (48 * MIB, 12, 1)
    checkpoint = CHECKPOINT if long else 4 * MIB
    story = lived_through(size, cuts, kills, checkpoint)
    wrong = list(story.wrong)
    slack = 8 * MIB  # what lies in the buffers of a connection when it is cut
    for holds, said in (
        (story.cuts == cuts, f"only {story.cuts} cuts"),
        (story.kills == kills, f"only {story.kills} kills"),
        (story.quotas == 1, f"{story.quotas} quota pauses"),
        (story.again <= checkpoint + slack, f"{story.again / MIB:.1f} MiB were fetched twice after one interruption"),
        (story.peak_mb <= MOST_MB, f"{story.peak_mb:.0f} MB of memory"),
    ):
        wrong += [] if holds else [said]
    same = "DIFFERS" if story.wrong else "equal"
    words = (
        f"{size / GIB:.2f} GiB, {story.cuts} cuts, {story.kills} kills, {story.quotas} quota pause: sha256 {same}, "
        f"at most {story.again / MIB:.1f} MiB again, {story.peak_mb:.0f} MB, {size / MIB / story.seconds:.0f} MiB/s"
    )
    return Reached(words, ok=not wrong, seed=SEED, why=tuple(wrong))


CURL_LANE = """
import hashlib, json, resource, subprocess, sys, time
from pathlib import Path
from app.storage import LocalObjects
folder, key, url, resolve, ca = sys.argv[1:]
objects, began, clock = LocalObjects(Path(folder)), time.process_time(), time.perf_counter()
with subprocess.Popen(["curl", "-sS", "--fail", "--cacert", ca, "--resolve", resolve, url], stdout=subprocess.PIPE,
                      bufsize=0) as curl, objects.writer("m/curl", bytes.fromhex(key)) as out:
    while piece := curl.stdout.read(1 << 20):
        out.write(piece)
digest = hashlib.sha256()
with objects.reader("m/curl", bytes.fromhex(key)) as file:
    while piece := file.read(1 << 20):
        digest.update(piece)
curl = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = time.process_time() - began + curl.ru_utime + curl.ru_stime
print(json.dumps({"sha256": digest.hexdigest(), "cpu": cpu, "clock": time.perf_counter() - clock}))
"""


def fast(long: bool) -> Reached:
    """Compares our download with curl, both into encrypted storage on the same disk, until the sha256 is known.

    The long form measures wall-clock time, the best of several runs one after the other, and needs a machine without
    other work. The short form runs beside other tests: it measures processor time without the start of the interpreter.
    Both are reported.
    """
    if shutil.which("curl") is None:
        return Reached("no curl on this machine", ok=False)
    size, turns = (1024 * MIB, 3) if long else (128 * MIB, 3)
    file = LargeFile(size=size, seed=SEED)
    cpu: dict[str, list[float]] = {"ours": [], "curl": []}
    wall: dict[str, list[float]] = {"ours": [], "curl": []}
    wrong, peak = [], 0.0
    with internet() as (net, folder):
        shop = Google(net)
        shop.sums, shop.open_to_all = False, True
        node, key = shop.add("export.zip", file), new_key()
        link, expected = shop.share(node), file.sha256_of_all()
        url = f"https://www.googleapis.com:{net.port}/drive/v3/files/{node.id}?alt=media"
        resolve = f"www.googleapis.com:{net.port}:127.0.0.1"
        for _ in range(turns):
            for lane in ("ours", "curl"):
                (at := folder / lane).mkdir()
                if lane == "ours":
                    result = _ended(begun(net, at, key, link, GOOGLE_DRIVE_API_KEY=KEY))
                else:
                    result = _ended(_lane(str(at), key.hex(), url, resolve, str(folder / "net/ca.pem")))
                wall[lane].append(result["clock"])
                cpu[lane].append(result["cpu"])
                peak = max(peak, result.get("peak_mb", 0.0))
                wrong += [] if result["sha256"] == expected else [f"another sha256 by {lane}"]
                shutil.rmtree(at)
    ratio, by_clock = (min(times["curl"]) / min(times["ours"]) for times in (cpu, wall))
    rates = [f"{size / MIB / min(times):.0f}" for times in (cpu["ours"], cpu["curl"], wall["ours"], wall["curl"])]
    words = (
        f"{ratio:.0%} of curl: {rates[0]} and {rates[1]} MiB/s on a core; "
        f"by the clock {by_clock:.0%}: {rates[2]} and {rates[3]} MiB/s; {peak:.0f} MB"
    )
    counts = by_clock if long else ratio
    return Reached(words, ok=counts >= 0.8 and peak <= MOST_MB and not wrong, why=tuple(wrong))


def _lane(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CURL_LANE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


MEASURES = (
    Measure(
        "a large file over cuts, kills and a quota",
        "sha256 equal, at most a checkpoint again, 128 MB",
        survived,
    ),
    Measure("a clean download beside curl into the same storage", "at least 80 % of curl", fast),
)
