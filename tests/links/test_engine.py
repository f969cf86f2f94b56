"""Downloads under every failure that providers and networks are known for: one correct file, or the right words."""

import random
from typing import Any

import pytest

from app.errors import Stop
from app.links.clock import backoff, retry_after
from tests.links.conftest import Desk
from tests.links.files import ServedFile
from tests.links.replies import Fault

LINK = "https://clinic.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=canarysig"
MIB = 1024**2
FILE = ServedFile(size=2 * MIB + 77)


def code_of(desk: Desk, *faults: Fault, file: ServedFile = FILE, **given: Any) -> str:
    """Fetches with these faults, and gives the code of the Stop; `done` when the right file came."""
    desk.net.serve(LINK, file, *faults)
    try:
        (fetched,) = desk.fetch(LINK, **given)
    except Stop as reason:
        assert not list(desk.objects.list("m"))
        return reason.problem.code
    assert fetched.sha256 == file.sha256
    assert fetched.size == file.length
    return "done"


def starts(desk: Desk) -> list[int]:
    return [r.range[0] if r.range else 0 for r in desk.net.downloads()]


def test_resets_in_the_middle_cost_no_byte_twice(desk: Desk) -> None:
    faults = [Fault("reset", at=400_000 + n) for n in range(4)]
    assert code_of(desk, *faults) == "done"
    assert len(starts(desk)) >= 4
    assert starts(desk) == sorted(starts(desk))
    assert all("if-range" in r.headers for r in desk.net.downloads()[1:])


@pytest.mark.parametrize("at", [0, 1, 1024, 65_536, 1_000_000])
def test_a_clean_early_end_is_gone_on_from(desk: Desk, at: int) -> None:
    assert code_of(desk, Fault("end", at=at)) == "done"
    assert starts(desk) == [0, at]


def test_fifty_random_cuts_make_one_correct_file(desk: Desk) -> None:
    chance = random.Random(12)
    file = ServedFile(size=100 * MIB)
    kinds = ["reset", "end"]
    faults = [Fault(chance.choice(kinds), at=chance.randrange(MIB, 2 * MIB)) for _ in range(50)]
    desk.net.serve(LINK, file)
    route = desk.net.routes["clinic.s3.ap-southeast-2.amazonaws.com", "/export.zip"]
    route.queue = faults
    (fetched,) = desk.fetch(LINK)
    assert fetched.sha256 == file.sha256
    assert len(starts(desk)) == 51


def test_cuts_without_progress_end_after_eight(desk: Desk) -> None:
    assert code_of(desk, Fault("end", at=0, times=None)) == "download_incomplete"
    assert len(starts(desk)) == 8


def test_a_host_without_ranges_is_begun_anew_until_it_holds(desk: Desk) -> None:
    anew = Fault("no_range", times=None, on="any")
    assert code_of(desk, anew, Fault("end", at=900_000, times=3)) == "done"
    assert starts(desk) == [0, 0, 0, 0]


@pytest.mark.parametrize("delta", [-1000, 1000])
def test_a_wrong_length_once_is_mended(desk: Desk, delta: int) -> None:
    assert code_of(desk, Fault("length", value=delta)) == "done"


@pytest.mark.parametrize("delta", [-1000, 1000])
def test_a_wrong_length_always_is_not_believed(desk: Desk, delta: int) -> None:
    always = Fault("no_range", times=None, on="download")
    assert code_of(desk, Fault("length", value=delta, times=None), always) in ("file_changed", "download_incomplete")


@pytest.mark.parametrize("shape", ["no_length", "chunked"])
def test_without_a_length_the_zips_own_end_is_the_proof(desk: Desk, shape: str) -> None:
    faults = [Fault("no_range", times=None, on="any"), Fault(shape, times=None, on="any")]
    assert code_of(desk, *faults) == "done"


