"""Downloads under every known failure of providers and networks: a correct file, or the right problem."""

import random
from typing import Any

import pytest

from app.errors import Stop
from app.links.clock import backoff, retry_after
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.replies import Fault

LINK = "https://clinic.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=canarysig"
MIB = 1024**2
FILE = ServedFile(size=2 * MIB + 77)


def code_of(downloader: Downloader, *faults: Fault, file: ServedFile = FILE, **given: Any) -> str:
    """Downloads with faults. Returns the problem code, or `done` for the right file."""
    downloader.net.serve(LINK, file, *faults)
    try:
        (fetched,) = downloader.fetch(LINK, **given)
    except Stop as reason:
        assert not list(downloader.objects.list("m"))
        return reason.problem.code
    assert fetched.sha256 == file.sha256
    assert fetched.size == file.length
    return "done"


def starts(downloader: Downloader) -> list[int]:
    return [r.range[0] if r.range else 0 for r in downloader.net.downloads()]


def test_resets_during_a_download_fetch_no_byte_twice(downloader: Downloader) -> None:
    faults = [Fault("reset", at=400_000 + n) for n in range(4)]
    assert code_of(downloader, *faults) == "done"
    assert len(starts(downloader)) >= 4
    assert starts(downloader) == sorted(starts(downloader))
    assert all("if-range" in r.headers for r in downloader.net.downloads()[1:])


@pytest.mark.parametrize("at", [0, 1, 1024, 65_536, 1_000_000])
def test_a_clean_early_end_is_resumed(downloader: Downloader, at: int) -> None:
    assert code_of(downloader, Fault("end", at=at)) == "done"
    assert starts(downloader) == [0, at]


def test_fifty_random_disconnects_give_a_correct_file(downloader: Downloader) -> None:
    chance = random.Random(12)
    file = ServedFile(size=100 * MIB)
    kinds = ["reset", "end"]
    faults = [Fault(chance.choice(kinds), at=chance.randrange(MIB, 2 * MIB)) for _ in range(50)]
    downloader.net.serve(LINK, file)
    route = downloader.net.routes["clinic.s3.ap-southeast-2.amazonaws.com", "/export.zip"]
    route.queue = faults
    (fetched,) = downloader.fetch(LINK)
    assert fetched.sha256 == file.sha256
    assert len(starts(downloader)) == 51


def test_eight_disconnects_without_progress_end_the_download(downloader: Downloader) -> None:
    assert code_of(downloader, Fault("end", at=0, times=None)) == "download_incomplete"
    assert len(starts(downloader)) == 8


def test_a_host_without_ranges_restarts_until_the_file_is_complete(downloader: Downloader) -> None:
    anew = Fault("no_range", times=None, on="any")
    assert code_of(downloader, anew, Fault("end", at=900_000, times=3)) == "done"
    assert starts(downloader) == [0, 0, 0, 0]


@pytest.mark.parametrize("delta", [-1000, 1000])
def test_a_wrong_length_is_corrected_by_the_next_response(downloader: Downloader, delta: int) -> None:
    assert code_of(downloader, Fault("length", value=delta)) == "done"


@pytest.mark.parametrize("delta", [-1000, 1000])
def test_a_repeated_wrong_length_fails(downloader: Downloader, delta: int) -> None:
    always = Fault("no_range", times=None, on="download")
    assert code_of(downloader, Fault("length", value=delta, times=None), always) in (
        "file_changed",
        "download_incomplete",
    )


@pytest.mark.parametrize("shape", ["no_length", "chunked"])
def test_a_zip_without_a_length_needs_its_end_record(downloader: Downloader, shape: str) -> None:
    faults = [Fault("no_range", times=None, on="any"), Fault(shape, times=None, on="any")]
    assert code_of(downloader, *faults) == "done"


@pytest.mark.parametrize("shape", ["no_length", "chunked"])
def test_an_early_close_without_a_length_is_detected(downloader: Downloader, shape: str) -> None:
    faults = [Fault("no_range", times=None, on="any"), Fault(shape, times=None, on="any")]
    assert code_of(downloader, *faults, Fault("end", at=500_000)) == "done"
    assert len(starts(downloader)) == 2
    assert code_of(downloader, *faults, Fault("end", at=500_000, times=None)) == "download_incomplete"


