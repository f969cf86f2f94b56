"""Google Drive: every refusal of the API and of the web pages has words that a clinic can act on."""

import pytest

from app.errors import Stop
from tests.links.cases import BY_NAME
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.providers.google_drive.fake import KEY, Google, error_bytes
from tests.links.refusals import BIG, RefusalCase, assert_refused, page, stop_of

API, WEB = BY_NAME["google_drive-api"], BY_NAME["google_drive-page"]
FILES, UC = "googleapis.com/drive/v3/files/", "drive.usercontent.google.com/download"


def api_row(code: str, status: int, reason: str, message: str = "") -> RefusalCase:
    return RefusalCase(code, FILES, status, error_bytes(status, reason, message))


API_ROWS = [
    api_row("link_private_or_gone", 404, "notFound"),
    api_row("link_download_disabled", 403, "cannotDownloadFile"),
    api_row("link_download_disabled", 403, "fileNotDownloadable"),
    api_row("link_quota", 403, "downloadQuotaExceeded"),
    api_row("malware_flagged", 403, "cannotDownloadAbusiveFile"),
    api_row("provider_rate_limited", 403, "userRateLimitExceeded"),
    api_row("provider_rate_limited", 403, "rateLimitExceeded"),
    api_row("provider_rate_limited", 403, "dailyLimitExceeded"),
    RefusalCase("provider_rate_limited", FILES, 429),
    RefusalCase("provider_rate_limited", FILES, 403, page("Sorry", "your computer may be sending automated queries")),
    api_row("provider_down", 500, "backendError"),
    api_row("provider_down", 503, "internalError"),
    RefusalCase("link_download_disabled", changes={"node.no_download": True}),
    RefusalCase("native_document", changes={"node.kind": "sheet", "node.file": None}),
]
PAGE_ROWS = [
    RefusalCase("link_private", changes={"node.private": True}),
    RefusalCase("link_private_or_gone", UC, 404),
    RefusalCase("link_private", UC, 200, page("Google Drive - Access", "You need access")),
    RefusalCase("link_private", UC, 200, page("Google Drive", "<a>Request access</a>")),
    RefusalCase("link_download_disabled", UC, 200, page("Google Drive - Download", "nothing to press")),
    RefusalCase("link_quota", UC, 200, page("Google Drive - Quota exceeded", '<p class="uc-error-caption">Sorry</p>')),
    RefusalCase("link_quota", UC, 200, page("Quota exceeded", '<p class="uc-error-subcaption">Too many users</p>')),
    RefusalCase("malware_flagged", UC, 200, page("Google Drive - Virus scan warning", "This file is infected")),
    RefusalCase("provider_rate_limited", UC, 429, page("Sorry", "automated queries")),
    RefusalCase("provider_rate_limited", UC, 403, page("Sorry", "automated queries")),
    RefusalCase("provider_rate_limited", UC, 503, page("Sorry", "automated queries")),
    RefusalCase("provider_down", UC, 502, page("Error 502")),
    RefusalCase("provider_changed", UC, 200, page("Something else", "entirely")),
    RefusalCase("provider_changed", changes={"form_action": "https://evil.example/download"}),
    RefusalCase("provider_changed", changes={"form_action": "https://drive.google.com.evil.example/download"}),
    RefusalCase("provider_changed", changes={"form_id": "another_file_entirely"}),
]


@pytest.mark.parametrize("row", API_ROWS, ids=str)
def test_the_api_refuses(downloader: Downloader, row: RefusalCase) -> None:
    assert_refused(downloader, API, row)


@pytest.mark.parametrize("row", PAGE_ROWS, ids=str)
def test_a_page_refuses(downloader: Downloader, row: RefusalCase) -> None:
    assert_refused(downloader, WEB, row)
    assert not [r for r in downloader.net.log if r.host in ("accounts.google.com", "evil.example")]


@pytest.mark.parametrize(
    ("status", "reason", "message"),
    [
        (400, "badRequest", "API key not valid. Please pass a valid API key."),
        (403, "dailyLimitExceededUnreg", ""),
        (403, "accessNotConfigured", ""),
    ],
)
def test_a_rejected_key_is_reported_and_the_page_route_is_used(
    downloader: Downloader, status: int, reason: str, message: str
) -> None:
    downloader.limits(google_drive_api_key=KEY)
    fake = Google(downloader.net)
    link = fake.share(fake.add("export.zip", BIG))
    fake.order("googleapis.com", status, error_bytes(status, reason, message))
    codes: list[str] = []
    (fetched,) = downloader.fetch(link, report=lambda problem: codes.append(problem.code))
    assert (fetched.sha256, codes) == (BIG.sha256, ["credentials_rejected"])
    assert downloader.saved[-1].route == "page"


