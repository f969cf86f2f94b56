"""Redis is emptied, killed, hung or restarted empty at some moment of a trial: the trial is not disturbed."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from redis import Redis

from app.commands.serve import RedisServer
from app.queue import open_queue
from app.side_effects import Fault, listen
from tests.figures.emptied_redis import redis_server
from tests.figures.faults import Lane, ground
from tests.figures.figure import Measure, Reached
from tests.world.fork import fork
from tests.world.mailbox import mailbox
from tests.world.stages import STAGES, go_on, prepare

MOMENTS = 10


def emptied(server: RedisServer) -> None:
    with Redis(unix_socket_path=str(server.socket)) as redis:
        redis.flushall()


def killed(server: RedisServer) -> None:
    os.kill(_pid(server), signal.SIGKILL)


def hung(server: RedisServer) -> None:
    os.kill(_pid(server), signal.SIGSTOP)


def away(server: RedisServer) -> None:
    """Renames the socket of Redis, so that Redis is unreachable."""
    server.socket.rename(server.socket.with_suffix(".away"))


def slow(server: RedisServer) -> None:
    """Every write waits half a second."""
    with Redis(unix_socket_path=str(server.socket)) as redis:
        redis.execute_command("CLIENT", "PAUSE", "500", "ALL")


def _pid(server: RedisServer) -> int:
    assert server.process is not None
    return server.process.pid


FAULTS: tuple[Callable[[RedisServer], None], ...] = (emptied, killed, hung, away, slow)


@dataclass
class Found:
    done: int = 0
    wrong: list[str] = field(default_factory=list)


def faulty(moments: int) -> Found:
    """Each fault at so many moments of a trial, spread over all that it does."""
    found = Found()
    with ground() as here, mailbox(here.home / "lane-0.mailbox") as smtp_url:
        effects = prepare(here)
        lane = Lane(here, 0, smtp_url)
        found.wrong += lane.warm()
        step = max(1, len(effects["trial"]) // (moments + 1))
        for fault in FAULTS:
            for moment in range(1, moments + 1):
                with redis_server() as server:
                    lane.begin("trial")
                    worked = fork(partial(_work, lane, server, fault, moment * step), lane.log).wait()
                    if server.process is not None and server.process.poll() is None:
                        os.kill(server.process.pid, signal.SIGCONT)
                after = fork(lambda: go_on(here, lane.runtime, lane.taken, lane.log), lane.log).wait()
                found.done += 1
                wrong = [] if worked.said == "there" else [f"the worker ended with {worked.status}"]
                wrong += after.said if after.said is not None else [f"status {after.status}"]
                found.wrong += [f"{fault.__name__} at {moment * step}: {line}" for line in wrong]
    return found


def _work(lane: Lane, server: RedisServer, fault: Callable[[RedisServer], None], number: int) -> str:
    runtime = replace(lane.runtime, queue=open_queue(server.url))
    listen(Fault(number, after=False, act=partial(fault, server)))
    STAGES["trial"](runtime)
    return "there"


def take(long: bool) -> Reached:
    moments = 100 if long else MOMENTS
    found = faulty(moments)
    words = f"{found.done} faults, {len(found.wrong)} differences"
    return Reached(words, not found.wrong and found.done == len(FAULTS) * moments, why=tuple(found.wrong[:30]))


MEASURES = (Measure("Redis emptied, killed, hung, away or slow", "50 faults, 0 differences", take),)
