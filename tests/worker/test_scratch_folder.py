"""The private folder of a process, asked for by several threads."""

import threading
from pathlib import Path
from typing import Any

import pytest

from app.worker.scratch import Scratch
from tests.harness.waiting import patience


def test_no_thread_is_given_the_folder_before_it_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = Scratch(tmp_path / "shared")
    is_making, may_make = threading.Event(), threading.Event()
    make = Path.mkdir
    slow = iter([True])

    def waiting(path: Path, *given: Any, **more: Any) -> None:
        if next(slow, False):
            is_making.set()
            may_make.wait(patience(30))
        make(path, *given, **more)

    monkeypatch.setattr(Path, "mkdir", waiting)
    first = threading.Thread(target=lambda: scratch.folder)
    first.start()
    is_making.wait(patience(30))
    assert scratch.folder.is_dir()
    may_make.set()
    first.join()
