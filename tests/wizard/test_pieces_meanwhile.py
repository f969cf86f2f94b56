"""A running write of a piece blocks nobody, and concurrent events neither lose nor leave bytes."""

import errno
import hashlib
import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.db import now
from app.fetch.chunked_uploads import KEPT, SPARE, WrongOffset, stop, sweep_uploads, take
from app.migration.models import ExportFile
from app.storage.objects import LocalObjects
from app.storage.writing import ObjectAppender
from app.worker.clean_up import sweep_orphans
from tests.conftest import At
from tests.harness.product import MEGAN, Product
from tests.harness.waiting import patience
from tests.wizard.test_pieces import GRAIN, begin, finish, large, piece, stored

WRITE = ObjectAppender.write


def during(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[object]:
    """Something that happens once, in the middle of writing a piece."""
    done: list[object] = []

    def write(self: ObjectAppender, data: Any) -> int:
        if not done:
            done.append(None)
            done.append(act())
        return WRITE(self, data)

    monkeypatch.setattr(ObjectAppender, "write", write)
    return done


def sha256_of_what_was_handed_over(product: Product) -> str:
    with product.runtime.ledger.read() as session:
        return session.get_one(ExportFile, (product.migration_id, 1, -1)).sha256


def test_a_piece_on_a_slow_disk_does_not_block_the_ledger(product_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    product = product_at("preparing")
    data = large()
    (file,) = begin(product, ("a.zip", len(data)))

    def others_write() -> bool:
        with sqlite3.connect(product.settings.var / "ledger.sqlite", timeout=patience(5)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.rollback()
        return True

    happened = during(monkeypatch, others_write)
    assert piece(product, file, 0, data).json() == {"received": len(data)}
    assert happened == [None, True]
    assert finish(product).status_code == 200
    assert sha256_of_what_was_handed_over(product) == hashlib.sha256(data).hexdigest()


def test_two_pages_that_send_the_same_file_write_it_once(product_at: At) -> None:
    product = product_at("preparing")
    data = large(20 * GRAIN + 5)
    (file,) = begin(product, ("a.zip", len(data)))
    move, answers = product.move(), []

    def send() -> None:
        start = 0
        while start < len(data):
            try:
                part = data[start : start + 4 * GRAIN]
                start = take(product.runtime, move, str(file["id"]), start, part) or len(data)
            except WrongOffset as wrong:
                start = wrong.received
            answers.append(start)

    pages = [threading.Thread(target=send) for _ in range(2)]
    for page in pages:
        page.start()
    for page in pages:
        page.join(patience(60))
    assert max(answers) == len(data)
    assert finish(product).status_code == 200
    assert sha256_of_what_was_handed_over(product) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("last", [False, True])
def test_an_upload_that_is_stopped_while_a_piece_is_written_leaves_nothing(
    product_at: At, monkeypatch: pytest.MonkeyPatch, last: bool
) -> None:
    product = product_at("preparing")
    before, data = stored(product), large()
    (file,) = begin(product, ("a.zip", len(data)))
    happened = during(monkeypatch, lambda: stop(product.runtime, product.migration_id))
    assert piece(product, file, 0, data if last else data[:GRAIN]).status_code == 404
    assert len(happened) == 2
    assert stored(product) == before


def test_an_upload_stopped_before_a_write_leaves_no_file(product_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    product = product_at("preparing")
    before, data = stored(product), large()
    (file,) = begin(product, ("a.zip", len(data)))
    opened = LocalObjects.appender

    def after_the_stop(self: LocalObjects, key: str, data_key: bytes) -> ObjectAppender:
        stop(product.runtime, product.migration_id)
        return opened(self, key, data_key)

    monkeypatch.setattr(LocalObjects, "appender", after_the_stop)
    assert piece(product, file, 0, data[:GRAIN]).status_code == 404
    assert stored(product) == before


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_storage_that_is_full_in_the_middle_keeps_what_arrived(
    product_at: At, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    product = product_at("preparing")
    data = large()
    (file,) = begin(product, ("a.zip", len(data)))
    piece(product, file, 0, data[:GRAIN])

    def full() -> None:
        raise OSError(error, "full")

    during(monkeypatch, full)
    answer = piece(product, file, GRAIN, data[GRAIN:])
    assert answer.status_code == 507
    assert "room" in answer.json()["words"]
    where = product.visitor(MEGAN).get(f"{product.at}/upload/{file['id']}").json()
    assert where == {"received": GRAIN}
    assert piece(product, file, GRAIN, data[GRAIN:]).json() == {"received": len(data)}
    finish(product)
    assert sha256_of_what_was_handed_over(product) == hashlib.sha256(data).hexdigest()


def test_a_piece_that_would_fill_the_ledgers_disk_is_refused(product_at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    product = product_at("preparing")
    data = large()
    (file,) = begin(product, ("a.zip", len(data)))
    monkeypatch.setattr(LocalObjects, "free_space", lambda _self: SPARE + len(data) - 1)
    assert piece(product, file, 0, data).status_code == 507
    monkeypatch.setattr(LocalObjects, "free_space", lambda _self: SPARE + len(data))
    assert piece(product, file, 0, data).json() == {"received": len(data)}


def test_leftovers_of_an_upload_are_swept_and_running_uploads_are_kept(product_at: At) -> None:
    product = product_at("preparing")
    data = large()
    (file,) = begin(product, ("a.zip", len(data)))
    assert piece(product, file, 0, data).json() == {"received": len(data)}
    with product.runtime.objects.appender(f"{product.migration_id}/uploads/left", bytes(32)) as part:
        part.write(data)
        part.checkpoint()
    before = stored(product)
    later = now() + KEPT + timedelta(days=2)
    assert sweep_orphans(product.runtime, later) == 1
    assert stored(product) < before
    assert finish(product).status_code == 200, "the line of the ledger kept it"
    sweep_uploads(product.runtime, later)
    sweep_orphans(product.runtime, later)
    assert sha256_of_what_was_handed_over(product) == hashlib.sha256(data).hexdigest()
