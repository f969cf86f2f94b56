"""Every way in which Google Drive refuses, by its API and by its pages, in words that a clinic can act on."""

import pytest

from app.errors import Stop
from tests.links.cases import BY_NAME
from tests.links.conftest import Desk
from tests.links.fakes.google import KEY, Google, error_bytes
from tests.links.files import ServedFile
from tests.links.refusals import BIG, Row, holds, page, stopped

API, WEB = BY_NAME["google_drive-api"], BY_NAME["google_drive-page"]
FILES, UC = "googleapis.com/drive/v3/files/", "drive.usercontent.google.com/download"


def said(code: str, status: int, reason: str, message: str = "") -> Row:
    return Row(code, FILES, status, error_bytes(status, reason, message))


API_ROWS = [
    said("link_private_or_gone", 404, "notFound"),
    said("link_download_disabled", 403, "cannotDownloadFile"),
    said("link_download_disabled", 403, "fileNotDownloadable"),
    said("link_quota", 403, "downloadQuotaExceeded"),
    said("malware_flagged", 403, "cannotDownloadAbusiveFile"),
    said("provider_rate_limited", 403, "userRateLimitExceeded"),
    said("provider_rate_limited", 403, "rateLimitExceeded"),
    said("provider_rate_limited", 403, "dailyLimitExceeded"),
    Row("provider_rate_limited", FILES, 429),
    Row("provider_rate_limited", FILES, 403, page("Sorry", "your computer may be sending automated queries")),
    said("provider_down", 500, "backendError"),
    said("provider_down", 503, "internalError"),
    Row("link_download_disabled", changes={"node.no_download": True}),
    Row("native_document", changes={"node.kind": "sheet", "node.file": None}),
]
PAGE_ROWS = [
    Row("link_private", changes={"node.private": True}),
    Row("link_private_or_gone", UC, 404),
    Row("link_private", UC, 200, page("Google Drive - Access", "You need access")),
    Row("link_private", UC, 200, page("Google Drive", "<a>Request access</a>")),
    Row("link_download_disabled", UC, 200, page("Google Drive - Download", "nothing to press")),
    Row("link_quota", UC, 200, page("Google Drive - Quota exceeded", '<p class="uc-error-caption">Sorry</p>')),
    Row("link_quota", UC, 200, page("Quota exceeded", '<p class="uc-error-subcaption">Too many users</p>')),
    Row("malware_flagged", UC, 200, page("Google Drive - Virus scan warning", "This file is infected")),
    Row("provider_rate_limited", UC, 429, page("Sorry", "automated queries")),
    Row("provider_rate_limited", UC, 403, page("Sorry", "automated queries")),
    Row("provider_rate_limited", UC, 503, page("Sorry", "automated queries")),
    Row("provider_down", UC, 502, page("Error 502")),
    Row("provider_changed", UC, 200, page("Something else", "entirely")),
    Row("provider_changed", changes={"form_action": "https://evil.example/download"}),
    Row("provider_changed", changes={"form_action": "https://drive.google.com.evil.example/download"}),
    Row("provider_changed", changes={"form_id": "another_file_entirely"}),
]


@pytest.mark.parametrize("row", API_ROWS, ids=str)
def test_the_api_refuses(desk: Desk, row: Row) -> None:
    holds(desk, API, row)


@pytest.mark.parametrize("row", PAGE_ROWS, ids=str)
def test_a_page_refuses(desk: Desk, row: Row) -> None:
    holds(desk, WEB, row)
    assert not [r for r in desk.net.log if r.host in ("accounts.google.com", "evil.example")]


@pytest.mark.parametrize(
    ("status", "reason", "message"),
    [
        (400, "badRequest", "API key not valid. Please pass a valid API key."),
        (403, "dailyLimitExceededUnreg", ""),
        (403, "accessNotConfigured", ""),
    ],
)
def test_a_key_that_is_not_accepted_is_told_and_the_page_serves(
    desk: Desk, status: int, reason: str, message: str
) -> None:
    desk.limits(google_drive_api_key=KEY)
    shop = Google(desk.net)
    link = shop.share(shop.add("export.zip", BIG))
    shop.says("googleapis.com", status, error_bytes(status, reason, message))
    told: list[str] = []
    (fetched,) = desk.fetch(link, tell=lambda problem: told.append(problem.code))
    assert (fetched.sha256, told) == (BIG.sha256, ["credentials_rejected"])
    assert desk.saved[-1].route == "page"