def test_a_key_that_is_rejected_during_a_download_changes_the_route_once(downloader: Downloader) -> None:
    downloader.limits(google_drive_api_key=KEY, concurrency=1)
    fake = Google(downloader.net)
    link = fake.share(fake.folder({f"{n}.zip": BIG for n in range(3)}))
    fake.order("alt=media", 400, error_bytes(400, "badRequest", "API key not valid"))
    assert {file.sha256 for file in downloader.fetch(link)} == {BIG.sha256}
    assert len(fake.requests("alt=media")) == 1
    assert [state.fell_over for state in downloader.saved if state.done] == [True] * 3


def test_without_a_working_route_the_problem_is_the_rejected_key(downloader: Downloader) -> None:
    row = RefusalCase(
        "credentials_rejected", "googleapis.com", 400, error_bytes(400, "badRequest", "API key not valid")
    )
    downloader.limits(google_drive_api_key=KEY)
    fake = Google(downloader.net)
    link = fake.share(fake.add("export.zip", BIG))
    fake.order(row.where, row.status, row.body)
    fake.order(UC, 429, page("x", "automated queries"))
    assert downloader.refused(link, patience=1000) == row.code


def test_three_rate_limit_responses_in_a_row_become_provider_blocked(downloader: Downloader) -> None:
    row = RefusalCase("provider_blocked", UC, 429, page("x", "automated queries"), {"Retry-After": "1"})
    reason = stop_of(downloader, WEB, row, patience=1000)
    assert (reason.problem.code, reason.retryable, reason.retry_after) == ("provider_blocked", True, 3600)
    assert len([r for r in downloader.net.log if r.path == "/download"]) == 3


def test_a_file_over_its_quota_is_retried_after_six_hours_then_longer(downloader: Downloader) -> None:
    fake = Google(downloader.net)
    node = fake.add("export.zip", BIG)
    link = fake.share(node)
    downloader.fetch(link)
    state = downloader.saved[0]
    downloader.objects.delete(state.key)
    waits = []
    quota = page("Google Drive - Quota exceeded")
    fake.order(UC, 200, quota, times=4)
    for _ in range(4):
        with pytest.raises(Stop) as caught:
            downloader.fetch(link, states=[state], patience=30)
        waits.append(caught.value.retry_after)
        state = downloader.saved[-1]
        assert state.next_try_at is not None
    assert waits == [6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600]
    assert downloader.fetch(link, states=[state])[0].sha256 == BIG.sha256


def test_each_request_sends_a_new_confirmation_form(downloader: Downloader) -> None:
    fake = Google(downloader.net)
    node = fake.add("export.zip", BIG)
    downloader.fetch(fake.share(node))
    sent = {r.query["uuid"] for r in fake.requests("confirm=t")}
    assert len(sent) == 2
    assert all(len(key) == 36 for key in sent)


@pytest.mark.parametrize("way", ["href", "json"])
def test_older_confirmation_pages_are_parsed(downloader: Downloader, way: str) -> None:
    fake = Google(downloader.net)
    node = fake.add("export.zip", ServedFile(size=90_000))
    link = fake.share(node)
    goal = f"https://drive.usercontent.google.com/download?id={node.id}&confirm=t&x=1"
    old = f'<a href="/uc?export=download&amp;confirm=abcd&amp;id={node.id}">Download anyway</a>'
    new = '<script>{"downloadUrl":"' + goal.replace("=", "\\u003d").replace("&", "\\u0026") + '"}</script>'
    fake.order(
        "uc?export=download", 200, page("Google Drive - Virus scan warning", old if way == "href" else new), times=1
    )
    assert downloader.probe(link).size == 90_000


def test_shortcuts_are_followed_and_circles_are_refused(downloader: Downloader) -> None:
    downloader.limits(google_drive_api_key=KEY)
    fake = Google(downloader.net)
    real = fake.add("real.zip", BIG, key="canary-resource-key")
    fake.nodes[real.id].key = ""
    first = fake.add("short", kind="shortcut", goes_to=real.id)
    second = fake.add("short of short", kind="shortcut", goes_to=first.id)
    link = f"https://drive.google.com/open?id={second.id}"
    assert downloader.fetch(link)[0].sha256 == BIG.sha256
    first.goes_to = second.id
    assert downloader.refused(link) == "provider_changed"


