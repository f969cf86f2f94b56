"""Plain https links from the pasted text to the stored file, and every refusal of a host."""

import hashlib

import pytest

from app.errors import Stop
from app.links.clock import format_time
from app.links.link_settings import LinkSettings
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.replies import Fault

S3 = (
    "https://clinic.s3.ap-southeast-2.amazonaws.com/exports/export.zip"
    "?X-Amz-Date=20261122T000000Z&X-Amz-Expires=3600&X-Amz-Signature=aB%2f%2Fc"
)
AZURE = "https://clinic.blob.core.windows.net/x/export.zip?sv=2024&se=2026-12-01T00%3A00%3A00Z&sig=a%2Bb"
GCS = (
    "https://storage.googleapis.com/clinic/export.zip?X-Goog-Date=20261122T000000Z&X-Goog-Expires=60&X-Goog-Signature=1"
)
HOSTS = [S3, AZURE, GCS]


def code(caught: pytest.ExceptionInfo[Stop]) -> str:
    return caught.value.problem.code


@pytest.mark.parametrize("link", HOSTS)
def test_a_presigned_link_downloads_its_file(downloader: Downloader, link: str) -> None:
    file = ServedFile(size=700_123)
    downloader.net.serve(link, file)
    contents = downloader.probe(link)
    assert (contents.size, contents.name, contents.first_kind, contents.provider) == (
        700_123,
        "export.zip",
        "zip",
        "https",
    )
    (fetched,) = downloader.fetch(link)
    assert (fetched.size, fetched.sha256) == (file.length, file.sha256)
    assert downloader.read(fetched.key) == file.read(0, file.length)
    assert downloader.saved[-1].done


def test_the_signed_address_is_requested_byte_for_byte(downloader: Downloader) -> None:
    downloader.net.serve(S3, ServedFile())
    downloader.fetch(S3)
    target = "/exports/" + S3.split("/exports/")[1]
    assert {r.target for r in downloader.net.log} == {target}
    assert {r.method for r in downloader.net.log} == {"GET"}
    assert {r.headers["accept-encoding"] for r in downloader.net.log} == {"identity"}
    assert all("referer" not in r.headers and "cookie" not in r.headers for r in downloader.net.log)


def test_a_probe_requests_the_first_byte_then_the_first_1024(downloader: Downloader) -> None:
    downloader.net.serve(S3, ServedFile(size=60 * 1024**3))
    assert downloader.probe(S3).size == 60 * 1024**3
    assert [r.headers["range"] for r in downloader.net.log] == ["bytes=0-0", "bytes=0-1023"]


@pytest.mark.parametrize(
    ("link", "end"), [(S3, "2026-11-22T01:00Z"), (GCS, "2026-11-22T00:01Z"), (AZURE, "2026-12-01T00:00Z")]
)
def test_the_expiry_of_a_presigned_link_is_parsed(downloader: Downloader, link: str, end: str) -> None:
    downloader.net.serve(link, ServedFile())
    expires_at = downloader.probe(link).expires_at
    assert expires_at is not None
    assert format_time(expires_at) == end


def test_an_empty_file_needs_no_download(downloader: Downloader) -> None:
    downloader.net.serve(S3, ServedFile(text=b""))
    assert downloader.probe(S3).size == 0
    (fetched,) = downloader.fetch(S3)
    assert (fetched.size, fetched.sha256) == (0, hashlib.sha256().hexdigest())
    assert downloader.net.downloads() == []


@pytest.mark.parametrize("first", [b"id,first_name\n1,Jane\n", b'\xef\xbb\xbf"id"\n'])
def test_a_single_table_may_be_shared_without_a_zip(downloader: Downloader, first: bytes) -> None:
    downloader.net.serve(S3, ServedFile(text=first, name="patients.csv"))
    assert downloader.probe(S3).first_kind == "text"
    assert downloader.read(downloader.fetch(S3)[0].key) == first


