"""The web server is killed during a request; the clinic loads the page again and continues.

A worker of its own does the work meanwhile. The move must end like a move without kills.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.caspen.tables import OBJECTS
from app.commands.drive import environment_of
from app.settings import Settings
from app.worker.runtime import open_runtime
from tests.figures.figure import Measure, Reached
from tests.figures.forms import Browser, Fill, Page
from tests.figures.fresh import STARTS_WITHIN, until_answers
from tests.figures.walk import whole
from tests.harness.clinic import settings_in
from tests.harness.free_ports import free_port
from tests.workers.story import a_worker
from tests.world import history_legal, mails_once, nothing_early
from tests.world.left import Left, delivered
from tests.world.mailbox import mailbox
from tests.world.manifest import Manifest
from tests.world.one_each import Keys, standing

SEED = 8
MAILBOX = "mailbox"
LONGEST_LIFE = 0.25  # seconds that a server has for what it was sent, at most
CHECKS = (nothing_early.check, history_legal.check, mails_once.check)


class Web:
    """The pages alone, in a process that may be killed."""

    def __init__(self, settings: Settings) -> None:
        self.port = free_port()
        self._environment = {**os.environ, **environment_of(settings)}
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "app.cli", "serve", "--web-only", "--port", str(self.port)]
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.DEVNULL, start_new_session=True
        )
        until_answers(self.port, STARTS_WITHIN)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@dataclass
class Found:
    """How often the server was killed, how many requests were lost, and the faults at the end."""

    done: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)


class Insistent(Browser):
    """A visitor who reloads the page if there is no answer, and presses again if the button is still there.

    Every request is followed by a kill after a random moment.
    """

    def __init__(self, web: Web, found: Found, dice: random.Random) -> None:
        super().__init__(f"http://127.0.0.1:{web.port}")
        self.web, self.found, self.dice = web, found, dice

    def press(self, words: str, fill: Fill | None = None, **typed: str) -> Page:
        before = self.page.address
        killer = threading.Timer(self.dice.uniform(0, LONGEST_LIFE), self.web.kill)
        killer.start()
        try:
            answered = super().press(words, fill, **typed)
        except httpx.TransportError:
            answered = None
        killer.join()
        self.found.done += 1
        self.web.start()
        if answered is not None:
            return answered
        self.found.lost += 1
        there = self.open(before)
        with suppress(LookupError):  # it was done, and the page says so
            there.button(words)
            return super().press(words, fill, **typed)
        return there


@contextmanager
def product(folder: Path) -> Iterator[tuple[Settings, Web]]:
    """The pages and a worker, each a process, and a mailbox."""
    folder.mkdir()
    with mailbox(folder / MAILBOX) as smtp_url, a_worker(settings := settings_in(folder, smtp_url=smtp_url)):
        web = Web(settings)
        try:
            yield settings, web
        finally:
            web.kill()


def left_by(settings: Settings) -> tuple[dict[str, Keys], list[str]]:
    """The live records, and the faults in them or in the ledger."""
    runtime = open_runtime(settings)
    try:
        left = Left(runtime, Manifest(), {}, delivered(settings.var / MAILBOX))
        live = {str(model.__tablename__): standing(left, str(model.__tablename__)) for model in OBJECTS}
        wrong = [f"{name}: some stand there twice" for name, keys in live.items() if max(keys.values(), default=1) > 1]
        return live, wrong + [line for check in CHECKS for line in check(left)]
    finally:
        runtime.close()


def killed(moves: int) -> Found:
    """A move that nothing disturbs, and so many others in which everything that is sent is followed by a kill."""
    found, dice = Found(), random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="caspen-web-") as folder:
        with product(Path(folder) / "undisturbed") as (settings, web):
            with Browser(f"http://127.0.0.1:{web.port}") as browser:
                whole(browser)
            reference, found.wrong = left_by(settings)
        for number in range(moves):
            with product(Path(folder) / f"move-{number}") as (settings, web):
                with Insistent(web, found, dice) as insistent:
                    whole(insistent)
                live, wrong = left_by(settings)
            wrong += [f"{table}: not what is live undisturbed" for table in live if live[table] != reference[table]]
            found.wrong += [f"move {number}: {line}" for line in wrong]
    return found


def take(long: bool) -> Reached:
    found = killed(20 if long else 3)
    words = f"{found.done} kills, {found.lost} answers lost, {len(found.wrong)} differences"
    return Reached(words, not found.wrong and found.lost > 0, seed=SEED, why=tuple(found.wrong[:30]))


MEASURES = (Measure("the web server killed in the middle of what it is sent", "every time, 0 differences", take),)
