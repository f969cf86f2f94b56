"""A share link is a secret: no log, exception, saved state or file contains the link, whatever ends the download."""

import logging
import traceback
from dataclasses import replace

import pytest

from app.errors import Stop
from app.links.normalise import normalise
from tests.links.conftest import Downloader
from tests.links.files import ServedFile
from tests.links.replies import Fault

CANARIES = ("canarysig", "canarypath", "canaryhost", "canaryfed", "canarytoken")
LINK = "https://canaryhost.s3.amazonaws.com/canarypath/export.zip?X-Amz-Signature=canarysig&tempauth=canarytoken"
AWAY = "https://other.s3.amazonaws.com/canarypath?sig=canarysig"
COOKIE = {"Set-Cookie": "FedAuth=canaryfed; Path=/"}
FAULTS = {
    "nothing": [],
    "redirect": [Fault("redirect", value=AWAY, headers=COOKIE, times=None, on="any")],
    "forbidden redirect": [Fault("redirect", value="https://127.0.0.1/canarypath?canarysig", times=None, on="any")],
    "unreadable redirect": [Fault("redirect", value="https://[canarysig", times=None, on="any")],
    "refused": [Fault("status", at=403, value=b"canarytoken", times=None, on="any")],
    "busy": [Fault("status", at=429, headers={"Retry-After": "9"}, times=None, on="any")],
    "down": [Fault("raw", value=b"", times=None, on="any")],
    "strange": [Fault("raw", value=b"canarytoken\r\n\r\n", times=None, on="any")],
    "page": [Fault("html", value=b"<html>canarytoken", times=None)],
    "cut": [Fault("end", at=9, times=None)],
    "reset": [Fault("reset", at=9, times=None)],
    "changed": [Fault("end", at=70_000, times=None, on="start"), Fault("no_range", times=None, on="resume")],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_log_and_no_exception_contains_the_link(
    downloader: Downloader, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    output = ""
    downloader.net.serve(AWAY, ServedFile())
    downloader.net.serve(LINK, ServedFile(), *(replace(f) for f in FAULTS[fault]))
    for act in (downloader.probe, downloader.fetch):
        try:
            output += repr(act(LINK))
        except Stop as reason:
            output += "".join(traceback.format_exception(reason))
            output += repr(reason.problem) + reason.problem.title + reason.problem.todo
    output += caplog.text + repr(downloader.saved) + repr([r.getMessage() for r in caplog.records])
    output += "".join(str(p.relative_to(downloader.objects.root)) for p in downloader.objects.root.rglob("*"))
    stored = b"".join(p.read_bytes() for p in downloader.objects.root.rglob("*") if p.is_file())
    for canary in CANARIES:
        assert canary not in output
        assert canary.encode() not in stored


def test_a_log_has_the_provider_and_the_fingerprint(downloader: Downloader, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    downloader.net.serve(LINK, ServedFile())
    downloader.fetch(LINK)
    assert f"provider=https link={normalise(LINK).fingerprint}" in caplog.text
    assert len(normalise(LINK).fingerprint) == 12


def test_the_traceback_of_a_bug_contains_no_link(downloader: Downloader) -> None:
    downloader.net.serve(LINK, ServedFile())

    def broken(_done: int, _expected: int | None) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        downloader.fetch(LINK, progress=broken)
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(canary in shown for canary in CANARIES)
