"""Every state of a share link that a clinic may see, as pages of the running product on the simulated network.

Each state is reached like a clinic reaches the state. File names are long.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from app.migration.exports import LINK
from app.migration.models import Export
from app.storage import seal_secret
from tests.harness.prepared_moves import PreparedFolders, running, tiny_export
from tests.harness.product import ANA, MEGAN, Product
from tests.links.fake_provider import Node
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.dropbox.fake import APP, SECRET, Dropbox
from tests.links.providers.google_drive.fake import KEY, Google, error_bytes
from tests.links.providers.onedrive.fake import OneDrive
from tests.links.replies import Fault

S3 = "https://riverbend.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=x"
LONG = "Harbour Street Physiotherapy and Sports Medicine Centre full data export of all practitioners 2026-11-28.zip"
EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
QUOTA = error_bytes(403, "downloadQuotaExceeded")
TREE = {"clients.zip": ServedFile(size=1_000_000), "treatment notes.zip": ServedFile(size=3_000_000)}


class Tour:
    """Runs migrations in sequence, each in its own folder. `pages` are the pages of Megan and of support by name."""

    def __init__(self, home: Path, net: FakeInternet, folders: PreparedFolders) -> None:
        self.folders, self.home, self.net = folders, home, net
        self.drive, self.onedrive, self.dropbox = Google(net), OneDrive(net), Dropbox(net)
        self.pages: dict[str, str] = {}

    @contextmanager
    def at(self, point: str, name: str) -> Iterator[Product]:
        with contextmanager(running)(self.folders, point, self.home / name) as product:
            yield product

    def keep(self, name: str, product: Product, place: str, email: str = MEGAN) -> None:
        page = product.visitor(email).see(place)
        assert page.status_code == 200, f"{name}: {page.status_code}"
        self.pages[name] = page.text

    def inspect(self, name: str, link: str, password: str = "") -> None:
        """Keeps the page that shows the findings of a link."""
        with self.at("preparing", name) as product:
            given = {"link": link, "password": password}
            answer = product.visitor(MEGAN).post(f"{product.at}/link", data=given)
            if answer.status_code == 422:
                self.pages[name] = answer.text
            else:
                self.keep(name, product, f"{product.at}/link")

    def fetch(self, name: str, link: str, then: Callable[[Product], object], place: str = "progress") -> None:
        """Hands a link over, runs `then`, and keeps the clinic's page."""
        with self.at("preparing", name) as product:
            megan = product.visitor(MEGAN)
            megan.post(f"{product.at}/link", data={"link": link})
            megan.post(f"{product.at}/link/confirm")
            then(product)
            self.keep(name, product, f"{product.at}/{place}")

    def export(self, drive: Google | OneDrive | Dropbox, name: str = LONG) -> Node:
        return drive.add(name, ServedFile(text=tiny_export()))


def doctor(tour: Tour) -> None:
    """The pages before the hand-over."""
    onedrive, dropbox, drive, net = tour.onedrive, tour.dropbox, tour.drive, tour.net
    tour.inspect("link-good", onedrive.share(tour.export(onedrive)))
    files = {f"{n} {LONG}": ServedFile(size=40_000_000 + n) for n in range(3)}
    folder = drive.folder({**files, "Letters": {"letters.zip": ServedFile(size=2_000_000)}}, "Cliniko export")
    folder.children.append(drive.add("How to read this export", kind="sheet"))
    tour.inspect("link-folder", drive.share(folder))
    private = tour.export(onedrive)
    private.private = True
    tour.inspect("link-private", onedrive.share(private))
    locked = tour.export(dropbox)
    dropbox.passwords[locked.id] = "open sesame"
    tour.inspect("link-password", dropbox.share(locked))
    tour.inspect("link-password-wrong", dropbox.share(locked), "sesame")
    tour.inspect("link-password-good", dropbox.share(locked), "open sesame")
    tour.inspect("link-sheet", drive.share(drive.add("Clients of 2026", kind="sheet")))
    net.serve(S3, ServedFile(), Fault("html", times=None, on="any"))
    tour.inspect("link-page", S3)
    net.serve(S3, ServedFile(), Fault("status", at=403, value=EXPIRED, times=None, on="any"))
    tour.inspect("link-expired", S3)
    net.serve(S3, ServedFile(size=2_000_000_000))
    soon = f"X-Amz-Date={time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}&X-Amz-Expires=60"
    tour.inspect("link-runs-out", f"{S3}&{soon}")
    net.serve(S3, ServedFile(size=150 * 1024**3))
    tour.inspect("link-too-big", S3)
    tour.inspect("link-malformed", "drive dot google dot com")
    quota = drive.add("export.zip", ServedFile(size=2_000_000))
    drive.order(f"{quota.id}?alt=media", 403, QUOTA)
    tour.inspect("link-quota", drive.share(quota))
    tour.inspect("link-no-credentials", "https://app.box.com/s/harbourstreetexport")


def download(tour: Tour) -> None:
    """The pages during the download."""
    drive = tour.drive

    def waiting() -> str:
        folder = drive.folder(TREE)
        drive.order(f"{folder.children[1].id}?alt=media", 403, QUOTA)
        return drive.share(folder)

    def paused(product: Product) -> None:
        product.work()
        product.visitor(MEGAN).post(f"{product.at}/progress/pause")

    def stopped(product: Product) -> None:
        paused(product)
        product.visitor(MEGAN).post(f"{product.at}/handover/replace")

    def made_private(product: Product) -> None:
        for node in gone.walk():
            node.private = True
        product.work()

    tour.fetch("download-begins", drive.share(drive.folder(TREE)), lambda product: None)
    tour.fetch("download-waits", waiting(), Product.work)
    tour.fetch("download-paused", waiting(), paused)
    tour.fetch("download-stopped", waiting(), stopped, "handover")
    gone = drive.folder(TREE)
    tour.fetch("download-failed", drive.share(gone), made_private)


def afterwards(tour: Tour) -> None:
    """The report with an open link and a closed link, and support's page of providers."""
    with tour.at("finalised", "link-open") as product:
        move = product.move()
        with product.runtime.ledger.write() as session:
            export = session.get_one(Export, (move.id, move.export_number))
            export.way, export.link_hint = "link", "riverbend.s3.ap-southeast-2.amazonaws.com/export.zip"
            export.sealed_link = seal_secret(S3, product.runtime.link_key(move), LINK)
            session.add(export)
        tour.net.serve(S3, ServedFile())
        for name in ("link-still-open", "link-closed"):
            product.visitor(MEGAN).post(f"{product.at}/report/link")
            tour.keep(name, product, f"{product.at}/report")
            tour.net.routes.clear()
        tour.keep("support-providers", product, "/support", ANA)


def every_state(home: Path, folders: PreparedFolders) -> dict[str, str]:
    """The pages by name. `home` is an empty folder."""
    (home / "net").mkdir()
    net = FakeInternet(home / "net")
    settings = {"ENVIRONMENT": "test", "LINKS_TEST_NETWORK": str(net.file), "GOOGLE_DRIVE_API_KEY": KEY}
    try:
        with patch.dict(os.environ, {**settings, "DROPBOX_APP_KEY": APP, "DROPBOX_APP_SECRET": SECRET}):
            tour = Tour(home, net, folders)
            for part in (doctor, download, afterwards):
                part(tour)
            return tour.pages
    finally:
        net.close()
