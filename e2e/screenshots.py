"""Pictures of every page and state at 1280 and 390 pixels, to be looked at: `make screenshots`.

`python -m e2e.screenshots links` takes the states of share links alone.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, ViewportSize

from e2e.journey import Journey
from e2e.pages.files import Files
from e2e.pages.handover import Handover
from e2e.pages.help import Help
from e2e.pages.overview import Overview
from e2e.pages.start import Start
from e2e.product import Product, running
from e2e.states import other_states
from tests.harness.browser import chromium
from tests.harness.prepared_moves import PreparedFolders
from tests.look.links import every_state
from tests.look.pages import served

FOLDER = Path("var/screenshots")
WIDTHS = (1280, 390)
SCREEN: ViewportSize = {"width": WIDTHS[0], "height": 900}


class Camera:
    """Takes one page at both widths, and at the larger one also in the dark."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.taken: list[Path] = []

    def __call__(self, page: Page, name: str) -> None:
        for width in WIDTHS:
            self.take(page, f"{name}-{width}", width)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        self.take(page, f"{name}-dark", WIDTHS[0])
        page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def take(self, page: Page, name: str, width: int) -> None:
        page.set_viewport_size({"width": width, "height": 900})
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, full_page=True)
        self.taken.append(path)
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})


def all_pages(product: Product, page: Page, camera: Camera) -> None:
    """The journey, and on the way the pages and states that it does not pass."""
    journey = Journey(page, product.url, camera)
    journey.enter()
    journey.start()
    move = journey.move
    page.locator("main form button").last.click()
    camera(page, "overview-errors")
    Overview(page, move).open()
    journey.get_ready()
    Handover(page, move).paste("https://169.254.169.254/export.zip")
    camera(page, "handover-unsafe-link")
    Handover(page, move).open()
    journey.hand_over()
    files(page, move, camera)
    journey.close_gaps()
    journey.match()
    journey.try_it()
    journey.look_around()
    Help(page, move).write("Where do I see the drafts?")
    camera(page, "help-asked")
    page.goto(f"{move}/nowhere")
    camera(page, "not-found")
    page.goto(f"{product.url}/outbox")
    camera(page, "outbox")
    support(product, page, camera, move)
    journey.enter()
    journey.approve()
    Start(page, product.url).open()
    camera(page, "start-live")
    journey.live_clients()


def files(page: Page, move: str, camera: Camera) -> None:
    """The files of the export, one of them with its columns, and how a kind is read."""
    Files(page, move).open()
    camera(page, "files")
    page.get_by_role("link", name="Look or change").first.click()
    camera(page, "which-file")
    page.goto(f"{move}/files/kinds/patients")
    camera(page, "kind")
    page.goto(move)


def support(product: Product, page: Page, camera: Camera, move: str) -> None:
    """Takes screenshots of support's pages."""
    Journey(page, product.url).enter("Ana")
    camera(page, "support")
    page.goto(f"{product.url}/support/{move.rsplit('/', 1)[-1]}")
    camera(page, "support-migration")


def links(page: Page, camera: Camera) -> None:
    """Every state of a share link."""
    with TemporaryDirectory(prefix="caspen-links-") as folder:
        pages = every_state(Path(folder), PreparedFolders(Path(folder, "points")))
    with served({f"/{name}": html for name, html in pages.items()}) as site:
        for name in pages:
            page.goto(f"{site}/{name}")
            camera(page, name)


def main() -> int:
    camera = Camera(FOLDER)
    with chromium() as browser:
        links(browser.new_page(viewport=SCREEN), camera)
        if "links" in sys.argv[1:]:
            return 0
        with running() as product:
            all_pages(product, browser.new_page(viewport=SCREEN), camera)
        with running() as product:
            other_states(browser.new_context(viewport=SCREEN).new_page(), product.url, camera)
    print(f"{len(camera.taken)} pictures in {FOLDER}")  # noqa: T201 - a command for people
    return 0


if __name__ == "__main__":
    sys.exit(main())
