"""What a clinic reads of its link before it hands it over: never an exception, always something to do."""

import pytest

from app.links import Findings, Interruption, inspect
from app.storage import LocalObjects
from tests.links.conftest import Desk
from tests.links.files import ServedFile
from tests.links.replies import Fault

S3 = "https://clinic.s3.amazonaws.com/export.zip?X-Amz-Date=20361118T000000Z&X-Amz-Expires=3600&X-Amz-Signature=canary"


class SmallDisk(LocalObjects):
    def free_space(self) -> int | None:
        return 1_000


def look(desk: Desk, link: str = S3, **given: object) -> Findings:
    return inspect(link, desk.settings, conduct=desk.conduct(patience=0), watch=desk.watch, **given)  # type: ignore[arg-type]


def test_a_file_is_told_with_its_size_and_the_time_it_takes(desk: Desk) -> None:
    desk.net.serve(S3, ServedFile(size=50_000_000))
    found = look(desk)
    assert (found.provider, found.name, found.folder, found.files) == ("https", "export.zip", False, 1)
    assert (found.size, found.first_kind, found.seconds, found.usable) == (50_000_000, "zip", 10.0, True)
    assert desk.net.downloads() == []


def test_a_link_that_ends_before_the_download_would_is_told(desk: Desk) -> None:
    desk.net.serve(S3, ServedFile(size=50_000_000))
    assert desk.clock.now() + 10 < (look(desk).expires_at or 0)
    assert not look(desk).runs_out
    assert look(desk, bytes_per_second=0.01).runs_out


def test_too_little_room_is_a_problem_that_passes(desk: Desk) -> None:
    desk.limits(disk_factor=2.2)
    desk.net.serve(S3, ServedFile(size=50_000))
    found = look(desk, objects=SmallDisk(desk.objects.root))
    assert (found.needed, found.free) == (110_000, 1_000)
    assert found.problem is not None
    assert (found.problem.code, found.retryable) == ("no_space", True)


def test_a_busy_provider_is_a_problem_with_a_time(desk: Desk) -> None:
    desk.net.serve(S3, None, Fault("status", at=429, headers={"Retry-After": "40"}, times=None, on="any"))
    found = look(desk)
    assert found.problem is not None
    assert found.problem.code == "provider_rate_limited"
    assert found.retry_at == pytest.approx(desk.clock.now() + 40, abs=2)
    assert found.problem.details["time"].startswith("2026-")


@pytest.mark.parametrize(
    ("pasted", "code"), [("", "link_malformed"), ("https://10.0.0.1/x", "unsafe_address"), ("https://we.tl/t-a", None)]
)
def test_what_is_no_link_for_us_is_a_problem_too(desk: Desk, pasted: str, code: str | None) -> None:
    found = look(desk, pasted)
    assert found.problem is not None
    assert found.problem.code == (code or "link_provider_refused")
    assert not found.usable


def test_whoever_stops_waiting_hears_at_once(desk: Desk) -> None:
    desk.net.serve(S3, ServedFile())
    conduct = desk.conduct(patience=0, should_stop=lambda: Interruption.PAUSE)
    found = inspect(S3, desk.settings, conduct=conduct)
    assert (found.problem is not None, found.retryable) == (True, True)
