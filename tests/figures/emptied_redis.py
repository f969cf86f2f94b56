"""Redis loses all its data during a trial: the work continues, because Redis only wakes workers."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis

from app.commands.serve import RedisServer, redis_binary
from app.migration.states import State
from tests.figures.figure import Measure, Reached
from tests.figures.kills import WORKING, begun, live_through, reference_of
from tests.figures.yard import TENTH, Yard, copy_of
from tests.harness.waiting import take_time

SEED = 6


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A real server of one's own, until the block ends."""
    binary = redis_binary()
    if binary is None:
        raise RuntimeError("no Redis server on this machine")
    server = RedisServer(binary)
    if not server.start():
        raise RuntimeError("Redis does not start")
    try:
        yield server
    finally:
        server.stop()


class Emptier:
    """Empties Redis at random moments while there is work."""

    def __init__(self, server: RedisServer, dice: random.Random, length: float, times: int) -> None:
        self.server = server
        self.moments = sorted(dice.uniform(0, length * 0.8) for _ in range(times))
        self.done = 0
        self.lost = 0

    def __call__(self, yard: Yard) -> None:
        if yard.state() is not State.TRIALLING:
            return
        began = time.monotonic()
        with Redis(unix_socket_path=str(self.server.socket)) as redis:
            for moment in self.moments:
                take_time(max(0.0, moment - (time.monotonic() - began)))
                if yard.state() not in WORKING:
                    return
                self.lost += int(redis.dbsize())
                redis.flushall()
                self.done += 1


def emptied(start: Path, times: int, seed: int) -> tuple[Emptier, list[str]]:
    """The differences from an undisturbed run if Redis is emptied that often."""
    reference, length = reference_of(start)
    with redis_server() as server, copy_of(start, start.with_name("emptied"), TENTH, server.url) as yard:
        emptier = Emptier(server, random.Random(seed), length, times)
        wrong = live_through(yard, emptier).differs_from(reference)
    if not emptier.done:
        wrong.append("Redis was never emptied while there was work")
    return emptier, wrong


def redis_emptied(long: bool) -> Reached:
    with begun("thousand") as start:
        emptier, wrong = emptied(start, 100 if long else 10, SEED)
    words = f"emptied {emptier.done} times, {emptier.lost} keys lost, {len(wrong)} differences"
    return Reached(words, ok=not wrong, seed=SEED, why=tuple(wrong))


MEASURES = (Measure("Redis emptied in the middle of a trial", "finishes, 0 differences", redis_emptied),)
