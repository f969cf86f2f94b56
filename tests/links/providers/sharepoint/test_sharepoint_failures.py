"""SharePoint and OneDrive for Business: every refusal has words that a clinic can act on."""

from typing import Any

import pytest

from tests.links.cases import BY_NAME
from tests.links.conftest import Downloader
from tests.links.providers.sharepoint.fake import PASSWORD, SETS, TENANT, WEB, SharePoint
from tests.links.refusals import BIG, RefusalCase, assert_refused, page
from tests.links.replies import Fault

ROUTE = BY_NAME["sharepoint-browser"]
VIEWER = f"{WEB}/_layouts/15/Doc.aspx?sourcedoc=x"
LINK, FILE = f"{TENANT}/:u:", "/_layouts/15/download.aspx"


def code(name: str) -> dict[str, Any]:
    return {"error": {"code": name, "message": "never read"}}


ROWS = [
    RefusalCase("link_private", changes={"node.private": True}),
    RefusalCase("link_private", LINK, 302, headers={"Location": f"https://{TENANT}/_layouts/15/Authenticate.aspx?x"}),
    RefusalCase(
        "link_private", LINK, 302, headers={"Location": f"https://{TENANT}{WEB}/_layouts/15/AccessDenied.aspx"}
    ),
    RefusalCase("link_private", LINK, 302, headers={"Location": f"https://{TENANT}/_forms/default.aspx"}),
    RefusalCase("link_private", LINK, 302, headers={"Location": "https://login.live.com/x"}),
    RefusalCase("link_private", LINK, 403, headers={"X-MSDAVEXT_Error": "917656; Access denied."}),
    RefusalCase("link_private", LINK, 403, headers={"X-Forms_Based_Auth_Required": "https://x"}),
    RefusalCase("link_gone", LINK, 200, page("Sorry", "This link has been removed.")),
    RefusalCase("link_policy", LINK, 200, page("Sorry", "This link was removed by admin policy")),
    RefusalCase("link_expired", LINK, 200, page("Sorry", "This link has expired.")),
    RefusalCase("link_expired", LINK, 410),
    RefusalCase("link_gone", LINK, 404, code("itemNotFound")),
    RefusalCase("link_gone", LINK, 200, page("Sorry", "The item is no longer available")),
    RefusalCase("link_download_disabled", changes={"node.no_download": True}),
    RefusalCase("link_download_disabled", LINK, 302, headers={"Location": VIEWER, **SETS}),
    RefusalCase("malware_flagged", LINK, 403, code("malwareDetected")),
    RefusalCase("provider_rate_limited", LINK, 429, headers={"Retry-After": "2"}),
    RefusalCase("provider_rate_limited", LINK, 503, headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}),
    RefusalCase("provider_rate_limited", LINK, 509),
    RefusalCase("provider_rate_limited", LINK, 503, code("serviceNotAvailable")),
    RefusalCase("provider_down", LINK, 500),
    RefusalCase("provider_changed", LINK, 200, page("Something else")),
    RefusalCase("provider_changed", LINK, 418),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_sharepoint_refuses(downloader: Downloader, row: RefusalCase) -> None:
    assert_refused(downloader, ROUTE, row)
    assert not [r for r in downloader.net.log if r.host.startswith("login.")]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_password_is_requested_checked_and_used(downloader: Downloader, kind: str) -> None:
    fake = SharePoint(downloader.net)
    node = fake.add("export.zip", BIG) if kind == "file" else fake.folder({"a.csv": BIG})
    (node if kind == "file" else node.children[0]).faults = [Fault("end", at=100_000)]
    fake.passwords.add(node.id)
    link = fake.share(node)
    assert downloader.refused(link) == "link_password"
    assert downloader.refused(link, password="wrong") == "link_password_wrong"
    assert downloader.fetch(link, password=PASSWORD)[0].sha256 == BIG.sha256
    assert all(PASSWORD not in f"{r.target}{r.headers}" for r in downloader.net.log)
    assert {r.host for r in downloader.net.log if PASSWORD.encode() in r.body} == {TENANT}


def test_the_password_is_sent_only_to_the_host_of_the_form(downloader: Downloader) -> None:
    fake = SharePoint(downloader.net)
    link = fake.share(fake.add("export.zip", BIG))
    fields = '<input name="txtPassword"><input name="btnSubmitPassword"><input name="__VIEWSTATE">'
    form = f'<form method="post" action="https://evil.sharepoint.com/guestaccess.aspx">{fields}</form>'
    fake.order(LINK, 200, page("Password", form))
    assert downloader.refused(link, password=PASSWORD) == "provider_changed"


def test_a_tenant_without_ranges_restarts_the_file(downloader: Downloader) -> None:
    fake = SharePoint(downloader.net)
    node = fake.add("export.zip", BIG)
    node.faults = [Fault("no_range", times=None, on="any"), Fault("end", at=100_000)]
    assert downloader.fetch(fake.share(node))[0].sha256 == BIG.sha256


EXPIRED: dict[str, dict[str, Any]] = {
    "401": {"status": 401},
    "403": {"status": 403},
    "403 with the header of a sign-in": {"status": 403, "headers": {"X-Forms_Based_Auth_Required": "https://x"}},
    "sign-in page of the tenant": {
        "status": 302,
        "headers": {"Location": f"https://{TENANT}/_layouts/15/Authenticate.aspx?x"},
    },
    "sign-in page of Microsoft": {
        "status": 302,
        "headers": {"Location": "https://login.microsoftonline.com/common/oauth2/authorize?x"},
    },
}


@pytest.mark.parametrize("expired", EXPIRED)
@pytest.mark.parametrize("where", ["file of a folder", "file of a link", "library of a folder"])
def test_an_expired_session_is_renewed(downloader: Downloader, where: str, expired: str) -> None:
    fake = SharePoint(downloader.net)
    node = fake.add("export.zip", BIG) if where == "file of a link" else fake.folder({"a.csv": BIG, "b.csv": BIG})
    link = fake.share(node)
    fake.order("RenderListDataAsStream" if where == "library of a folder" else FILE, times=1, **EXPIRED[expired])
    assert {file.sha256 for file in downloader.fetch(link)} == {BIG.sha256}


def test_a_refusal_in_a_new_session_gives_the_problem_of_the_second_response(downloader: Downloader) -> None:
    fake = SharePoint(downloader.net)
    link = fake.share(fake.add("export.zip", BIG))
    fake.order(FILE, 403)
    assert downloader.refused(link) == "link_download_disabled"
    assert len([r for r in downloader.net.log if r.path.endswith("/download.aspx")]) == 2


def test_a_complete_list_in_the_page_replaces_the_list_of_the_library(downloader: Downloader) -> None:
    fake = SharePoint(downloader.net)
    fake.library_lists = False
    assert len(downloader.probe(fake.share(fake.folder({"a.csv": BIG, "b.csv": BIG}))).files) == 2
    nested = fake.share(fake.folder({"a.csv": BIG, "Sub": {"b.csv": BIG}}))
    assert downloader.refused(nested) == "provider_changed"


@pytest.mark.parametrize("onward", ["https://evil.example/?Paged=TRUE&p_ID=30", "//evil.example/?p_ID=3", "nonsense"])
def test_a_next_page_of_the_library_on_another_host_is_refused(downloader: Downloader, onward: str) -> None:
    fake = SharePoint(downloader.net)
    link = fake.share(fake.folder({"a.csv": BIG}))
    fake.order("RenderListDataAsStream", 200, {"Row": [], "NextHref": onward})
    assert downloader.refused(link) == "provider_changed"
