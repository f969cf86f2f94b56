"""The limited processes: how each end is reported, how many run at once, and that none is left."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.isolated import wire
from app.isolated.link_job import LinkRequest
from app.isolated.reader import IsolatedReader, ReaderBusy, ReaderFailed, ReaderLimits, reader
from app.isolated.row_job import RowAnswer, RowRequest
from app.links.inspection import Findings
from app.links.normalise import normalise
from app.problems import Level, Problem
from tests.harness.waiting import patience, until
from tests.hostile.web import children_of, no_job_is_left

LIMITS = ReaderLimits(memory_mb=768, seconds=2.0)
NOT_LOADED = (
    *("sqlalchemy", "sqlmodel", "fastapi", "starlette", "arq"),
    *("app.db", "app.queue", "app.settings", "app.migration", "app.caspen.tables", "app.worker.runtime", "app.web"),
)


def hostile(killer: str) -> LinkRequest:
    return LinkRequest(normalise(f"https://killer-{killer}.example/"), {}, "", "", "", "killer")


def harmless(folder: Path) -> RowRequest:
    return RowRequest(str(folder), "", "a/b", 1, "cliniko", "Australia/Sydney", "AU", "2026-11-30", "")


@pytest.mark.parametrize("killer", ["aborts", "loops", "eats"])
def test_every_killer_ends_its_own_process_alone(tmp_path: Path, killer: str) -> None:
    began = time.monotonic()
    with pytest.raises(ReaderFailed):
        reader().answer("link", hostile(killer), Findings, LIMITS, "a clinic")
    assert time.monotonic() - began < patience(60)
    assert reader().answer("row", harmless(tmp_path), RowAnswer, LIMITS, "a clinic").is_gone
    assert no_job_is_left()


def test_fifty_requests_start_no_more_than_the_allowed_processes() -> None:
    limits = ReaderLimits(memory_mb=768, seconds=2.0, processes=2, waiting=6)
    most, busy, failed = 0, [], []

    def ask(number: int) -> None:
        try:
            reader().answer("link", hostile("loops"), Findings, limits, f"clinic {number}")
        except ReaderBusy:
            busy.append(number)
        except ReaderFailed:
            failed.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()

    def are_over() -> bool:
        nonlocal most
        most = max(most, len(children_of(reader().server_pid)))
        return not any(thread.is_alive() for thread in threads)

    until(are_over, poll=0.02)
    assert most <= 2
    assert len(busy) + len(failed) == 50
    assert len(busy) >= 42
    assert no_job_is_left()


def test_one_clinic_leaves_room_for_another() -> None:
    limits = ReaderLimits(memory_mb=768, seconds=20.0, processes=2, waiting=6)
    own = IsolatedReader()
    try:
        with own._place(limits, "one"):
            assert not own._is_free(limits, ("files", "one"))
            assert own._is_free(limits, ("files", "another"))
    finally:
        own.close()


def test_a_killed_fork_server_is_restarted(tmp_path: Path) -> None:
    own = IsolatedReader()
    try:
        own.start()
        first = own.server_pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: own._server is not None and own._server.poll() is not None)
        assert own.answer("row", harmless(tmp_path), RowAnswer, ReaderLimits(), "a clinic").is_gone
        assert own.server_pid != first
    finally:
        own.close()


def test_closing_the_reader_leaves_no_process() -> None:
    own = IsolatedReader()
    own.start()
    server = own.server_pid
    own.close()
    assert server is not None
    assert not Path(f"/proc/{server}").exists()


def test_answers_are_unchanged_by_the_wire() -> None:
    findings = Findings(
        "dropbox",
        name="a\ud800b",
        size=None,
        seconds=3.0,
        problem=Problem("no_space", level=Level.STOPS, details={"size": "3 GB"}),
        warnings=(Problem("link_gone"),),
    )
    assert wire.unpack(Findings, wire.pack(findings)) == findings


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"name": 7}', b"[" * 100_000, b"\xff"])
def test_an_invalid_answer_is_an_error(body: bytes) -> None:
    with pytest.raises(wire.Malformed):
        wire.unpack(Findings, body)


def test_a_limited_process_loads_neither_the_database_nor_the_pages() -> None:
    program = "import sys\nfrom app.isolated.server import warm_up\nwarm_up()\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "app.reading.entries" in loaded
    assert loaded.isdisjoint(NOT_LOADED)
