"""A host on the test network with one file to share, in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.waiting import hang, until
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.world.fork import fork

LINK = "https://clinic.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=canarysig"


@contextmanager
def shared(file: Path, folder: Path) -> Iterator[Path]:
    """The file is at `LINK` until the block ends; gives the description of the network, for LINKS_TEST_NETWORK."""
    folder.mkdir()
    ready = folder / "ready"
    process = fork(lambda: _share(file, folder, ready), folder / "log")
    try:
        until(ready.exists)
        yield folder / "network.json"
    finally:
        process.kill()
        process.wait()


def _share(file: Path, folder: Path, ready: Path) -> None:
    internet = FakeInternet(folder)
    internet.serve(LINK, ServedFile(text=file.read_bytes()))
    ready.touch()
    hang()
