"""Redis may be emptied, killed or missing, and the clinic only notices a short delay."""

import time
from collections.abc import Iterator
from typing import cast

import pytest
import redis

from app.commands.serve import RedisServer, redis_binary, start_redis
from app.migration.states import State
from app.queue import NoQueue, open_queue, to_json, waiting_key
from tests.harness.clinic import Clinic, clinic_files, settings_in
from tests.harness.waiting import patience, until
from tests.workers.story import a_worker
from tests.world.waiting_queue import WaitingQueue


@pytest.fixture
def server() -> Iterator[RedisServer]:
    binary = redis_binary()
    if binary is None:
        pytest.skip("there is no Redis on this machine")
    server = RedisServer(binary)
    assert server.start()
    yield server
    server.stop()


@pytest.mark.redis
def test_a_notice_wakes_a_worker(clinic: Clinic, server: RedisServer) -> None:
    settings = clinic.runtime.settings.model_copy(update={"redis_url": server.url, "sweep_seconds": 60.0})
    queue = open_queue(server.url)
    clinic.hand_over(clinic_files())
    with a_worker(settings):
        queue.notify(clinic.id)
        until(lambda: clinic.state() is State.MATCHING)
    queue.close()


@pytest.mark.redis
def test_an_emptied_and_a_killed_redis_lose_nothing(clinic: Clinic, server: RedisServer) -> None:
    settings = clinic.runtime.settings.model_copy(update={"redis_url": server.url})
    clinic.hand_over(clinic_files(600, 600))
    with a_worker(settings):
        until(lambda: any(w.state != "ready" for w in clinic.work()))
        redis.Redis(unix_socket_path=str(server.socket)).flushall()
        until(lambda: clinic.state() is State.MATCHING)
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        clinic.start_trial()
        until(lambda: clinic.state() is State.REVIEWING)
        server.keep_alive()
        clinic.approve()
        until(lambda: clinic.state() is State.FINALISED)
    assert clinic.trial.balanced


@pytest.mark.redis
def test_notices_for_one_clinic_do_not_pile_up(server: RedisServer) -> None:
    queue = WaitingQueue(server.url)
    server_queue = redis.Redis(unix_socket_path=str(server.socket))
    for _ in range(20):
        queue.notify("mig_1")
    assert server_queue.zcard("caspen-import") == 1
    server_queue.delete(waiting_key("mig_1"))
    queue.notify("mig_1")
    assert server_queue.zcard("caspen-import") == 2
    queue.close()


def test_a_queue_without_redis_neither_raises_nor_waits() -> None:
    queue = open_queue("redis://127.0.0.1:1/0")
    began = time.monotonic()
    queue.notify("mig_1")
    assert time.monotonic() - began < patience(3)
    queue.close()
    assert isinstance(open_queue(""), NoQueue)


def test_a_job_is_json_with_ids_only() -> None:
    assert to_json({"f": "drain", "a": ["mig_1"]}) == b'{"f": "drain", "a": ["mig_1"]}'


def test_an_operators_own_redis_is_used_and_none_is_started(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    assert start_redis(settings_in(folder, redis_url="redis://elsewhere", embedded_redis=True)) is None
    assert start_redis(settings_in(folder, embedded_redis=False)) is None


@pytest.mark.redis
def test_the_embedded_redis_is_private_and_keeps_nothing(server: RedisServer) -> None:
    mode = server.socket.stat().st_mode & 0o777
    assert mode == 0o700
    asked = redis.Redis(unix_socket_path=str(server.socket))
    settings = [cast(dict[str, str], asked.config_get(name)) for name in ("save", "port")]
    assert settings == [{"save": ""}, {"port": "0"}]