@pytest.mark.parametrize("kind", ["reset", "drop"])
@pytest.mark.parametrize("at", [1000, 100_000, 450_000])
def test_a_broken_connection_is_not_the_end_of_a_table(downloader: Downloader, kind: str, at: int) -> None:
    table = ServedFile(text=b"id,name\n" + b"1,Jane\n" * 70_000, name="patients.csv")
    faults = [Fault("no_range", times=None, on="any"), Fault("no_length", times=None, on="any")]
    assert code_of(downloader, *faults, Fault(kind, at=at), file=table) == "done"
    assert len(starts(downloader)) == 2


def test_a_stream_without_a_length_has_its_own_limit(downloader: Downloader) -> None:
    downloader.limits(max_unsized_bytes=MIB)
    faults = [Fault("no_range", times=None, on="any"), Fault("chunked", times=None, on="any")]
    assert code_of(downloader, *faults) == "export_too_big"


@pytest.mark.parametrize(
    ("header", "waits"),
    [("3", 3.0), ("-5", None), ("soon", None), ("", None), ("1000000000", 86_400.0), ("9" * 5000, 86_400.0)],
)
def test_retry_after_is_limited_and_invalid_values_are_ignored(header: str, waits: float | None) -> None:
    assert retry_after(header, 0, 86_400) == waits


def test_retry_after_may_be_a_date() -> None:
    now = 1_795_309_200.0  # Sun, 22 Nov 2026 01:00:00 GMT
    assert retry_after("Sun, 22 Nov 2026 01:00:07 GMT", now, 86_400) == 7
    assert retry_after("Sun, 22 Nov 2020 01:00:07 GMT", now, 86_400) is None


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("on", ["download", "resume", "probe"])
def test_a_retry_after_header_delays_the_next_request(downloader: Downloader, status: int, on: str) -> None:
    busy = Fault("status", at=status, headers={"Retry-After": "3"}, on=on)
    assert code_of(downloader, busy, Fault("end", at=600_000, on="start")) == "done"
    assert 2.99 <= sum(downloader.clock.waited) < 5.0


def test_a_wait_beyond_the_patience_ends_the_run_and_keeps_the_bytes(downloader: Downloader) -> None:
    downloader.net.serve(
        LINK,
        FILE,
        Fault("end", at=MIB, on="start"),
        Fault("status", at=429, headers={"Retry-After": "3600"}, on="resume"),
    )
    with pytest.raises(Stop) as caught:
        downloader.fetch(LINK, patience=30)
    assert caught.value.problem.code == "provider_rate_limited"
    assert (caught.value.retryable, caught.value.retry_after) == (True, 3600)
    assert downloader.saved[-1].bytes_done >= MIB - 65_536
    (fetched,) = downloader.fetch(LINK, states=[downloader.saved[-1]])
    assert fetched.sha256 == FILE.sha256


def test_backoff_doubles_with_jitter_up_to_its_limit() -> None:
    for attempt, ceiling in ((1, 1.0), (4, 8.0), (20, 300.0), (10_000, 300.0)):
        waits = [backoff(attempt, 1.0, 300.0) for _ in range(200)]
        assert max(waits) <= ceiling
        assert len(set(waits)) > 100


CHANGED = ServedFile(size=FILE.size, seed=2, etag='"two"')
LONGER = ServedFile(size=FILE.size + 5, seed=2, etag='"two"')


@pytest.mark.parametrize("new", [CHANGED, LONGER], ids=["same total", "other total"])
def test_a_changed_file_restarts(downloader: Downloader, new: ServedFile) -> None:
    downloader.net.serve(LINK, FILE, Fault("end", at=MIB), Fault("file", value=new, times=None, on="resume"))
    route = downloader.net.routes["clinic.s3.ap-southeast-2.amazonaws.com", "/export.zip"]
    route.then = new
    (fetched,) = downloader.fetch(LINK)
    assert fetched.sha256 == new.sha256


