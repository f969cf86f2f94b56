"""Objects in a local folder: encrypted, complete or absent, with random access, resumable after a crash."""

import io
import os
import random
import signal
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.storage import CannotOpen, LocalObjects, new_key
from app.storage.sealed_frames import FRAME, HEADER, SEALED_FRAME

KEY = "m/mig_1/export/0001"
SIZES = [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 16 * FRAME, 20 * FRAME + 17]


@pytest.fixture
def objects(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path / "objects")


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def stored(objects: LocalObjects, data: bytes, data_key: bytes, key: str = KEY) -> None:
    with objects.writer(key, data_key) as f:
        for at in range(0, len(data), 100_000):
            f.write(data[at : at + 100_000])


def files(objects: LocalObjects) -> list[Path]:
    return [p for p in objects.root.rglob("*") if p.is_file()]


@pytest.mark.parametrize("size", SIZES)
def test_the_read_bytes_equal_the_written_bytes(objects: LocalObjects, size: int) -> None:
    data_key, data = new_key(), content(size)
    stored(objects, data, data_key)
    assert objects.size(KEY) == size
    with objects.reader(KEY, data_key) as f:
        assert f.read() == data


def test_large_reads_of_whole_frames_are_checked_like_small_ones(objects: LocalObjects) -> None:
    data_key, data = new_key(), content(40 * FRAME + 99)
    stored(objects, data, data_key)
    with objects.reader(KEY, data_key) as f:
        f.seek(FRAME // 2)
        assert b"".join(iter(lambda: f.read(16 * FRAME), b"")) == data[FRAME // 2 :]
    (path,) = files(objects)
    whole = path.read_bytes()
    third, fourth = (whole[HEADER + n * SEALED_FRAME : HEADER + (n + 1) * SEALED_FRAME] for n in (3, 4))
    flipped = bytearray(whole)
    flipped[HEADER + 3 * SEALED_FRAME + 500] ^= 1
    before, after = whole[: HEADER + 3 * SEALED_FRAME], whole[HEADER + 5 * SEALED_FRAME :]
    for changed in (bytes(flipped), before + fourth + third + after):
        path.write_bytes(changed)
        with objects.reader(KEY, data_key) as f, pytest.raises(CannotOpen):
            f.read(16 * FRAME)


def test_any_part_reads_alone(objects: LocalObjects) -> None:
    data_key, data = new_key(), content(5 * FRAME + 99)
    stored(objects, data, data_key)
    chance = random.Random(4)
    with objects.reader(KEY, data_key) as f:
        for _ in range(300):
            at, length = chance.randrange(len(data) + 10), chance.randrange(2 * FRAME)
            f.seek(at)
            assert f.read(length) == data[at : at + length]
        assert f.seek(-9, io.SEEK_END) == len(data) - 9
        assert f.read() == data[-9:]


def test_a_zip_can_be_read_in_place(objects: LocalObjects) -> None:
    data_key, made = new_key(), io.BytesIO()
    with zipfile.ZipFile(made, "w") as z:
        z.writestr("patients.csv", "id\n1\n")
        z.writestr("big.bin", content(3 * FRAME))
    stored(objects, made.getvalue(), data_key)
    with objects.reader(KEY, data_key) as f, zipfile.ZipFile(f) as z:
        assert z.read("patients.csv") == b"id\n1\n"
        assert z.read("big.bin") == content(3 * FRAME)


def test_the_disk_shows_nothing_of_the_content(objects: LocalObjects) -> None:
    stored(objects, b"CANARY Jane Citizen " * 10_000, new_key())
    assert b"CANARY" not in files(objects)[0].read_bytes()


def test_equal_content_is_encrypted_differently_each_time(objects: LocalObjects) -> None:
    data_key = new_key()
    stored(objects, content(1000), data_key, "a/1")
    stored(objects, content(1000), data_key, "a/2")
    first, second = (p.read_bytes() for p in files(objects))
    assert first[HEADER:] != second[HEADER:]


def test_a_wrong_key_opens_nothing(objects: LocalObjects) -> None:
    stored(objects, content(100), new_key())
    with pytest.raises(CannotOpen):
        objects.reader(KEY, new_key())


def test_an_object_put_in_the_place_of_another_does_not_open(objects: LocalObjects) -> None:
    data_key = new_key()
    stored(objects, content(100), data_key, "a/1")
    stored(objects, content(100), data_key, "a/2")
    (objects.root / "a/1").replace(objects.root / "a/2")
    with pytest.raises(CannotOpen):
        objects.reader("a/2", data_key)


@pytest.mark.parametrize("cut", [1, SEALED_FRAME, 2 * SEALED_FRAME, HEADER])
def test_an_object_that_lost_its_end_does_not_open(objects: LocalObjects, cut: int) -> None:
    data_key = new_key()
    stored(objects, content(3 * FRAME), data_key)
    path = files(objects)[0]
    os.truncate(path, path.stat().st_size - cut)
    with pytest.raises(CannotOpen):
        objects.reader(KEY, data_key)


def test_one_changed_bit_and_two_swapped_frames_are_noticed(objects: LocalObjects) -> None:
    data_key = new_key()
    stored(objects, content(3 * FRAME), data_key)
    path = files(objects)[0]
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[HEADER + 100] ^= 1
    first, second = whole[HEADER : HEADER + SEALED_FRAME], whole[HEADER + SEALED_FRAME : HEADER + 2 * SEALED_FRAME]
    for changed in (bytes(flipped), whole[:HEADER] + second + first + whole[HEADER + 2 * SEALED_FRAME :]):
        path.write_bytes(changed)
        with objects.reader(KEY, data_key) as f, pytest.raises(CannotOpen):
            f.read()


def test_only_this_user_can_read_the_files(objects: LocalObjects) -> None:
    stored(objects, content(10), new_key())
    with objects.appender("m/mig_1/export/0002", new_key()) as f:
        f.write(b"x")
    for path in objects.root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    assert stat.S_IMODE(objects.root.stat().st_mode) == 0o700


def test_an_aborted_writer_leaves_nothing_and_keeps_the_old_object(objects: LocalObjects) -> None:
    data_key = new_key()
    stored(objects, b"old", data_key)

    def failing() -> None:
        with objects.writer(KEY, data_key) as f:
            f.write(content(2_000_000))
            raise EOFError

    with pytest.raises(EOFError):
        failing()
    assert len(files(objects)) == 1
    with objects.reader(KEY, data_key) as g:
        assert g.read() == b"old"


def test_a_partly_written_object_does_not_exist(objects: LocalObjects) -> None:
    with objects.appender(KEY, new_key()) as f:
        f.write(content(2_000_000))
        f.checkpoint()
    assert not objects.exists(KEY)
    assert list(objects.list("m")) == []


def test_an_object_grows_over_several_runs(objects: LocalObjects) -> None:
    data_key, data = new_key(), content(9 * FRAME + 5)
    durable = 0
    for stop_at in (FRAME + 3, 4 * FRAME, 7 * FRAME + 1):
        with objects.appender(KEY, data_key) as f:
            assert f.position >= durable
            f.truncate(durable)
            f.write(data[durable:stop_at])
            assert f.position == stop_at
            durable = f.checkpoint()
            assert durable == stop_at // FRAME * FRAME
    with objects.appender(KEY, data_key) as f:
        f.truncate(durable)
        f.write(data[durable:])
        assert f.finish() == len(data)
    with objects.reader(KEY, data_key) as g:
        assert g.read() == data


def test_writing_after_a_truncation_replaces_the_rest(objects: LocalObjects) -> None:
    data_key = new_key()
    with objects.appender(KEY, data_key) as f:
        f.write(content(4 * FRAME))
        f.checkpoint()
        f.truncate(FRAME)
        f.write(b"new")
        f.finish()
    with objects.reader(KEY, data_key) as g:
        assert g.read() == content(4 * FRAME)[:FRAME] + b"new"


@pytest.mark.parametrize("to", [1, FRAME + 1, 9 * FRAME, -FRAME])
def test_only_an_earlier_checkpoint_can_be_truncated_to(objects: LocalObjects, to: int) -> None:
    with objects.appender(KEY, new_key()) as f:
        f.write(content(2 * FRAME))
        f.checkpoint()
        with pytest.raises(ValueError, match="checkpoint"):
            f.truncate(to)


def test_an_unfinished_object_does_not_go_on_with_another_key(objects: LocalObjects) -> None:
    with objects.appender(KEY, new_key()) as f:
        f.write(content(2 * FRAME))
        f.checkpoint()
    with pytest.raises(CannotOpen):
        objects.appender(KEY, new_key())


def test_after_a_kill_the_last_checkpoint_is_there(objects: LocalObjects) -> None:
    data_key = new_key()
    script = f"""
import os, random, signal
from pathlib import Path
from app.storage import LocalObjects
f = LocalObjects(Path({str(objects.root)!r})).appender({KEY!r}, {data_key!r})
f.write(random.Random(700000).randbytes(700000))
print(f.checkpoint(), flush=True)
f.write(b'never durable' * 200000)
f._file.flush()
os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.returncode == -signal.SIGKILL
    durable = int(run.stdout)
    assert durable == 700_000 // FRAME * FRAME
    with objects.appender(KEY, data_key) as f:
        assert f.position > durable
        f.truncate(durable)
        f.finish()
    with objects.reader(KEY, data_key) as g:
        assert g.read() == content(700_000)[:durable]


def test_deleting_a_migration_leaves_its_neighbour(objects: LocalObjects) -> None:
    for key in ("m/1/export/a", "m/1/parts/b", "m/10/export/a"):
        stored(objects, b"x", new_key(), key)
    with objects.appender("m/1/export/c", new_key()) as f:
        f.write(b"unfinished")
    assert list(objects.list("m/1")) == ["m/1/export/a", "m/1/parts/b"]
    objects.delete_prefix("m/1")
    assert list(objects.list("m")) == ["m/10/export/a"]
    assert len(files(objects)) == 1
    objects.delete("m/10/export/a")
    objects.delete("m/10/export/a")
    assert files(objects) == []


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", ".hidden", "a~part", "a b", "a\\b", "a\n"])
def test_a_name_cannot_lead_out_of_the_folder(objects: LocalObjects, key: str) -> None:
    with pytest.raises(ValueError, match="name"):
        objects.writer(key, new_key())
    assert files(objects) == []