def test_a_key_that_is_rejected_in_the_middle_costs_one_change_of_route(desk: Desk) -> None:
    desk.limits(google_drive_api_key=KEY, concurrency=1)
    shop = Google(desk.net)
    link = shop.share(shop.folder({f"{n}.zip": BIG for n in range(3)}))
    shop.says("alt=media", 400, error_bytes(400, "badRequest", "API key not valid"))
    assert {file.sha256 for file in desk.fetch(link)} == {BIG.sha256}
    assert len(shop.requests("alt=media")) == 1
    assert [state.fell_over for state in desk.saved if state.done] == [True] * 3


def test_where_neither_route_serves_the_key_is_named(desk: Desk) -> None:
    row = Row("credentials_rejected", "googleapis.com", 400, error_bytes(400, "badRequest", "API key not valid"))
    desk.limits(google_drive_api_key=KEY)
    shop = Google(desk.net)
    link = shop.share(shop.add("export.zip", BIG))
    shop.says(row.where, row.status, row.body)
    shop.says(UC, 429, page("x", "automated queries"))
    assert desk.refused(link, patience=1000) == row.code


def test_three_requests_to_slow_down_in_a_row_mean_that_we_are_blocked(desk: Desk) -> None:
    row = Row("provider_blocked", UC, 429, page("x", "automated queries"), {"Retry-After": "1"})
    reason = stopped(desk, WEB, row, patience=1000)
    assert (reason.problem.code, reason.retryable, reason.retry_after) == ("provider_blocked", True, 3600)
    assert len([r for r in desk.net.log if r.path == "/download"]) == 3


def test_a_file_that_was_opened_too_often_is_left_alone_for_six_hours_then_longer(desk: Desk) -> None:
    shop = Google(desk.net)
    node = shop.add("export.zip", BIG)
    link = shop.share(node)
    desk.fetch(link)
    state = desk.saved[0]
    desk.objects.delete(state.key)
    waits = []
    quota = page("Google Drive - Quota exceeded")
    shop.says(UC, 200, quota, times=4)
    for _ in range(4):
        with pytest.raises(Stop) as caught:
            desk.fetch(link, states=[state], patience=30)
        waits.append(caught.value.retry_after)
        state = desk.saved[-1]
        assert state.next_try_at is not None
    assert waits == [6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600]
    assert desk.fetch(link, states=[state])[0].sha256 == BIG.sha256


def test_the_form_is_filled_in_with_a_fresh_key_each_time(desk: Desk) -> None:
    shop = Google(desk.net)
    node = shop.add("export.zip", BIG)
    desk.fetch(shop.share(node))
    sent = {r.query["uuid"] for r in shop.requests("confirm=t")}
    assert len(sent) == 2
    assert all(len(key) == 36 for key in sent)


@pytest.mark.parametrize("way", ["href", "json"])
def test_older_pages_that_ask_to_confirm_are_understood(desk: Desk, way: str) -> None:
    shop = Google(desk.net)
    node = shop.add("export.zip", ServedFile(size=90_000))
    link = shop.share(node)
    goal = f"https://drive.usercontent.google.com/download?id={node.id}&confirm=t&x=1"
    old = f'<a href="/uc?export=download&amp;confirm=abcd&amp;id={node.id}">Download anyway</a>'
    new = '<script>{"downloadUrl":"' + goal.replace("=", "\\u003d").replace("&", "\\u0026") + '"}</script>'
    shop.says(
        "uc?export=download", 200, page("Google Drive - Virus scan warning", old if way == "href" else new), times=1
    )
    assert desk.probe(link).size == 90_000


def test_shortcuts_are_followed_and_not_in_a_circle(desk: Desk) -> None:
    desk.limits(google_drive_api_key=KEY)
    shop = Google(desk.net)
    real = shop.add("real.zip", BIG, key="canary-resource-key")
    shop.nodes[real.id].key = ""
    first = shop.add("short", kind="shortcut", goes_to=real.id)
    second = shop.add("short of short", kind="shortcut", goes_to=first.id)
    link = f"https://drive.google.com/open?id={second.id}"
    assert desk.fetch(link)[0].sha256 == BIG.sha256
    first.goes_to = second.id
    assert desk.refused(link) == "provider_changed"


