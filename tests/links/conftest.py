"""Every test of links runs on the simulated network. A connection to another machine fails the test."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.download_observer import DownloadObserver
from app.links.guard import TrafficObserver
from app.links.link_settings import LinkSettings
from app.links.normalise import normalise
from app.links.parallel_download import FetchedFile, fetch, probe
from app.links.provider import LinkContents
from app.storage import LocalObjects, new_key
from tests.links.network import FakeInternet
from tests.links.route_case import RouteCase

_armed = False


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if not _armed or event != "socket.connect":
        return
    address = args[1]
    if isinstance(address, tuple) and address[0] != "127.0.0.1":
        raise AssertionError(f"connected to {address}")


sys.addaudithook(_audit)


@pytest.fixture(autouse=True)
def nothing_leaves_this_machine() -> Iterator[None]:
    global _armed
    _armed = True
    yield
    _armed = False


class FastClock:
    """A clock whose sleep returns at once and moves the time forward."""

    def __init__(self) -> None:
        self.waited: list[float] = []
        self.skipped = 0.0

    def now(self) -> float:
        return 1_795_000_000.0 + self.monotonic()

    def monotonic(self) -> float:
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.skipped += seconds


@pytest.fixture
def net(tmp_path: Path) -> Iterator[FakeInternet]:
    folder = tmp_path / "net"
    folder.mkdir()
    made = FakeInternet(folder)
    yield made
    made.close()


@dataclass
class Downloader:
    """Downloads with storage, key and clock of its own, and records the saved states and the connections."""

    net: FakeInternet
    objects: LocalObjects
    data_key: bytes = field(default_factory=new_key)
    clock: FastClock = field(default_factory=FastClock)
    saved: list[FileState] = field(default_factory=list)
    connected: list[tuple[str, str, int]] = field(default_factory=list)
    settings: LinkSettings = field(default_factory=LinkSettings)

    def limits(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)

    def observer(self, **given: Any) -> DownloadObserver:
        own: dict[str, Any] = {"save": self.saved.append, "clock": self.clock, "patience": 10_000.0}
        return DownloadObserver(**own | given)

    @property
    def traffic(self) -> TrafficObserver:
        return TrafficObserver(connected=lambda *place: self.connected.append(place))

    def probe(self, link: str, *, password: str = "", **given: Any) -> LinkContents:
        return probe(
            normalise(link, password),
            self.settings,
            observer=self.observer(**{"patience": 0} | given),
            traffic=self.traffic,
        )

    def fetch(
        self, link: str, states: list[FileState] | None = None, *, password: str = "", **given: Any
    ) -> list[FetchedFile]:
        return fetch(
            normalise(link, password),
            self.settings,
            self.objects,
            self.data_key,
            "m/mig_1/export",
            states=states or [],
            observer=self.observer(**given),
            traffic=self.traffic,
        )

    def refused(self, link: str, **given: Any) -> str:
        """The problem code that ends an inspection of a link."""
        with pytest.raises(Stop) as caught:
            self.probe(link, **given)
        return caught.value.problem.code

    def stopped(self, link: str, **given: Any) -> str:
        """The problem code that ends a download."""
        with pytest.raises(Stop) as caught:
            self.fetch(link, **given)
        return caught.value.problem.code

    def read(self, key: str) -> bytes:
        with self.objects.reader(key, self.data_key) as f:
            return f.read()

    def left_on_disk(self) -> int:
        return sum(p.stat().st_size for p in self.objects.root.rglob("*") if p.is_file())


@pytest.fixture
def downloader(net: FakeInternet, tmp_path: Path) -> Downloader:
    settings = LinkSettings(
        test_network=net.file,
        timeout_connect=5,
        timeout_headers=0.7,
        timeout_idle=0.7,
        refusal_seconds=0,
        disk_factor=0,
        checkpoint_bytes=256 * 1024,
    )
    return Downloader(net, LocalObjects(tmp_path / "objects"), settings=settings)


@pytest.fixture
def fake(case: RouteCase, downloader: Downloader) -> Any:
    """The fake provider of a case. The downloader gets the case's settings."""
    downloader.limits(**case.settings)
    return case.build(downloader.net)