@pytest.mark.parametrize("shape", ["no_length", "chunked"])
def test_without_a_length_an_early_close_is_noticed(desk: Desk, shape: str) -> None:
    faults = [Fault("no_range", times=None, on="any"), Fault(shape, times=None, on="any")]
    assert code_of(desk, *faults, Fault("end", at=500_000)) == "done"
    assert len(starts(desk)) == 2
    assert code_of(desk, *faults, Fault("end", at=500_000, times=None)) == "download_incomplete"


@pytest.mark.parametrize("kind", ["reset", "drop"])
@pytest.mark.parametrize("at", [1000, 100_000, 450_000])
def test_a_connection_that_breaks_off_is_no_end_of_a_table(desk: Desk, kind: str, at: int) -> None:
    table = ServedFile(text=b"id,name\n" + b"1,Jane\n" * 70_000, name="patients.csv")
    faults = [Fault("no_range", times=None, on="any"), Fault("no_length", times=None, on="any")]
    assert code_of(desk, *faults, Fault(kind, at=at), file=table) == "done"
    assert len(starts(desk)) == 2


def test_a_stream_without_a_length_has_a_cap_of_its_own(desk: Desk) -> None:
    desk.limits(max_unsized_bytes=MIB)
    faults = [Fault("no_range", times=None, on="any"), Fault("chunked", times=None, on="any")]
    assert code_of(desk, *faults) == "export_too_big"


@pytest.mark.parametrize(
    ("said", "waits"),
    [("3", 3.0), ("-5", None), ("soon", None), ("", None), ("1000000000", 86_400.0), ("9" * 5000, 86_400.0)],
)
def test_retry_after_is_obeyed_within_reason(said: str, waits: float | None) -> None:
    assert retry_after(said, 0, 86_400) == waits


def test_retry_after_may_be_a_date() -> None:
    now = 1_795_309_200.0  # Sun, 22 Nov 2026 01:00:00 GMT
    assert retry_after("Sun, 22 Nov 2026 01:00:07 GMT", now, 86_400) == 7
    assert retry_after("Sun, 22 Nov 2020 01:00:07 GMT", now, 86_400) is None


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("on", ["download", "resume", "probe"])
def test_a_host_that_asks_to_wait_is_waited_for(desk: Desk, status: int, on: str) -> None:
    busy = Fault("status", at=status, headers={"Retry-After": "3"}, on=on)
    assert code_of(desk, busy, Fault("end", at=600_000, on="start")) == "done"
    assert 2.99 <= sum(desk.clock.waited) < 5.0


def test_patience_ends_with_a_time_to_come_back_and_what_was_fetched_stays(desk: Desk) -> None:
    desk.net.serve(
        LINK,
        FILE,
        Fault("end", at=MIB, on="start"),
        Fault("status", at=429, headers={"Retry-After": "3600"}, on="resume"),
    )
    with pytest.raises(Stop) as caught:
        desk.fetch(LINK, patience=30)
    assert caught.value.problem.code == "provider_rate_limited"
    assert (caught.value.retryable, caught.value.retry_after) == (True, 3600)
    assert desk.saved[-1].bytes_done >= MIB - 65_536
    (fetched,) = desk.fetch(LINK, states=[desk.saved[-1]])
    assert fetched.sha256 == FILE.sha256


def test_waits_double_with_jitter_up_to_the_longest() -> None:
    for attempt, ceiling in ((1, 1.0), (4, 8.0), (20, 300.0), (10_000, 300.0)):
        waits = [backoff(attempt, 1.0, 300.0) for _ in range(200)]
        assert max(waits) <= ceiling
        assert len(set(waits)) > 100


CHANGED = ServedFile(size=FILE.size, seed=2, etag='"two"')
LONGER = ServedFile(size=FILE.size + 5, seed=2, etag='"two"')


@pytest.mark.parametrize("new", [CHANGED, LONGER], ids=["same total", "other total"])
def test_a_file_that_changed_while_we_read_it_is_begun_anew(desk: Desk, new: ServedFile) -> None:
    desk.net.serve(LINK, FILE, Fault("end", at=MIB), Fault("file", value=new, times=None, on="resume"))
    route = desk.net.routes["clinic.s3.ap-southeast-2.amazonaws.com", "/export.zip"]
    route.then = new
    (fetched,) = desk.fetch(LINK)
    assert fetched.sha256 == new.sha256


