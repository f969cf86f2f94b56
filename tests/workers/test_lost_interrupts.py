"""A signal that arrives inside a destructor or a callback, where Python ignores exceptions, ends the process all the
same."""

import signal
import subprocess
import sys

import pytest

from tests.harness.waiting import patience

IN_A_DESTRUCTOR = """
class Hears:
    def __del__(self):
        signal.raise_signal(number)
        for _ in range(1000):
            pass

Hears()
"""
IN_A_CALLBACK = """
class Thing:
    pass

thing = Thing()
kept = weakref.ref(thing, lambda _: signal.raise_signal(number))
del thing
"""
PLACES = {"destructor": IN_A_DESTRUCTOR, "callback": IN_A_CALLBACK}
BEGIN = """
import signal, sys, threading, weakref
from app.lifetime import interrupt_on_end, on_end
number = int(sys.argv[1])
interrupt_on_end()
"""
WORKS_ON = """
print("works on", flush=True)
while True:
    signal.pause()
"""
NEXT_HANDLER = """
asked = threading.Event()
on_end(asked.set)
print("asked" if asked.is_set() else "not asked", flush=True)
"""


def run(program: str, number: signal.Signals) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, str(int(number))]
    return subprocess.run(command, capture_output=True, text=True, timeout=patience(20), check=False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("place", list(PLACES))
def test_the_process_ends_though_python_ignored_the_interrupt(place: str, number: signal.Signals) -> None:
    ended = run(BEGIN + PLACES[place] + WORKS_ON, number)
    assert ended.stdout == "works on\n"  # the interrupt was ignored at first
    assert ended.stderr.strip().endswith("KeyboardInterrupt")
    assert ended.returncode == -signal.SIGINT


@pytest.mark.parametrize("place", list(PLACES))
def test_the_next_handler_hears_of_a_signal_whose_interrupt_was_ignored(place: str) -> None:
    assert run(BEGIN + PLACES[place] + NEXT_HANDLER, signal.SIGTERM).stdout == "asked\n"


def test_without_a_signal_the_next_handler_hears_nothing() -> None:
    assert run(BEGIN + NEXT_HANDLER, signal.SIGTERM).stdout == "not asked\n"
