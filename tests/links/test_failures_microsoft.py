"""Every way in which OneDrive and SharePoint refuse, in words that a clinic can act on."""

from typing import Any

import pytest

from tests.links.cases import BY_NAME
from tests.links.conftest import Desk
from tests.links.fakes import onedrive
from tests.links.fakes.onedrive import OneDrive
from tests.links.fakes.sharepoint import PASSWORD, SETS, TENANT, WEB, SharePoint
from tests.links.refusals import BIG, Row, holds, page
from tests.links.replies import Fault

PERSONAL, BUSINESS = BY_NAME["onedrive-browser"], BY_NAME["sharepoint-browser"]
DRIVE, SHORT = "onedrive.live.com/_api", "1drv.ms/"
VIEWER = f"{WEB}/_layouts/15/Doc.aspx?sourcedoc=x"
LINK, FILE = f"{TENANT}/:u:", "/_layouts/15/download.aspx"


def code(name: str) -> dict[str, Any]:
    return {"error": {"code": name, "message": "never read"}}


PERSONAL_ROWS = [
    Row("link_private", changes={"node.private": True}),
    Row("link_private", SHORT, 403, page("Access denied")),
    Row("link_gone", SHORT, 404, page("Not found")),
    Row("provider_blocked", DRIVE, 401, code("unauthenticated")),
    Row("provider_blocked", DRIVE, 403, code("accessDenied")),
    Row("link_gone", DRIVE, 404, code("itemNotFound")),
    Row("link_gone", DRIVE, 410),
    Row("provider_rate_limited", DRIVE, 429, headers={"Retry-After": "3"}),
    Row("provider_rate_limited", DRIVE, 503, headers={"Retry-After": "3"}),
    Row("provider_rate_limited", DRIVE, 509),
    Row("provider_changed", DRIVE, 200, page("OneDrive")),
    Row("provider_changed", onedrive.BYTES_HOST, 200, page("OneDrive")),
    Row(
        "provider_changed", "onedrive.live.com/redir", 302, headers={"Location": "/strange", "Set-Cookie": "FedAuth=x"}
    ),
    Row("link_private", "onedrive.live.com/redir", 200, page("OneDrive")),
    Row("folder_not_supported", changes={"node.kind": "bundle"}),
    Row("native_document", changes={"node.kind": "package"}),
]
BUSINESS_ROWS = [
    Row("link_private", changes={"node.private": True}),
    Row("link_private", LINK, 302, headers={"Location": f"https://{TENANT}/_layouts/15/Authenticate.aspx?x"}),
    Row("link_private", LINK, 302, headers={"Location": f"https://{TENANT}{WEB}/_layouts/15/AccessDenied.aspx"}),
    Row("link_private", LINK, 302, headers={"Location": f"https://{TENANT}/_forms/default.aspx"}),
    Row("link_private", LINK, 302, headers={"Location": "https://login.live.com/x"}),
    Row("link_private", LINK, 403, headers={"X-MSDAVEXT_Error": "917656; Access denied."}),
    Row("link_private", LINK, 403, headers={"X-Forms_Based_Auth_Required": "https://x"}),
    Row("link_gone", LINK, 200, page("Sorry", "This link has been removed.")),
    Row("link_policy", LINK, 200, page("Sorry", "This link was removed by admin policy")),
    Row("link_expired", LINK, 200, page("Sorry", "This link has expired.")),
    Row("link_expired", LINK, 410),
    Row("link_gone", LINK, 404, code("itemNotFound")),
    Row("link_gone", LINK, 200, page("Sorry", "The item is no longer available")),
    Row("link_download_disabled", changes={"node.no_download": True}),
    Row("link_download_disabled", LINK, 302, headers={"Location": VIEWER, **SETS}),
    Row("malware_flagged", LINK, 403, code("malwareDetected")),
    Row("provider_rate_limited", LINK, 429, headers={"Retry-After": "2"}),
    Row("provider_rate_limited", LINK, 503, headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}),
    Row("provider_rate_limited", LINK, 509),
    Row("provider_rate_limited", LINK, 503, code("serviceNotAvailable")),
    Row("provider_down", LINK, 500),
    Row("provider_changed", LINK, 200, page("Something else")),
    Row("provider_changed", LINK, 418),
]


@pytest.mark.parametrize("row", PERSONAL_ROWS, ids=str)
def test_onedrive_refuses(desk: Desk, row: Row) -> None:
    holds(desk, PERSONAL, row)
    assert not [r for r in desk.net.log if r.host == "login.live.com"]


@pytest.mark.parametrize("row", BUSINESS_ROWS, ids=str)
def test_sharepoint_refuses(desk: Desk, row: Row) -> None:
    holds(desk, BUSINESS, row)
    assert not [r for r in desk.net.log if r.host.startswith("login.")]


def test_onedrive_can_be_switched_off(desk: Desk) -> None:
    desk.limits(onedrive_personal_enabled=False)
    shop = OneDrive(desk.net)
    assert desk.refused(shop.share(shop.add("export.zip", BIG))) == "provider_off"
    assert desk.net.log == []


