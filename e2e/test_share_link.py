"""A clinic hands over a private share link with the keyboard alone: it follows the provider help and confirms the
findings, and the export is downloaded. Then it uploads another export instead, through a cut connection, a reloaded
page and a sign-out.
"""

import random
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Route

from e2e.journey import Journey
from e2e.pages.handover import Handover
from e2e.pages.link import Link
from e2e.pages.progress import Progress
from e2e.product import Product, running
from tests.harness.browser import axe, scrolls_sideways, until_in_page
from tests.harness.prepared_moves import tiny_export
from tests.links.files import ServedFile
from tests.links.network import FakeInternet
from tests.links.providers.google_drive.fake import KEY, Google
from tests.links.providers.onedrive.fake import OneDrive

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[FakeInternet]:
    folder = tmp_path / "net"
    folder.mkdir()
    made = FakeInternet(folder)
    yield made
    made.close()


@pytest.fixture
def product(net: FakeInternet) -> Iterator[Product]:
    with running(LINKS_TEST_NETWORK=str(net.file), GOOGLE_DRIVE_API_KEY=KEY) as started:
        yield started


def reach(page: Page, wanted: Locator) -> None:
    """Presses the tab key until the element has the focus."""
    for _ in range(80):
        if wanted.evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {wanted}")


def type_into(page: Page, field: Locator, text: str) -> None:
    reach(page, field)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def press_enter(page: Page, wanted: Locator) -> None:
    reach(page, wanted)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_private_link_is_mended_by_following_the_provider_help(
    product: Product, browser: Browser, net: FakeInternet, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    journey = Journey(page, product.url)
    journey.enter()
    journey.start()
    journey.get_ready()
    assert axe(page) == []

    mend(page, Google(net))
    press_enter(page, page.get_by_role("button", name="No, another link"))
    mend(page, OneDrive(net))
    press_enter(page, page.get_by_role("button", name="Yes, fetch it"))

    Progress(page, journey.move).wait_until("handover", 90)
    assert Handover(page, journey.move).heading.startswith("We read")

    page.get_by_role("button", name="Hand over another export").click()
    handover, export = Handover(page, journey.move), padded(tmp_path / "export.zip")
    upload_over_a_cut_line(page, handover, export)
    go_on_over_the_end_of_a_session(page, product.url, handover, export)
    Progress(page, journey.move).wait_until("handover", 90)
    assert Handover(page, journey.move).heading.startswith("We read")
    context.close()


def padded(path: Path) -> Path:
    """An export of three upload pieces: a picture makes it large enough."""
    path.write_bytes(tiny_export())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("waiting-room.jpg", b"\xff\xd8\xff\xe0 JFIF" + random.Random(1).randbytes(18_000_000))
    return path


def upload_over_a_cut_line(page: Page, handover: Handover, export: Path) -> None:
    """The first piece arrives, the second does not; the page is loaded anew, and the rest is sent."""
    sent: list[str] = []

    def first_alone(route: Route) -> None:
        sent.append(route.request.headers["upload-offset"])
        route.continue_() if len(sent) == 1 else route.abort()

    page.on("dialog", lambda dialog: dialog.accept())  # the browser asks whether to leave
    page.route("**/piece", first_alone)
    handover.send(export)
    page.get_by_text("Your line is cut.").wait_for()
    assert axe(page) == []
    page.reload()
    assert "8.4 MB of 18" in page.locator("#arrived").inner_text()
    assert axe(page) == []
    page.unroute("**/piece")


def go_on_over_the_end_of_a_session(page: Page, url: str, handover: Handover, export: Path) -> None:
    """Ends the session while the second piece is sent: the page reports it, and continues after sign-in."""
    held: list[Route] = []
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.headers.get("upload-offset", "")))
    page.route("**/piece", lambda route: held.append(route))
    handover.send(export)
    until_in_page(page, lambda: bool(held))
    assert page.request.post(f"{url}/signout", headers={"Origin": url}).ok
    held[0].continue_()
    page.unroute("**/piece")
    page.get_by_text("You are signed out. What arrived is kept.").wait_for()
    assert axe(page) == []
    assert not scrolls_sideways(page)
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Sign in again in a new window").click()
    opened.value.get_by_role("button", name="Enter as Megan").click()
    page.wait_for_url(re.compile("progress|handover$"))
    page.wait_for_function("() => !document.querySelector('#sending')")
    arrived = [offset for offset in sent if offset]
    assert arrived == ["8388608", "8388608", "16777216"], "what was here is not sent again, nor anything in vain"


def mend(page: Page, drive: Google | OneDrive) -> None:
    """Pastes a private link, follows the provider help, and inspects the link again."""
    node = drive.add("export.zip", ServedFile(text=tiny_export()), private=True)
    field, look = page.get_by_label("Share link"), page.locator("form[action$='/link'] button")
    type_into(page, field, drive.share(node))
    press_enter(page, look)
    assert "Anyone with the link" in page.locator("section:has(#fix)").inner_text()
    assert field.input_value() == drive.share(node), "nothing is typed again"
    assert page.get_by_role("link", name="Upload the files instead").is_visible()
    assert axe(page) == []
    assert not scrolls_sideways(page)

    node.private = False
    press_enter(page, look)
    link = Link(page, page.url.removesuffix("/link"))
    assert link.is_open()
    assert "export.zip" in link.seen
    assert f"{len(tiny_export()) / 1000:.0f} kB" in link.seen
    assert drive.share(node) not in page.content()
    assert axe(page) == []
    assert not scrolls_sideways(page)
