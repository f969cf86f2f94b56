"""A host on the test network with one file to share: `python -m tests.world.host FOLDER FILE LINK`, by itself."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.links.files import ServedFile
from tests.links.network import FakeInternet

LINK = "https://clinic.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=canarysig"
STARTS_WITHIN = 30.0


@contextmanager
def shared(file: Path, folder: Path) -> Iterator[Path]:
    """The file is at `LINK` until the block ends; gives the description of the network, for LINKS_TEST_NETWORK."""
    folder.mkdir()
    ready = folder / "ready"
    process = subprocess.Popen([sys.executable, "-m", "tests.world.host", str(folder), str(file)])
    try:
        until = time.monotonic() + STARTS_WITHIN
        while not ready.exists():
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError("the host does not start")
            time.sleep(0.05)
        yield folder / "network.json"
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    folder, file = Path(sys.argv[1]), Path(sys.argv[2])
    internet = FakeInternet(folder)
    internet.serve(LINK, ServedFile(text=file.read_bytes()))
    (folder / "ready").touch()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