def test_an_address_of_the_bytes_that_ran_out_is_asked_for_again(desk: Desk) -> None:
    shop = OneDrive(desk.net)
    node = shop.add("export.zip", BIG)
    node.faults = [Fault("end", at=100_000)]
    shop.expire_first = 2
    assert desk.fetch(shop.share(node))[0].sha256 == BIG.sha256
    shop.expire_first = 10
    assert desk.refused(shop.share(node)) == "provider_blocked"


@pytest.mark.parametrize("onward", ["https://evil.example/x", "http://onedrive.live.com/x", "https://1drv.ms/x", "x"])
def test_a_listing_that_leads_elsewhere_is_not_followed(desk: Desk, onward: str) -> None:
    shop = OneDrive(desk.net)
    shop.foreign_next = onward
    assert desk.refused(shop.share(shop.folder({f"{n}.csv": BIG for n in range(4)}))) == "provider_changed"
    assert not [r for r in desk.net.log if "evil" in r.host]


def test_an_address_of_the_bytes_that_leads_elsewhere_is_not_followed(desk: Desk) -> None:
    shop = OneDrive(desk.net)
    link = shop.share(shop.add("export.zip", BIG))
    told = {"id": "x", "name": "x", "size": 9, "file": {}, "@content.downloadUrl": "https://169.254.169.254/x"}
    shop.says("/_api/v2.0/drives/", 200, told)
    assert desk.refused(link) == "provider_changed"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_password_is_asked_for_told_when_wrong_and_used(desk: Desk, kind: str) -> None:
    shop = SharePoint(desk.net)
    node = shop.add("export.zip", BIG) if kind == "file" else shop.folder({"a.csv": BIG})
    (node if kind == "file" else node.children[0]).faults = [Fault("end", at=100_000)]
    shop.passwords.add(node.id)
    link = shop.share(node)
    assert desk.refused(link) == "link_password"
    assert desk.refused(link, password="wrong") == "link_password_wrong"
    assert desk.fetch(link, password=PASSWORD)[0].sha256 == BIG.sha256
    assert all(PASSWORD not in f"{r.target}{r.headers}" for r in desk.net.log)
    assert {r.host for r in desk.net.log if PASSWORD.encode() in r.body} == {TENANT}


def test_the_password_goes_to_the_host_that_asked_and_to_no_other(desk: Desk) -> None:
    shop = SharePoint(desk.net)
    link = shop.share(shop.add("export.zip", BIG))
    fields = '<input name="txtPassword"><input name="btnSubmitPassword"><input name="__VIEWSTATE">'
    form = f'<form method="post" action="https://evil.sharepoint.com/guestaccess.aspx">{fields}</form>'
    shop.says(LINK, 200, page("Password", form))
    assert desk.refused(link, password=PASSWORD) == "provider_changed"


def test_an_old_tenant_that_gives_no_parts_is_begun_anew(desk: Desk) -> None:
    shop = SharePoint(desk.net)
    node = shop.add("export.zip", BIG)
    node.faults = [Fault("no_range", times=None, on="any"), Fault("end", at=100_000)]
    assert desk.fetch(shop.share(node))[0].sha256 == BIG.sha256


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
def test_an_expired_session_is_renewed_and_the_link_is_not_called_private(desk: Desk, where: str, expired: str) -> None:
    shop = SharePoint(desk.net)
    node = shop.add("export.zip", BIG) if where == "file of a link" else shop.folder({"a.csv": BIG, "b.csv": BIG})
    link = shop.share(node)
    shop.says("RenderListDataAsStream" if where == "library of a folder" else FILE, times=1, **EXPIRED[expired])
    assert {file.sha256 for file in desk.fetch(link)} == {BIG.sha256}


def test_a_link_that_is_refused_in_a_new_session_too_is_judged_by_the_second_answer(desk: Desk) -> None:
    shop = SharePoint(desk.net)
    link = shop.share(shop.add("export.zip", BIG))
    shop.says(FILE, 403)
    assert desk.refused(link) == "link_download_disabled"
    assert len([r for r in desk.net.log if r.path.endswith("/download.aspx")]) == 2


def test_where_the_library_does_not_list_the_page_may_if_it_is_all(desk: Desk) -> None:
    shop = SharePoint(desk.net)
    shop.library_lists = False
    assert len(desk.probe(shop.share(shop.folder({"a.csv": BIG, "b.csv": BIG}))).files) == 2
    nested = shop.share(shop.folder({"a.csv": BIG, "Sub": {"b.csv": BIG}}))
    assert desk.refused(nested) == "provider_changed"


@pytest.mark.parametrize("onward", ["https://evil.example/?Paged=TRUE&p_ID=30", "//evil.example/?p_ID=3", "nonsense"])
def test_a_page_of_the_library_that_leads_elsewhere_is_not_followed(desk: Desk, onward: str) -> None:
    shop = SharePoint(desk.net)
    link = shop.share(shop.folder({"a.csv": BIG}))
    shop.says("RenderListDataAsStream", 200, {"Row": [], "NextHref": onward})
    assert desk.refused(link) == "provider_changed"
