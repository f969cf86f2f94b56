"""The findings of an inspection: contents, warnings and problems, and never an exception for a faulty link."""

from typing import Any

import pytest

from app.links.download_observer import Interruption
from app.links.inspection import Findings, inspect
from app.links.normalise import normalise
from app.storage import LocalObjects
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.replies import Fault

S3 = "https://clinic.s3.amazonaws.com/export.zip?X-Amz-Date=20361118T000000Z&X-Amz-Expires=3600&X-Amz-Signature=canary"


class SmallDisk(LocalObjects):
    def free_space(self) -> int | None:
        return 1_000


def inspect_link(downloader: Downloader, link: str = S3, **given: Any) -> Findings:
    observer = downloader.observer(patience=0)
    return inspect(normalise(link), downloader.settings, observer=observer, traffic=downloader.traffic, **given)


def test_findings_have_the_size_and_the_length_of_the_download(downloader: Downloader) -> None:
    downloader.net.serve(S3, ServedFile(size=50_000_000))
    findings = inspect_link(downloader)
    assert (findings.provider, findings.name, findings.folder, findings.files) == ("https", "export.zip", False, 1)
    assert (findings.size, findings.first_kind, findings.seconds, findings.usable) == (50_000_000, "zip", 10.0, True)
    assert downloader.net.downloads() == []


def test_findings_warn_of_a_link_that_expires_during_the_download(downloader: Downloader) -> None:
    downloader.net.serve(S3, ServedFile(size=50_000_000))
    assert downloader.clock.now() + 10 < (inspect_link(downloader).expires_at or 0)
    assert not inspect_link(downloader).runs_out
    assert inspect_link(downloader, bytes_per_second=0.01).runs_out


def test_too_little_free_space_is_a_retryable_problem(downloader: Downloader) -> None:
    downloader.limits(disk_factor=2.2)
    downloader.net.serve(S3, ServedFile(size=50_000))
    findings = inspect_link(downloader, objects=SmallDisk(downloader.objects.root))
    assert (findings.needed, findings.free) == (110_000, 1_000)
    assert findings.problem is not None
    assert (findings.problem.code, findings.retryable) == ("no_space", True)


def test_a_busy_provider_is_a_problem_with_a_time(downloader: Downloader) -> None:
    downloader.net.serve(S3, None, Fault("status", at=429, headers={"Retry-After": "40"}, times=None, on="any"))
    findings = inspect_link(downloader)
    assert findings.problem is not None
    assert findings.problem.code == "provider_rate_limited"
    assert findings.retry_at == pytest.approx(downloader.clock.now() + 40, abs=2)
    assert findings.problem.details["time"].startswith("2026-")


def test_a_refused_provider_is_a_problem_in_the_findings(downloader: Downloader) -> None:
    findings = inspect_link(downloader, "https://we.tl/t-a")
    assert findings.problem is not None
    assert findings.problem.code == "link_provider_refused"
    assert not findings.usable


def test_an_interruption_ends_the_inspection_at_once(downloader: Downloader) -> None:
    downloader.net.serve(S3, ServedFile())
    observer = downloader.observer(patience=0, should_stop=lambda: Interruption.PAUSE)
    findings = inspect(normalise(S3), downloader.settings, observer=observer)
    assert (findings.problem is not None, findings.retryable) == (True, True)
