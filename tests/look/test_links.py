"""The pages of a share link in each of its states: readable by everybody, on a phone, in light and in dark."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.harness.browser import axe, scrolls_sideways
from tests.harness.prepared_moves import PreparedFolders
from tests.look.links import every_state
from tests.look.pages import served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("look-links")]
WORDS = {
    "link-good": "This link works",
    "link-folder": "is an online document",
    "link-private": "Anyone with the link",
    "link-password": "Password of the link",
    "link-password-wrong": "was not accepted",
    "link-password-good": "opens with your password",
    "link-sheet": "native_document",
    "link-page": "page_instead_of_file",
    "link-expired": "link_expired",
    "link-runs-out": "make one that lasts at least 7 days",
    "link-too-big": "export_too_big",
    "link-malformed": "link_malformed",
    "link-quota": "link_quota",
    "link-no-credentials": "credentials_missing",
    "download-begins": "Starting",
    "download-waits": "Next try at",
    "download-paused": "Go on",
    "download-stopped": "You stopped this download.",
    "download-failed": "The download stopped",
    "link-still-open": "It still opened when we looked",
    "link-closed": "The share link is closed",
    "support-providers": "Google Drive",
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, folders: PreparedFolders) -> dict[str, str]:
    return every_state(tmp_path_factory.mktemp("links"), folders)


@pytest.fixture(scope="module")
def site(pages: dict[str, str]) -> Iterator[str]:
    with served({f"/{name}": page for name, page in pages.items()}) as at:
        yield at


def test_every_state_has_a_page_that_names_it(pages: dict[str, str]) -> None:
    assert pages.keys() == WORDS.keys()
    assert [name for name, words in WORDS.items() if words not in pages[name]] == []
    assert [name for name, page in pages.items() if "{" in page.partition("<main")[2].partition("</main")[0]] == []


@pytest.mark.parametrize("name", WORDS)
def test_a_state_of_a_link_is_readable_by_everybody(page: Page, site: str, name: str) -> None:
    page.goto(f"{site}/{name}")
    page.wait_for_load_state("networkidle")  # the stream of a download is answered with 404 here
    assert "Error response" not in page.inner_text("body"), "what is no stream is not put into the page"
    assert axe(page) == []
    assert not scrolls_sideways(page)