def xml(error: str, message: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{error}</Code><Message>{message}</Message></Error>".encode()


REFUSALS = [
    (403, xml("AccessDenied", "Request has expired"), {}, "link_expired"),
    (403, xml("AccessDenied", "Access Denied"), {}, "link_private"),
    (403, xml("SignatureDoesNotMatch", "no"), {}, "link_private"),
    (400, xml("ExpiredToken", "The provided token has expired."), {}, "link_expired"),
    (404, xml("NoSuchKey", "no"), {}, "link_gone"),
    (404, xml("NoSuchBucket", "no"), {}, "link_gone"),
    (404, xml("BlobNotFound", "no"), {}, "link_gone"),
    (503, xml("SlowDown", "no"), {}, "provider_rate_limited"),
    (503, xml("ServerBusy", "no"), {}, "provider_rate_limited"),
    (403, xml("AuthenticationFailed", "Signed expiry time [x] must be after"), {}, "link_expired"),
    (403, xml("AuthenticationFailed", "Signature did not match"), {}, "link_private"),
    (404, b"", {"x-ms-error-code": "BlobNotFound"}, "link_gone"),
    (403, b"<!DOCTYPE x [<!ENTITY a 'b'>]><Error><Code>&a;</Code></Error>", {}, "link_private"),
    (404, b"", {}, "link_gone"),
    (410, b"gone", {}, "link_gone"),
    (401, b"", {}, "link_private"),
    (429, b"", {}, "provider_rate_limited"),
    (500, b"", {}, "provider_down"),
    (418, b"teapot", {}, "provider_changed"),
]


@pytest.mark.parametrize(("status", "body", "headers", "expected"), REFUSALS)
@pytest.mark.parametrize("on", ["any", "download"])
def test_every_refusal_has_its_words(
    downloader: Downloader, status: int, body: bytes, headers: dict[str, str], expected: str, on: str
) -> None:
    downloader.net.serve(S3, ServedFile(), Fault("status", at=status, value=body, headers=headers, times=None, on=on))
    with pytest.raises(Stop) as caught:
        downloader.fetch(S3)
    assert code(caught) == expected
    assert caught.value.retryable == (expected in ("provider_rate_limited", "provider_down"))
    assert caught.value.problem.details["provider"] == "Amazon S3"


def test_a_web_page_is_never_stored_as_the_file(downloader: Downloader) -> None:
    downloader.net.serve(S3, ServedFile(), Fault("html", times=None, on="any"))
    with pytest.raises(Stop) as caught:
        downloader.probe(S3)
    assert code(caught) == "page_instead_of_file"


def test_an_unknown_host_is_not_requested(downloader: Downloader) -> None:
    link = downloader.net.serve("https://files.example/export.zip", ServedFile())
    with pytest.raises(Stop) as caught:
        downloader.probe(link)
    assert code(caught) == "link_not_recognised"
    assert downloader.net.log == []


def test_any_host_is_requested_where_the_operator_allows_any_host(downloader: Downloader) -> None:
    downloader.limits(allow_any_https_host=True)
    file = ServedFile()
    link = downloader.net.serve("https://files.example/export.zip", file)
    assert downloader.fetch(link)[0].sha256 == file.sha256


def test_a_host_that_dns_does_not_know_is_link_gone(downloader: Downloader) -> None:
    downloader.limits(allow_any_https_host=True)
    with pytest.raises(Stop) as caught:
        downloader.probe("https://nowhere.example/export.zip")
    assert code(caught) == "link_gone"


def test_an_export_that_is_too_big_is_refused_before_the_first_byte(downloader: Downloader) -> None:
    downloader.net.serve(S3, ServedFile(size=101 * 1024**3))
    with pytest.raises(Stop) as caught:
        downloader.fetch(S3)
    assert code(caught) == "export_too_big"
    assert downloader.net.downloads() == []


def test_settings_are_read_by_name() -> None:
    read = LinkSettings.from_environment(
        {"LINKS_MAX_BYTES": "5", "LINKS_TIMEOUT_IDLE": "1.5", "ALLOW_ANY_HTTPS_HOST": "true"}
    )
    assert (read.max_bytes, read.timeout_idle, read.allow_any_https_host) == (5, 1.5, True)
    key = {"GOOGLE_DRIVE_API_KEY": "canary key"}
    assert LinkSettings.from_environment(key).google_drive_api_key == "canary key"
    assert "canary" not in repr(LinkSettings.from_environment(key))
    for wrong in (
        {"LINKS_ATTEMPTS": "many"},
        {"LINKS_MAX_BYTES": "-1"},
        {"ALLOW_ANY_HTTPS_HOST": "perhaps"},
        {"DROPBOX_APP_KEY": "a\nb"},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            LinkSettings.from_environment(wrong)
