"""The area of share links: accepted and refused links, what a large download survives, and which data is secret."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import Stop
from app.links.inspection import inspect
from app.links.link_settings import LinkSettings
from app.links.normalise import normalise
from app.links.provider_registry import PROVIDERS, provider_of
from app.storage import LocalObjects
from tests.figures import downloads
from tests.figures.figure import Measure, Reached
from tests.links import test_guard
from tests.links.cases import BY_NAME
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.network import PUBLIC, FakeInternet
from tests.links.providers.dropbox import test_dropbox_failures
from tests.links.providers.google_drive import test_google_failures
from tests.links.providers.https import test_https
from tests.links.providers.https.fake import Presigned
from tests.links.providers.onedrive import test_onedrive_failures
from tests.links.providers.sharepoint import test_sharepoint_failures
from tests.links.refusals import RefusalCase, assert_refused
from tests.links.replies import Fault
from tests.links.route_case import RouteCase
from tests.links.test_normalise import MALFORMED, UNSAFE
from tests.links.test_providers import GOOD, LINKS, STRANGERS

GIB = 1024**3
TABLES: tuple[tuple[RouteCase, list[RefusalCase]], ...] = (
    (BY_NAME["google_drive-api"], test_google_failures.API_ROWS),
    (BY_NAME["google_drive-page"], test_google_failures.PAGE_ROWS),
    (BY_NAME["dropbox-api"], test_dropbox_failures.API_ROWS),
    (BY_NAME["dropbox-page"], test_dropbox_failures.PAGE_ROWS),
    (BY_NAME["onedrive-browser"], test_onedrive_failures.ROWS),
    (BY_NAME["sharepoint-browser"], test_sharepoint_failures.ROWS),
)


@contextmanager
def open_downloader() -> Iterator[Downloader]:
    """A place to fetch at, on the test network."""
    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        (Path(folder) / "net").mkdir()
        net = FakeInternet(Path(folder) / "net")
        limits = LinkSettings(
            test_network=net.file, refusal_seconds=0, disk_factor=0, timeout_headers=5, timeout_idle=5
        )
        try:
            yield Downloader(net, LocalObjects(Path(folder) / "objects"), settings=limits)
        finally:
            net.close()


def refused(at: Downloader, pasted: str) -> str:
    try:
        at.probe(pasted)
    except Stop as reason:
        return reason.problem.code
    return ""


def good_and_hostile(long: bool) -> Reached:
    wrong, taken = [], 0
    for name, link in GOOD:
        tidy = normalise(link)
        provider_of(tidy).check(tidy, LinkSettings())
        taken += provider_of(tidy).name == name
    hostile = sorted({*MALFORMED, *UNSAFE, *STRANGERS, *(link for link, _, _ in LINKS)})
    with open_downloader() as at:
        wrong += [f"taken: {place}" for place, pasted in enumerate(hostile) if not refused(at, pasted)]
        connected = len(at.connected)
    asked = {p.name for p in PROVIDERS if p.routes(LinkSettings())}
    ok = taken == len(GOOD) >= 40 and {name for name, _ in GOOD} == asked and len(hostile) >= 60 and not connected
    words = (
        f"{taken} of {len(GOOD)} good links taken, {len(hostile) - len(wrong)} of {len(hostile)} hostile ones refused"
    )
    return Reached(f"{words}, {connected} connections for them", ok=ok and not wrong, why=tuple(wrong))


def forbidden(long: bool) -> Reached:
    """Names that lead inside, names that change their mind between two hops, and redirects to forbidden places."""
    link, first = test_guard.LINK, "https://first.s3.amazonaws.com/x"
    tried, let_in, turns = 0, 0, 100 if long else 20
    with open_downloader() as at:
        at.net.serve(link, ServedFile())
        for address in test_guard.FORBIDDEN:
            for answers in ([address], [PUBLIC, address], [address, PUBLIC]):
                at.net.names("clinic.s3.amazonaws.com", *answers)
                let_in += refused(at, link) != "unsafe_address"
                tried += 1
        at.net.serve(first, None, Fault("redirect", value=link, times=None, on="any"))
        for turn in range(turns):
            at.net.names("clinic.s3.amazonaws.com", *([PUBLIC] * (turn % 3)), "127.0.0.1")
            let_in += refused(at, first) != "unsafe_address"
            tried += 1
        for goal in test_guard.HOSTILE_REDIRECTS:
            away = Fault("redirect", value=goal.encode().decode("latin-1"), times=None, on="any")
            at.net.serve(first, None, away)
            let_in += refused(at, first) != "unsafe_address"
            tried += 1
        wrong = [place for place in at.connected if place != ("first.s3.amazonaws.com", PUBLIC, 443)]
    words = f"{tried} tries, {let_in} let in, {len(wrong)} connections to a forbidden address; {turns} names that turn"
    return Reached(words, ok=not let_in and not wrong)


def failures(long: bool) -> Reached:
    held, wrong = 0, []
    for case, rows in TABLES:
        for row in rows:
            with open_downloader() as at:
                try:
                    assert_refused(at, case, row)
                    held += 1
                except AssertionError:
                    wrong.append(f"{case.name}: {row}")
    for status, body, headers, code in test_https.REFUSALS:
        with open_downloader() as at:
            answer = Fault("status", at=status, value=body, headers=headers, times=None, on="any")
            at.net.serve(test_https.S3, ServedFile(), answer)
            if refused(at, test_https.S3) == code:
                held += 1
            else:
                wrong.append(f"https: {status} {code}")
    total = held + len(wrong)
    return Reached(f"{held} of {total} rows have their code and words", ok=not wrong and total > 90, why=tuple(wrong))


class SmallDisk(LocalObjects):
    def free_space(self) -> int | None:
        return 40 * GIB


def announced(long: bool) -> Reached:
    """60 GB are accepted if they fit, and refused if not, by the announced size alone, before the first byte."""
    with open_downloader() as at:
        at.limits(disk_factor=2.2)
        shop = Presigned(at.net)
        link = shop.share(shop.add("export.zip", ServedFile(size=60_000_000_000)))
        found = inspect(
            normalise(link), at.settings, observer=at.observer(patience=0), objects=SmallDisk(at.objects.root)
        )
        at.limits(max_bytes=50 * GIB)
        big = inspect(normalise(link), at.settings, observer=at.observer(patience=0))
        codes = [problem.code if problem else "" for problem in (found.problem, big.problem)]
        asked = [r.range for r in at.net.log]
    planned = found.size == 60_000_000_000 and found.needed == int(2.2 * 60_000_000_000)
    most = max((last or 0) + 1 for _, last in (part or (0, 1 << 40) for part in asked))
    words = (
        f"planned: {found.needed or 0:,} bytes of room; refused: {', '.join(codes)}; "
        f"at most {most} bytes were asked for"
    )
    return Reached(words, ok=planned and codes == ["no_space", "export_too_big"] and most <= 1024)


def secrets(long: bool) -> Reached:
    from tests.fetch.test_link_secrets import canaries

    with tempfile.TemporaryDirectory(prefix="caspen-figure-") as folder:
        heard = canaries(Path(folder))
    found, size = heard.found(), sum(map(len, heard.places.values()))
    words = f"{sum(found.values())} canaries in {size:,} bytes of {', '.join(sorted(heard.places))}"
    return Reached(words, ok=not found and size > 100_000, why=tuple(f"{n} in {place}" for place, n in found.items()))


MEASURES: tuple[Measure, ...] = (
    Measure("links that are taken and refused", "40 good, 60 hostile, 0 connections", good_and_hostile),
    Measure("forbidden addresses", "0 connections, 20 names that turn", forbidden),
    Measure("rows of the failure tables", "every row", failures),
    Measure("60 GB announced", "refused or planned before a byte", announced),
    Measure("secrets of links", "0 canaries", secrets),
    *downloads.MEASURES,
)