def test_a_folder_inside_itself_is_refused(downloader: Downloader) -> None:
    downloader.limits(google_drive_api_key=KEY)
    fake = Google(downloader.net)
    folder = fake.folder({"a.csv": BIG, "Sub": {"b.csv": BIG}})
    folder.children[1].children.append(fake.add("up", kind="shortcut", goes_to=folder.id))
    assert downloader.refused(fake.share(folder)) == "provider_changed"


@pytest.mark.parametrize("case", [API, WEB], ids=lambda case: case.route)
def test_documents_in_a_folder_are_reported_and_files_are_downloaded(downloader: Downloader, case: object) -> None:
    downloader.limits(**API.settings if case is API else {})
    fake = Google(downloader.net)
    folder = fake.folder({"a.csv": BIG})
    folder.children.append(fake.add("Notes", kind="sheet"))
    problems: list[str] = []
    assert (
        len(
            downloader.fetch(
                fake.share(folder), report=lambda problem: problems.append(f"{problem.code} {problem.file}")
            )
        )
        == 1
    )
    assert problems == ["native_document Notes"]
    folder.children.pop(0)
    assert downloader.refused(fake.share(folder)) == "native_document"


def test_resource_keys_of_links_and_of_entries_are_sent(downloader: Downloader) -> None:
    downloader.limits(google_drive_api_key=KEY)
    fake = Google(downloader.net)
    folder = fake.folder({"a.zip": BIG})
    folder.key, folder.children[0].key = "canary-folder-key", "canary-child-key"
    (fetched,) = downloader.fetch(fake.share(folder))
    assert fetched.sha256 == BIG.sha256
    media = fake.requests("alt=media")[0]
    assert media.headers["x-goog-drive-resource-keys"].endswith("/canary-child-key")
    assert downloader.refused(f"https://drive.google.com/drive/folders/{folder.id}") == "link_private_or_gone"


@pytest.mark.parametrize(
    "body",
    [{"files": [], "incompleteSearch": True}, {"nothing": 1}, [1], {"files": [], "nextPageToken": "again"}, b"<html>"],
)
def test_an_unknown_listing_is_provider_changed(downloader: Downloader, body: object) -> None:
    downloader.limits(google_drive_api_key=KEY)
    fake = Google(downloader.net)
    link = fake.share(fake.folder({"a.csv": BIG}))
    fake.order("files?q=", 200, body)
    fake.order("embeddedfolderview", 200, page("Something else"))
    assert downloader.refused(link) == "provider_changed"


def test_a_failing_page_fails_the_whole_listing(downloader: Downloader) -> None:
    downloader.limits(google_drive_api_key=KEY)
    fake = Google(downloader.net)
    link = fake.share(fake.folder({f"{n}.csv": BIG for n in range(5)}))
    fake.order("pageToken=2", 500, error_bytes(500, "backendError"), times=1)
    assert downloader.refused(link) == "provider_down"
    assert len(downloader.probe(link).files) == 5


def test_a_link_of_unknown_kind_is_requested_as_file_then_as_folder(downloader: Downloader) -> None:
    fake = Google(downloader.net)
    file, folder = fake.add("export.zip", BIG), fake.folder({"a.csv": BIG})
    for settings in ({}, {"google_drive_api_key": KEY}):
        downloader.limits(**settings)
        assert not downloader.probe(f"https://drive.google.com/uc?id={file.id}&export=download").folder
        assert downloader.probe(f"https://drive.google.com/open?id={folder.id}").folder


@pytest.mark.parametrize(("reason", "count"), [("dailyLimitExceeded", 1), ("userRateLimitExceeded", 0)])
def test_the_daily_limit_of_the_key_is_logged_for_operators(
    downloader: Downloader, caplog: pytest.LogCaptureFixture, reason: str, count: int
) -> None:
    downloader.limits(google_drive_api_key=KEY)
    fake = Google(downloader.net)
    link = fake.share(fake.add("export.zip", BIG))
    fake.order("googleapis.com", 403, error_bytes(403, reason, ""), times=1)
    assert [file.sha256 for file in downloader.fetch(link)] == [BIG.sha256]
    lines = [record for record in caplog.records if "used up" in record.getMessage()]
    assert [(line.levelname, "google_drive" in line.getMessage()) for line in lines] == [("ERROR", True)] * count
