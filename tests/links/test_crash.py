"""A worker is killed during a download. The next worker resumes at the checkpoint and stores the same file."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from app.links.checkpoint import FileState
from tests.harness.waiting import patience, until
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.replies import Fault

LINK = "https://clinic.s3.amazonaws.com/export.zip?X-Amz-Signature=canarysig"
FILE = ServedFile(size=24 * 1024**2 + 5)
CHECKPOINT = 1024**2
WORKER = """
import json, os, sys
from dataclasses import replace
from pathlib import Path
from app.links.checkpoint import FileState
from app.links.download_observer import DownloadObserver
from app.links.link_settings import LinkSettings
from app.links.normalise import normalise
from app.links.parallel_download import fetch
from app.storage import LocalObjects
at, key, link = Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), sys.argv[3]
def save(state):
    (at / "state.new").write_text(json.dumps(state.as_dict()))
    os.replace(at / "state.new", at / "state.json")
states = [FileState.from_dict(json.loads((at / "state.json").read_text()))] if (at / "state.json").exists() else []
settings = replace(LinkSettings.from_environment(os.environ), checkpoint_bytes=int(sys.argv[4]), disk_factor=1.0)
(done,) = fetch(normalise(link), settings, LocalObjects(at / "objects"), key, "m/mig_1/export", states=states,
                observer=DownloadObserver(save=save))
print(done.sha256)
"""


def worker(downloader: Downloader, at: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"ENVIRONMENT": "test", "LINKS_TEST_NETWORK": str(downloader.net.file)}
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(at), downloader.data_key.hex(), LINK, str(CHECKPOINT)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def saved(at: Path) -> FileState | None:
    path = at / "state.json"
    return FileState.from_dict(json.loads(path.read_text())) if path.exists() else None


def killed_after(downloader: Downloader, at: Path, durable: int) -> int:
    """Kills the worker once `durable` bytes are saved. Returns the saved bytes."""
    run = worker(downloader, at)
    until(lambda: run.poll() is not None or ((state := saved(at)) and state.bytes_done >= durable), poll=0.005)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    state = saved(at)
    assert state is not None
    return state.bytes_done


def test_a_killed_download_resumes_at_its_checkpoint(downloader: Downloader, tmp_path: Path) -> None:
    at = tmp_path / "worker"
    at.mkdir()
    downloader.net.serve(LINK, FILE, Fault("drip", at=3, value=64 * 1024, times=None))
    durable = [killed_after(downloader, at, n * 1024**2) for n in (3, 7, 12)]
    assert durable == sorted(durable)
    last = worker(downloader, at)
    output, failed = last.communicate(timeout=patience(60))
    assert last.returncode == 0, failed
    assert output.strip() == FILE.sha256
    asked = [r.range[0] if r.range else 0 for r in downloader.net.downloads()]
    assert asked == [0, *durable]
    state = saved(at)
    assert state is not None
    assert state.done
    assert not list((at / "objects").rglob("*~*"))
