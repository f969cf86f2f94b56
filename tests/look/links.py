"""Every state of a share link that a clinic may see, as pages of the running product on the test network.

Each is reached as a clinic reaches it; names are as long as people make them.
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
from tests.links.fake_provider import Node
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.dropbox.fake import APP, SECRET, Dropbox
from tests.links.providers.google_drive.fake import KEY, Google, error_bytes
from tests.links.providers.onedrive.fake import OneDrive
from tests.links.replies import Fault
from tests.points import Folders, running, tiny_export
from tests.product import ANA, MEGAN, Product

S3 = "https://riverbend.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=x"
LONG = "Harbour Street Physiotherapy and Sports Medicine Centre full data export of all practitioners 2026-11-28.zip"
EXPIRED = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
QUOTA = error_bytes(403, "downloadQuotaExceeded")
TREE = {"clients.zip": ServedFile(size=1_000_000), "treatment notes.zip": ServedFile(size=3_000_000)}


class Tour:
    """One move after the other, each in a folder of its own; `pages` is what Megan, or support, saw there."""

    def __init__(self, home: Path, net: FakeInternet, folders: Folders) -> None:
        self.folders, self.home, self.net = folders, home, net
        self.drive, self.one, self.box = Google(net), OneDrive(net), Dropbox(net)
        self.pages: dict[str, str] = {}

    @contextmanager
    def at(self, point: str, name: str) -> Iterator[Product]:
        with contextmanager(running)(self.folders, point, self.home / name) as product:
            yield product

    def keep(self, name: str, product: Product, place: str, email: str = MEGAN) -> None:
        page = product.visitor(email).see(place)
        assert page.status_code == 200, f"{name}: {page.status_code}"
        self.pages[name] = page.text

    def look(self, name: str, link: str, password: str = "") -> None:
        """What the link doctor says; a link that is well waits on a page of its own."""
        with self.at("preparing", name) as product:
            given = {"link": link, "password": password}
            answer = product.visitor(MEGAN).post(f"{product.at}/link", data=given)
            if answer.status_code == 422:
                self.pages[name] = answer.text
            else:
                self.keep(name, product, f"{product.at}/link")

    def fetch(self, name: str, link: str, then: Callable[[Product], object], place: str = "progress") -> None:
        """What the clinic sees after it handed a link over and a worker had its turn."""
        with self.at("preparing", name) as product:
            megan = product.visitor(MEGAN)
            megan.post(f"{product.at}/link", data={"link": link})
            megan.post(f"{product.at}/link/confirm")
            then(product)
            self.keep(name, product, f"{product.at}/{place}")

    def export(self, drive: Google | OneDrive | Dropbox, name: str = LONG) -> Node:
        return drive.add(name, ServedFile(text=tiny_export()))


def doctor(tour: Tour) -> None:
    """Before anything is handed over."""
    one, box, drive, net = tour.one, tour.box, tour.drive, tour.net
    tour.look("link-good", one.share(tour.export(one)))
    files = {f"{n} {LONG}": ServedFile(size=40_000_000 + n) for n in range(3)}
    folder = drive.folder({**files, "Letters": {"letters.zip": ServedFile(size=2_000_000)}}, "Cliniko export")
    folder.children.append(drive.add("How to read this export", kind="sheet"))
    tour.look("link-folder", drive.share(folder))
    private = tour.export(one)
    private.private = True
    tour.look("link-private", one.share(private))
    locked = tour.export(box)
    box.passwords[locked.id] = "open sesame"
    tour.look("link-password", box.share(locked))
    tour.look("link-password-wrong", box.share(locked), "sesame")
    tour.look("link-password-good", box.share(locked), "open sesame")
    tour.look("link-sheet", drive.share(drive.add("Clients of 2026", kind="sheet")))
    net.serve(S3, ServedFile(), Fault("html", times=None, on="any"))
    tour.look("link-page", S3)
    net.serve(S3, ServedFile(), Fault("status", at=403, value=EXPIRED, times=None, on="any"))
    tour.look("link-expired", S3)
    net.serve(S3, ServedFile(size=2_000_000_000))
    soon = f"X-Amz-Date={time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}&X-Amz-Expires=60"
    tour.look("link-runs-out", f"{S3}&{soon}")
    net.serve(S3, ServedFile(size=150 * 1024**3))
    tour.look("link-too-big", S3)
    tour.look("link-malformed", "drive dot google dot com")
    quota = drive.add("export.zip", ServedFile(size=2_000_000))
    drive.order(f"{quota.id}?alt=media", 403, QUOTA)
    tour.look("link-quota", drive.share(quota))
    tour.look("link-no-credentials", "https://app.box.com/s/harbourstreetexport")


def download(tour: Tour) -> None:
    """While it is fetched."""
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
    """The link is still open, then closed; and what support sees of providers."""
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


def every_state(home: Path, folders: Folders) -> dict[str, str]:
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
