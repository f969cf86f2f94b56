"""OneDrive personal: every refusal has words that a clinic can act on."""

from typing import Any

import pytest

from tests.links.cases import BY_NAME
from tests.links.conftest import Downloader
from tests.links.providers.onedrive.fake import BYTES_HOST, OneDrive
from tests.links.refusals import BIG, RefusalCase, assert_refused, page
from tests.links.replies import Fault

ROUTE = BY_NAME["onedrive-browser"]
DRIVE, SHORT = "onedrive.live.com/_api", "1drv.ms/"


def code(name: str) -> dict[str, Any]:
    return {"error": {"code": name, "message": "never read"}}


ROWS = [
    RefusalCase("link_private", changes={"node.private": True}),
    RefusalCase("link_private", SHORT, 403, page("Access denied")),
    RefusalCase("link_gone", SHORT, 404, page("Not found")),
    RefusalCase("provider_blocked", DRIVE, 401, code("unauthenticated")),
    RefusalCase("provider_blocked", DRIVE, 403, code("accessDenied")),
    RefusalCase("link_gone", DRIVE, 404, code("itemNotFound")),
    RefusalCase("link_gone", DRIVE, 410),
    RefusalCase("provider_rate_limited", DRIVE, 429, headers={"Retry-After": "3"}),
    RefusalCase("provider_rate_limited", DRIVE, 503, headers={"Retry-After": "3"}),
    RefusalCase("provider_rate_limited", DRIVE, 509),
    RefusalCase("provider_changed", DRIVE, 200, page("OneDrive")),
    RefusalCase("provider_changed", BYTES_HOST, 200, page("OneDrive")),
    RefusalCase(
        "provider_changed", "onedrive.live.com/redir", 302, headers={"Location": "/strange", "Set-Cookie": "FedAuth=x"}
    ),
    RefusalCase("link_private", "onedrive.live.com/redir", 200, page("OneDrive")),
    RefusalCase("folder_not_supported", changes={"node.kind": "bundle"}),
    RefusalCase("native_document", changes={"node.kind": "package"}),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_onedrive_refuses(downloader: Downloader, row: RefusalCase) -> None:
    assert_refused(downloader, ROUTE, row)
    assert not [r for r in downloader.net.log if r.host == "login.live.com"]


def test_onedrive_can_be_switched_off(downloader: Downloader) -> None:
    downloader.limits(onedrive_personal_enabled=False)
    fake = OneDrive(downloader.net)
    assert downloader.refused(fake.share(fake.add("export.zip", BIG))) == "provider_off"
    assert downloader.net.log == []


def test_an_expired_download_address_is_requested_again(downloader: Downloader) -> None:
    fake = OneDrive(downloader.net)
    node = fake.add("export.zip", BIG)
    node.faults = [Fault("end", at=100_000)]
    fake.expire_first = 2
    assert downloader.fetch(fake.share(node))[0].sha256 == BIG.sha256
    fake.expire_first = 10
    assert downloader.refused(fake.share(node)) == "provider_blocked"


@pytest.mark.parametrize("onward", ["https://evil.example/x", "http://onedrive.live.com/x", "https://1drv.ms/x", "x"])
def test_a_next_page_on_another_host_is_refused(downloader: Downloader, onward: str) -> None:
    fake = OneDrive(downloader.net)
    fake.foreign_next = onward
    assert downloader.refused(fake.share(fake.folder({f"{n}.csv": BIG for n in range(4)}))) == "provider_changed"
    assert not [r for r in downloader.net.log if "evil" in r.host]


def test_a_download_address_on_another_host_is_refused(downloader: Downloader) -> None:
    fake = OneDrive(downloader.net)
    link = fake.share(fake.add("export.zip", BIG))
    metadata = {"id": "x", "name": "x", "size": 9, "file": {}, "@content.downloadUrl": "https://169.254.169.254/x"}
    fake.order("/_api/v2.0/drives/", 200, metadata)
    assert downloader.refused(link) == "provider_changed"
