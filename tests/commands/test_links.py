"""`read` and `trial` download a link with the engine of the workers."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from tests.harness.clinic import clinic_files
from tests.harness.waiting import patience
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.google_drive.fake import KEY, Google
from tests.links.providers.https.fake import Presigned

P = {"code", "level", "kind", "file", "line", "source_id", "column", "count"}


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeInternet]:
    (tmp_path / "net").mkdir()
    made = FakeInternet(tmp_path / "net")
    given = {"ENVIRONMENT": "test", "LINKS_TEST_NETWORK": str(made.file), "GOOGLE_DRIVE_API_KEY": KEY}
    for name, value in {**given, "LINKS_DISK_FACTOR": "0"}.items():
        monkeypatch.setenv(name, value)
    yield made
    made.close()


def shared(net: FakeInternet) -> tuple[Google, str]:
    shop = Google(net)
    return shop, shop.share(shop.folder({n: ServedFile(text=t.encode(), name=n) for n, t in clinic_files().items()}))


def run(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=given)


def codes(answer: dict[str, Any]) -> list[str]:
    assert all(set(problem) == P for problem in answer["problems"])
    return [problem["code"] for problem in answer["problems"]]


def test_a_folder_is_read_and_tried_by_its_link(net: FakeInternet, tmp_path: Path) -> None:
    _, link = shared(net)
    content = json.loads(run("read", "-", "--json", "-", given=f"{link}\n").stdout)
    assert {file["path"] for file in content["export"]["files"]} == set(clinic_files())
    assert len(content["export"]["sha256"]) == 64
    tried = run("trial", link, "--json", str(tmp_path / "t.json"))
    assert tried.exit_code == 0
    assert json.loads((tmp_path / "t.json").read_text())["balanced"] is True


@pytest.mark.parametrize(
    ("where", "status", "headers", "code"),
    [
        ("googleapis.com", 429, {"Retry-After": "3600"}, "provider_rate_limited"),
        ("googleapis.com", 404, {}, "link_private_or_gone"),
        ("alt=media", 403, {}, "provider_changed"),
    ],
)
def test_an_obstacle_is_named_with_status_2(
    net: FakeInternet, where: str, status: int, headers: dict[str, str], code: str
) -> None:
    shop, link = shared(net)
    shop.order(where, status, b"{}", headers)
    began = time.monotonic()
    done = run("read", link, "--json", "-", "--wait", "5")
    assert done.exit_code == 2
    assert codes(json.loads(done.stdout)) == [code]
    assert json.loads(done.stdout)["problems"][0]["level"] == "stops"
    assert time.monotonic() - began < patience(60)


def test_a_short_wait_is_waited_out(net: FakeInternet) -> None:
    shop, link = shared(net)
    shop.order("alt=media", 429, b"", {"Retry-After": "6"}, times=1)  # longer than a worker itself would stay for
    assert run("read", link, "--json", "-", "--wait", "20").exit_code == 0
    shop.order("alt=media", 429, b"", {"Retry-After": "6"}, times=1)
    done = run("read", link, "--json", "-", "--wait", "1")
    assert codes(json.loads(done.stdout)) == ["provider_rate_limited"]


def test_what_is_too_big_is_refused_before_a_byte(net: FakeInternet, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = Presigned(net)
    link = shop.share(shop.add("export.zip", ServedFile(size=60 * 1024**3)))
    monkeypatch.setenv("LINKS_MAX_BYTES", str(50 * 1024**3))
    assert codes(json.loads(run("read", link, "--json", "-").stdout)) == ["export_too_big"]
    monkeypatch.setenv("LINKS_MAX_BYTES", str(100 * 1024**3))
    monkeypatch.setenv("LINKS_DISK_FACTOR", "100000")
    assert codes(json.loads(run("read", link, "--json", "-", "--wait", "1").stdout)) == ["no_space"]
    assert net.downloads() == []


@pytest.mark.parametrize("command", ["read", "trial"])
@pytest.mark.parametrize("given", ["", "\n", " \t\r\n \n", "\u00a0\n"])
def test_an_input_without_a_link_is_answered_at_once(command: str, given: str) -> None:
    done = run(command, "-", "--json", "-", given=given)
    assert done.exit_code == 2
    assert codes(json.loads(done.stdout)) == ["export_not_given"]


@pytest.mark.parametrize("command", ["read", "trial"])
def test_an_empty_name_is_no_folder(command: str) -> None:
    assert codes(json.loads(run(command, "", "--json", "-").stdout)) == ["export_not_given"]
