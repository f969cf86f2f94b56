"""The test network, for stories that hand over a link."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.links.network import FakeInternet


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInternet]:
    folder = tmp_path / "net"
    folder.mkdir()
    made = FakeInternet(folder)
    monkeypatch.setenv("ENVIRONMENT", "test")
    monkeypatch.setenv("LINKS_TEST_NETWORK", str(made.file))
    yield made
    made.close()