@pytest.mark.parametrize("new", [CHANGED, LONGER], ids=["same total", "other total"])
def test_a_file_that_changes_again_and_again_is_told(desk: Desk, new: ServedFile) -> None:
    faults = [Fault("end", at=MIB, times=None, on="start"), Fault("file", value=new, times=None, on="resume")]
    assert code_of(desk, *faults) == "file_changed"
    assert starts(desk) == [0, MIB, 0, MIB]


def test_a_part_of_another_version_is_never_joined(desk: Desk) -> None:
    strange = Fault("headers", headers={"ETag": '"two"'}, times=None, on="resume")
    assert code_of(desk, Fault("end", at=MIB, times=None, on="start"), strange) == "file_changed"


def test_the_whole_instead_of_a_part_is_begun_anew_once(desk: Desk) -> None:
    faults = [Fault("end", at=MIB, times=None, on="start"), Fault("no_range", times=None, on="resume")]
    assert code_of(desk, *faults) == "file_changed"
    assert starts(desk) == [0, MIB, 0, MIB]


@pytest.mark.parametrize("start", [-5, 1, 70_000])
def test_a_part_that_begins_elsewhere_is_refused(desk: Desk, start: int) -> None:
    wrong = Fault("start", value=start, times=None, on="resume")
    assert code_of(desk, Fault("end", at=MIB), wrong) == "provider_changed"


def test_another_total_in_a_416_is_a_change(desk: Desk) -> None:
    shorter = Fault("file", value=ServedFile(size=1000), times=None, on="resume")
    assert code_of(desk, Fault("end", at=MIB), shorter) == "file_changed"


@pytest.mark.parametrize("on", ["start", "resume"])
@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>quota", b"  <HTML>", b'\xef\xbb\xbf<?xml version="1.0"?><html>'])
def test_a_page_is_refused_first_and_never_appended(desk: Desk, on: str, page: bytes) -> None:
    assert code_of(desk, Fault("end", at=MIB, on="start"), Fault("html", value=page, times=None, on=on)) == (
        "page_instead_of_file"
    )


def test_a_compressed_answer_is_refused_unread(desk: Desk) -> None:
    bomb = Fault("headers", headers={"Content-Encoding": "gzip"}, times=None)
    assert code_of(desk, bomb) == "provider_changed"
    assert desk.left_on_disk() < 1000


def test_length_and_chunks_together_are_refused(desk: Desk) -> None:
    faults = [Fault("chunked", times=None), Fault("both", times=None)]
    assert code_of(desk, *faults) == "provider_changed"


def test_a_stall_in_the_middle_is_cut_and_gone_on_from(desk: Desk) -> None:
    assert code_of(desk, Fault("stall", at=MIB)) == "done"
    assert starts(desk) == [0, MIB]


@pytest.mark.parametrize("kind", ["stall_headers", "drip_headers"])
def test_headers_that_never_end_count_as_no_answer(desk: Desk, kind: str) -> None:
    assert code_of(desk, Fault(kind)) == "done"
    desk.limits(attempts=2)
    assert code_of(desk, Fault(kind, times=None)) == "provider_down"


def test_a_drip_is_cut_and_gone_on_from(desk: Desk) -> None:
    desk.limits(min_rate=100_000, min_rate_window=0.3)
    assert code_of(desk, Fault("drip", at=20, value=100)) == "done"
    assert len(starts(desk)) == 2


def test_a_megabyte_of_headers_is_refused(desk: Desk) -> None:
    for size in (70_000, 1_000_000):
        huge = Fault("headers", headers={"X-Big": "a" * size}, times=None)
        assert code_of(desk, huge) == "provider_changed"


def test_an_answer_that_is_no_http_is_refused(desk: Desk) -> None:
    assert code_of(desk, Fault("raw", value=b"220 smtp ready\r\n\r\n", times=None)) == "provider_changed"