def test_a_folder_that_holds_itself_by_a_shortcut_is_refused(desk: Desk) -> None:
    desk.limits(google_drive_api_key=KEY)
    shop = Google(desk.net)
    folder = shop.folder({"a.csv": BIG, "Sub": {"b.csv": BIG}})
    folder.children[1].children.append(shop.add("up", kind="shortcut", goes_to=folder.id))
    assert desk.refused(shop.share(folder)) == "provider_changed"


@pytest.mark.parametrize("case", [API, WEB], ids=lambda case: case.route)
def test_documents_in_a_folder_are_told_and_the_files_come(desk: Desk, case: object) -> None:
    desk.limits(**API.settings if case is API else {})
    shop = Google(desk.net)
    folder = shop.folder({"a.csv": BIG})
    folder.children.append(shop.add("Notes", kind="sheet"))
    told: list[str] = []
    assert len(desk.fetch(shop.share(folder), tell=lambda problem: told.append(f"{problem.code} {problem.file}"))) == 1
    assert told == ["native_document Notes"]
    folder.children.pop(0)
    assert desk.refused(shop.share(folder)) == "native_document"


def test_keys_of_links_and_of_what_is_in_them_are_sent_along(desk: Desk) -> None:
    desk.limits(google_drive_api_key=KEY)
    shop = Google(desk.net)
    folder = shop.folder({"a.zip": BIG})
    folder.key, folder.children[0].key = "canary-folder-key", "canary-child-key"
    (fetched,) = desk.fetch(shop.share(folder))
    assert fetched.sha256 == BIG.sha256
    media = shop.requests("alt=media")[0]
    assert media.headers["x-goog-drive-resource-keys"].endswith("/canary-child-key")
    assert desk.refused(f"https://drive.google.com/drive/folders/{folder.id}") == "link_private_or_gone"


@pytest.mark.parametrize(
    "body",
    [{"files": [], "incompleteSearch": True}, {"nothing": 1}, [1], {"files": [], "nextPageToken": "again"}, b"<html>"],
)
def test_a_listing_that_makes_no_sense_is_our_fault_and_never_half_a_folder(desk: Desk, body: object) -> None:
    desk.limits(google_drive_api_key=KEY)
    shop = Google(desk.net)
    link = shop.share(shop.folder({"a.csv": BIG}))
    shop.says("files?q=", 200, body)
    shop.says("embeddedfolderview", 200, page("Something else"))
    assert desk.refused(link) == "provider_changed"


def test_a_page_of_a_listing_that_fails_fails_the_whole(desk: Desk) -> None:
    desk.limits(google_drive_api_key=KEY)
    shop = Google(desk.net)
    link = shop.share(shop.folder({f"{n}.csv": BIG for n in range(5)}))
    shop.says("pageToken=2", 500, error_bytes(500, "backendError"), times=1)
    assert desk.refused(link) == "provider_down"
    assert len(desk.probe(link).files) == 5


def test_links_whose_kind_is_not_told_are_asked_about(desk: Desk) -> None:
    shop = Google(desk.net)
    file, folder = shop.add("export.zip", BIG), shop.folder({"a.csv": BIG})
    for settings in ({}, {"google_drive_api_key": KEY}):
        desk.limits(**settings)
        assert not desk.probe(f"https://drive.google.com/uc?id={file.id}&export=download").folder
        assert desk.probe(f"https://drive.google.com/open?id={folder.id}").folder


@pytest.mark.parametrize(("reason", "told"), [("dailyLimitExceeded", 1), ("userRateLimitExceeded", 0)])
def test_operators_are_told_when_the_key_of_the_server_is_used_up_for_the_day(
    desk: Desk, caplog: pytest.LogCaptureFixture, reason: str, told: int
) -> None:
    desk.limits(google_drive_api_key=KEY)
    shop = Google(desk.net)
    link = shop.share(shop.add("export.zip", BIG))
    shop.says("googleapis.com", 403, error_bytes(403, reason, ""), times=1)
    assert [file.sha256 for file in desk.fetch(link)] == [BIG.sha256]
    lines = [record for record in caplog.records if "used up" in record.getMessage()]
    assert [(line.levelname, "google_drive" in line.getMessage()) for line in lines] == [("ERROR", True)] * told
