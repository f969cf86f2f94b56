"""Bytes are encrypted and written in the background. At most two pieces are in memory."""

import errno
import threading
from typing import Any

import pytest

from app.errors import Stop
from app.links.file_download import PIECE
from app.storage.writing import ObjectAppender
from tests.harness.waiting import patience
from tests.links.conftest import Downloader
from tests.links.files import ServedFile

LINK = "https://clinic.s3.ap-southeast-2.amazonaws.com/export.zip?X-Amz-Signature=canarysig"
FILE = ServedFile(size=12 * PIECE + 77)
AT_ONCE = 256 * 1024
WRITE = ObjectAppender.write


def test_at_most_two_pieces_wait_for_a_slow_disk(downloader: Downloader, monkeypatch: pytest.MonkeyPatch) -> None:
    downloader.limits(checkpoint_bytes=1024**3)
    received, written, ahead, meanwhile = [0], [0], [], [0]
    begun, further = threading.Event(), threading.Event()

    def record(done: int, _expected: int | None) -> None:
        received[0] = done
        ahead.append(done - written[0])
        meanwhile[0] += begun.is_set()
        if meanwhile[0] > 1:  # the first piece may be the piece that is written
            further.set()

    def slowly(self: ObjectAppender, data: Any) -> int:
        begun.set()
        assert further.wait(patience(20)), "nothing arrives while something is written"
        written[0] += len(data)
        return WRITE(self, data)

    monkeypatch.setattr(ObjectAppender, "write", slowly)
    downloader.net.serve(LINK, FILE)
    assert downloader.fetch(LINK, progress=record)[0].sha256 == FILE.sha256
    assert received == written == [FILE.length]
    assert PIECE < max(ahead) <= 2 * (PIECE + AT_ONCE)


def test_a_full_disk_in_the_background_is_no_space(downloader: Downloader, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: ObjectAppender, data: Any) -> int:
        if self.position >= 4 * PIECE:
            raise OSError(errno.ENOSPC, "full")
        return WRITE(self, data)

    monkeypatch.setattr(ObjectAppender, "write", full)
    downloader.net.serve(LINK, FILE)
    with pytest.raises(Stop) as caught:
        downloader.fetch(LINK)
    assert (caught.value.problem.code, caught.value.retryable) == ("no_space", True)
    monkeypatch.undo()
    assert downloader.fetch(LINK, states=[downloader.saved[-1]])[0].sha256 == FILE.sha256
    assert downloader.saved[-1].done
