"""A link, its password and the file ids at the provider are never readable: not in the ledger, Redis, a log, a mail, a
page, an audit line or the list of processes. All of these are searched as bytes."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import structlog
from redis import Redis

from app.fetch.hand_over import hand_over_link
from app.links.inspection import inspect
from app.links.link_settings import LinkSettings
from app.links.normalise import normalise
from app.migration.states import State
from app.wizard.link import masked
from app.worker.runtime import Runtime
from tests.figures.emptied_redis import redis_server
from tests.harness.clinic import MEGAN, Clinic, clinic_files, clinic_in, runtime_in
from tests.harness.waiting import patience
from tests.links.fake_provider import FakeProvider
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.dropbox.fake import APP, SECRET, Dropbox
from tests.links.providers.google_drive.fake import KEY, Google, error_bytes
from tests.links.providers.onedrive.fake import OneDrive
from tests.links.providers.sharepoint.fake import PASSWORD, TENANT, SharePoint
from tests.links.replies import Fault

CANARY = b"canary"
KEYS = {
    "GOOGLE_DRIVE_API_KEY": KEY,
    "DROPBOX_APP_KEY": APP,
    "DROPBOX_APP_SECRET": SECRET,
    "LINKS_BACKOFF_FIRST": "0.01",
    "LINKS_DISK_FACTOR": "0",
}


@dataclass
class Heard:
    """Everything that was said while a story went on, by the place where it was said."""

    places: dict[str, bytes] = field(default_factory=dict)

    def found(self, canary: bytes = CANARY) -> dict[str, int]:
        return {place: said.count(canary) for place, said in self.places.items() if canary in said}


@contextmanager
def listening(heard: Heard) -> Iterator[None]:
    """Every log line of every library, as loud as it can be."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(said))
    try:
        yield
    finally:
        structlog.reset_defaults()
        root.removeHandler(handler)
        root.setLevel(level)
        heard.places["logs"] = said.getvalue().encode()


def told_of(folder: Path) -> bytes:
    return b"\n".join(str(p).encode() + p.read_bytes() for p in folder.rglob("*") if p.is_file())


def in_redis(url: str) -> bytes:
    with Redis.from_url(url) as redis:
        keys = list(redis.scan_iter("*"))
        return b"\n".join(key + (redis.dump(key) or b"") for key in keys) + repr(redis.info("clients")).encode()


def command_lines() -> bytes:
    said = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said.append(path.read_bytes())
        except OSError:
            continue
    return b"\n".join(said)


def tree() -> dict[str, Any]:
    return {name: ServedFile(text=text.encode(), name=name) for name, text in clinic_files().items()}


def stories(net: FakeInternet) -> list[tuple[FakeProvider, str]]:
    """A shared folder at each provider, whose links, cookies and keys all say that they are canaries."""
    shops: list[FakeProvider] = [Google(net), Dropbox(net), OneDrive(net), SharePoint(net)]
    shared = []
    for shop in shops:
        folder = shop.folder(tree())
        if isinstance(shop, Google):
            folder.key = "canary-resource-key"
            folder.children[0].key = "canary-child-key"
        if isinstance(shop, SharePoint):
            shop.passwords.add(folder.id)
        folder.children[1].faults = [Fault("end", at=20), Fault("status", at=503, headers={"Retry-After": "1"})]
        shared.append((shop, shop.share(folder) + "&canaryparameter=canaryvalue"))
    return shared


def fetched(runtime: Runtime, net: FakeInternet, heard: Heard) -> list[Clinic]:
    """Inspects and downloads each link, then a refused link, and a link that no provider understands."""
    clinics, pages = [], b""
    links = LinkSettings.from_environment({**KEYS, "ENVIRONMENT": "test", "LINKS_TEST_NETWORK": str(net.file)})
    for number, (shop, link) in enumerate(stories(net)):
        clinic = clinic_in(runtime, f"wsp_{number}")
        tidy = normalise(link, PASSWORD)
        pages += repr(inspect(tidy, links)).encode()
        hand_over_link(runtime, clinic.migration, tidy, hint=masked(tidy), by=MEGAN)
        for _ in range(3):
            clinic.drain(seconds=patience(10))
        clinics.append(clinic)
        shop.order("", 403, error_bytes(403, "canarytoken", "canary megan@canary.example"))
        pages += repr(inspect(normalise(link), links)).encode()
    heard.places["pages"] = pages
    return clinics


def canaries(folder: Path) -> Heard:
    """Four providers' links from paste to export, and everything that was said meanwhile."""
    heard = Heard()
    (folder / "net").mkdir()
    net = FakeInternet(folder / "net")
    given = {**KEYS, "ENVIRONMENT": "test", "LINKS_TEST_NETWORK": str(net.file)}
    more = {"links_encryption_key": "a-key-for-the-links-alone-0123456789"}
    with pytest.MonkeyPatch.context() as patch, redis_server() as server, listening(heard):
        for name, value in given.items():
            patch.setenv(name, value)
        with runtime_in(folder / "var", redis_url=server.url, **more) as runtime:
            clinics = fetched(runtime, net, heard)
            heard.places["redis"] = in_redis(server.url)
            heard.places["processes"] = command_lines()
            assert [clinic.state() for clinic in clinics] == [State.MATCHING] * 4
            heard.places["problems"] = "".join(repr(clinic.problems("export:1")) for clinic in clinics).encode()
        heard.places["disk"] = told_of(folder / "var")
    net.close()
    assert any("canary" in r.target for r in net.log)  # they did sing, where they belong
    assert any("canary" in r.headers.get("cookie", "") for r in net.log)
    asked = {r.host for r in net.log if PASSWORD.encode() in r.body}
    assert asked == {TENANT, "api.dropboxapi.com"}
    return heard


@pytest.mark.redis
def test_nothing_of_a_link_is_to_be_read_anywhere(tmp_path: Path) -> None:
    heard = canaries(tmp_path)
    assert heard.found() == {}
    assert all(heard.places[place] for place in ("logs", "pages", "redis", "processes", "disk"))
    assert b"\x00" in heard.places["disk"]
