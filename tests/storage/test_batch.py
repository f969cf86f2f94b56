"""Small objects that become durable together."""

import ctypes
import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from app.side_effects import listen
from app.storage import batch as storage_batch
from app.storage.batch import FULL_BYTES, FULL_OBJECTS, ObjectBatch
from app.storage.objects import LocalObjects

KEY = bytes(range(32))


@pytest.fixture(params=["of Linux", "of other systems"])
def objects(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LocalObjects:
    """A store on a system that can write a whole file system to its disk in one call, and on a system that cannot."""
    if request.param == "of other systems":
        monkeypatch.setattr(storage_batch, "_syncfs", None)
    return LocalObjects(tmp_path / "objects")


def write(batch: ObjectBatch, *keys: str, body: bytes = b"scan") -> None:
    for key in keys:
        with batch.writer(key, KEY) as out:
            out.write(body)


def effects_of(act: Callable[[], None]) -> list[str]:
    seen: list[str] = []
    listen(lambda name, is_done: None if is_done else seen.append(name))
    try:
        act()
    finally:
        listen(None)
    return seen


def every_file(objects: LocalObjects) -> list[str]:
    return sorted(path.name for path in objects.root.rglob("*") if path.is_file())


def test_objects_appear_together_at_settle(objects: LocalObjects) -> None:
    with objects.batch() as batch:
        write(batch, "a/1", "b/2", body=b"a scan")
        assert [objects.exists("a/1"), batch.has("a/1"), batch.has("a/3")] == [False, True, False]
        assert list(objects.list("a")) == []
        batch.settle()
        assert [objects.exists("a/1"), batch.has("a/1")] == [True, False]
    for key in ("a/1", "b/2"):
        with objects.reader(key, KEY) as stored:
            assert stored.read() == b"a scan"
    assert every_file(objects) == ["1", "2"]


def test_everything_is_durable_before_the_first_object_appears(objects: LocalObjects) -> None:
    with objects.batch() as batch:
        write(batch, "a/1", "a/2", "b/3")
        effects = effects_of(batch.settle)
        assert effects == ["file.sync", "file.rename", "file.rename", "file.rename", *effects[4:]]
        assert set(effects[4:]) == {"folder.sync"}
        assert effects_of(batch.settle) == []


def test_an_exception_leaves_nothing_behind(objects: LocalObjects) -> None:
    def stop() -> None:
        with objects.batch() as batch:
            write(batch, "a/1", "a/2")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert every_file(objects) == []


def test_an_object_whose_writing_fails_is_not_in_its_batch(objects: LocalObjects) -> None:
    def fail(batch: ObjectBatch) -> None:
        with batch.writer("a/2", KEY) as out:
            out.write(b"half")
            raise ValueError("cut")

    with objects.batch() as batch:
        write(batch, "a/1")
        with pytest.raises(ValueError, match="cut"):
            fail(batch)
    assert every_file(objects) == ["1"]


def test_of_two_objects_with_one_key_the_later_appears(objects: LocalObjects) -> None:
    with objects.batch() as batch:
        write(batch, "a/1", body=b"earlier")
        write(batch, "a/1", body=b"later")
    with objects.reader("a/1", KEY) as stored:
        assert stored.read() == b"later"
    assert every_file(objects) == ["1"]


@pytest.mark.parametrize(("count", "size"), [(FULL_OBJECTS, 1), (2, FULL_BYTES // 2)])
def test_a_batch_is_full_at_so_many_objects_or_bytes(objects: LocalObjects, count: int, size: int) -> None:
    with objects.batch() as batch:
        write(batch, *(f"a/{number}" for number in range(count - 1)), body=b"." * size)
        assert not batch.is_full
        write(batch, "b/last", body=b"." * size)
        assert batch.is_full
        batch.settle()
        assert not batch.is_full


def test_no_object_appears_where_the_disk_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(handle: int) -> int:
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr(storage_batch, "_syncfs", refuse)
    objects = LocalObjects(tmp_path / "objects")
    with pytest.raises(OSError, match="No space") as raised, objects.batch() as batch:
        write(batch, "a/1", "a/2")
    assert raised.value.errno == errno.ENOSPC
    assert every_file(objects) == []