@pytest.mark.parametrize("new", [CHANGED, LONGER], ids=["same total", "other total"])
def test_a_file_that_changes_twice_is_file_changed(downloader: Downloader, new: ServedFile) -> None:
    faults = [Fault("end", at=MIB, times=None, on="start"), Fault("file", value=new, times=None, on="resume")]
    assert code_of(downloader, *faults) == "file_changed"
    assert starts(downloader) == [0, MIB, 0, MIB]


def test_a_range_of_another_version_is_never_appended(downloader: Downloader) -> None:
    strange = Fault("headers", headers={"ETag": '"two"'}, times=None, on="resume")
    assert code_of(downloader, Fault("end", at=MIB, times=None, on="start"), strange) == "file_changed"


def test_a_full_response_to_a_range_request_restarts_once(downloader: Downloader) -> None:
    faults = [Fault("end", at=MIB, times=None, on="start"), Fault("no_range", times=None, on="resume")]
    assert code_of(downloader, *faults) == "file_changed"
    assert starts(downloader) == [0, MIB, 0, MIB]


@pytest.mark.parametrize("start", [-5, 1, 70_000])
def test_a_range_with_a_wrong_start_is_refused(downloader: Downloader, start: int) -> None:
    wrong = Fault("start", value=start, times=None, on="resume")
    assert code_of(downloader, Fault("end", at=MIB), wrong) == "provider_changed"


def test_another_total_in_a_416_response_is_a_change(downloader: Downloader) -> None:
    shorter = Fault("file", value=ServedFile(size=1000), times=None, on="resume")
    assert code_of(downloader, Fault("end", at=MIB), shorter) == "file_changed"


@pytest.mark.parametrize("on", ["start", "resume"])
@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>quota", b"  <HTML>", b'\xef\xbb\xbf<?xml version="1.0"?><html>'])
def test_a_web_page_is_refused_and_never_appended(downloader: Downloader, on: str, page: bytes) -> None:
    assert code_of(downloader, Fault("end", at=MIB, on="start"), Fault("html", value=page, times=None, on=on)) == (
        "page_instead_of_file"
    )


def test_a_compressed_response_is_refused_unread(downloader: Downloader) -> None:
    bomb = Fault("headers", headers={"Content-Encoding": "gzip"}, times=None)
    assert code_of(downloader, bomb) == "provider_changed"
    assert downloader.left_on_disk() < 1000


def test_length_and_chunks_together_are_refused(downloader: Downloader) -> None:
    faults = [Fault("chunked", times=None), Fault("both", times=None)]
    assert code_of(downloader, *faults) == "provider_changed"


def test_a_stalled_response_is_resumed(downloader: Downloader) -> None:
    assert code_of(downloader, Fault("stall", at=MIB)) == "done"
    assert starts(downloader) == [0, MIB]


@pytest.mark.parametrize("kind", ["stall_headers", "drip_headers"])
def test_endless_headers_are_no_response(downloader: Downloader, kind: str) -> None:
    assert code_of(downloader, Fault(kind)) == "done"
    downloader.limits(attempts=2)
    assert code_of(downloader, Fault(kind, times=None)) == "provider_down"


def test_a_slow_response_is_resumed(downloader: Downloader) -> None:
    downloader.limits(min_rate=100_000, min_rate_window=0.3)
    assert code_of(downloader, Fault("drip", at=20, value=100)) == "done"
    assert len(starts(downloader)) == 2


def test_a_megabyte_of_headers_is_refused(downloader: Downloader) -> None:
    for size in (70_000, 1_000_000):
        huge = Fault("headers", headers={"X-Big": "a" * size}, times=None)
        assert code_of(downloader, huge) == "provider_changed"


def test_an_invalid_http_response_is_refused(downloader: Downloader) -> None:
    assert code_of(downloader, Fault("raw", value=b"220 smtp ready\r\n\r\n", times=None)) == "provider_changed"
