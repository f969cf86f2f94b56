"""Archives: sound archives are read with any packing; contradictory archives are refused before they cost anything."""

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.reading.given_files import GivenFile
from tests.reading.story import Desk, given, native, patients, zipped
from tests.reading.zips import BZIP2, DEFLATE, DEFLATE64, LZMA, STORED, Item, build, overlapping

FILE = patients(2).encode()
KIB, MIB = 1 << 10, 1 << 20
SYMLINK, DEVICE = 0o120777 << 16, 0o020666 << 16


def cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


HONEST = {
    "stored": build([Item(method=STORED)]),
    "deflate": build([Item(method=DEFLATE)]),
    "deflate64": build([Item(method=DEFLATE64)]),
    "bzip2": build([Item(method=BZIP2)]),
    "lzma": build([Item(method=LZMA)]),
    "data descriptor": build([Item(descriptor=True)]),
    "zip64 end record": build([Item()], zip64=True),
    "zip64 sizes": build([Item(wide=True)], zip64=True),
    "a comment": build([Item()], comment=b"made by hand"),
    "64 KiB before": build([Item()], before=bytes(64 * KIB)),
    "before, offsets not moved": build([Item()], before=b"#!/bin/sh\n", moved=False),
    "before, zip64, offsets not moved": build([Item()], before=b"#!/bin/sh\n", moved=False, zip64=True),
    "64 KiB after": build([Item()], after=bytes(64 * KIB)),
    "a folder of its own": build([Item(b"a/", b"", STORED), Item(b"a/patients.csv")]),
    "backslashes": build([Item(b"a\\patients.csv")]),
    "noise": build([Item(), Item(b"__MACOSX/._patients.csv", b"x"), Item(b".DS_Store", b"x"), Item(b"~$p.csv", b"x")]),
    "a colon and a dash": build([Item(b"-rf patients: all.csv")]),
    "a device's name": build([Item(b"CON.csv")]),
}

REFUSED = {
    "equal names": (build([Item(), Item()]), "archive_unsafe"),
    "an overlap bomb": (overlapping(200), "archive_unsafe"),
    "an entry that runs into the next": (build([Item(claimed=200), Item(b"b.csv")]), "archive_unsafe"),
    "an entry that runs into the directory": (build([Item(claimed=99)]), "archive_unsafe"),
    "another local name": (build([Item(local_name=b"patient!.csv")]), "archive_unsafe"),
    "another local method": (build([Item(local_method=STORED)]), "archive_unsafe"),
    "another local size": (build([Item(local_size=7)]), "archive_unsafe"),
    "two end records": (build([Item()], comment=build([])), "archive_unsafe"),
    "65 KiB before": (build([Item()], before=bytes(65 * KIB)), "archive_unsafe"),
    "65 KiB after": (build([Item()], after=bytes(65 * KIB)), "archive_unsafe"),
    "a directory that counts wrong": (build([Item(), Item(b"b.csv")], count=1), "archive_unsafe"),
    "a zip64 record that lies": (
        build([Item()], zip64=True).replace(b"PK\x06\x06\x2c", b"PK\x06\x06\x2d"),
        "archive_unsafe",
    ),
    "a zip64 locator to nowhere": (build([Item()], zip64=True).replace(b"PK\x06\x06", b"PK\x06\x05"), "archive_unsafe"),
    "several disks": (build([Item()], disk=1), "zip_split_unsupported"),
    "a first piece": (b"PK\x07\x08" + build([Item()]), "zip_split_unsupported"),
    "no directory": (build([Item()])[:60], "zip_damaged"),
    "a local header cut away": (build([Item(at=100_000)]), "zip_damaged"),
}

UNSAFE = {
    "parent": b"../../evil.csv",
    "absolute": b"/etc/evil.csv",
    "drive": b"C:\\evil.csv",
    "unc": b"\\\\host\\evil.csv",
    "backslash parent": b"a\\..\\..\\evil.csv",
    "newline": b".\nevil.csv",
    "nul": b"evil.csv\0.txt",
    "300 letters": b"e" * 300 + b".csv",
    "a path of 2,000": b"/".join([b"abcdefghi"] * 200),
    "escape": b"\x1b[2J.csv",
}


@pytest.mark.parametrize("name", HONEST)
def test_a_sound_zip_is_read(desk: Desk, name: str) -> None:
    result = desk.read({"export.zip": HONEST[name]})
    assert [(f.kind, f.rows, f.refused) for f in result.files] == [("patients", 2, None)]


@pytest.mark.parametrize("name", REFUSED)
def test_a_contradictory_zip_is_refused_as_a_whole(desk: Desk, name: str) -> None:
    data, code = REFUSED[name]
    result = desk.read({"export.zip": data, "patients.csv": patients(3)})
    assert {f.path: (f.refused, f.rows) for f in result.files} == {"export.zip": (code, 0), "patients.csv": (None, 3)}


@pytest.mark.parametrize("name", UNSAFE)
def test_a_path_outside_the_archive_is_skipped_and_the_rest_read(desk: Desk, name: str, tmp_path: Path) -> None:
    before = set(tmp_path.parent.iterdir())
    result = desk.read({"export.zip": build([Item(UNSAFE[name], b"x"), Item()])})
    assert (result.only_file.rows, result.problem("unsafe_path").count) == (2, 1)
    assert "/" not in (result.problem("unsafe_path").file or "")[:1]
    assert set(tmp_path.parent.iterdir()) == before


@pytest.mark.parametrize("attributes", [SYMLINK, DEVICE])
def test_a_link_or_device_is_skipped(desk: Desk, attributes: int) -> None:
    result = desk.read({"export.zip": build([Item(b"link.csv", b"/etc/passwd", attributes=attributes), Item()])})
    assert (result.only_file.rows, result.problem("unsafe_path").file) == (2, "link.csv")


def test_names_that_differ_by_case_or_unicode_form_are_both_read(desk: Desk) -> None:
    names = ["Zoë patients.csv", "Zoe\u0308 patients.csv", "ZOË PATIENTS.csv"]
    result = desk.zip({name: patients(2, first=10 * n) for n, name in enumerate(names, start=1)})
    assert [f.rows for f in result.files] == [2, 2, 2]


def test_a_name_without_the_utf8_flag_is_guessed_and_reported(desk: Desk) -> None:
    result = desk.read({"export.zip": build([Item("Zoë.csv".encode("cp437"))])})
    assert (result.only_file.path, result.problem("filename_encoding_guessed").file) == ("Zoë.csv", "Zoë.csv")


@pytest.mark.parametrize("share", [n / 20 for n in range(1, 20)])
def test_a_zip_cut_short_is_damaged(desk: Desk, share: float) -> None:
    whole = zipped({"patients.csv": patients(300), "b.csv": patients(300)})
    assert desk.read({"export.zip": cut(whole, share)}).only_file.refused == "zip_damaged"


def test_a_truncated_download_is_reported(desk: Desk) -> None:
    whole = zipped({"patients.csv": patients(300)})
    result = desk.read(given({"export.zip": cut(whole, 0.7)}, announced=len(whole)))
    assert result.only_file.refused == "download_incomplete"


def test_damage_in_a_file_leaves_the_others(desk: Desk) -> None:
    result = desk.read({"export.zip": build([Item(b"bad.csv", patients(9).encode(), crc=1), Item()])})
    assert {f.path: f.refused for f in result.files} == {"bad.csv": "zip_damaged", "patients.csv": None}


@pytest.mark.parametrize("method", [DEFLATE, DEFLATE64, BZIP2, LZMA])
def test_garbage_in_a_file_is_damage(desk: Desk, method: int) -> None:
    result = desk.read({"export.zip": build([Item(b"bad.csv", packed=b"\xff" * 50, method=method), Item()])})
    assert {f.path: f.refused for f in result.files} == {"bad.csv": "zip_damaged", "patients.csv": None}


def test_a_file_larger_than_announced_is_damaged(desk: Desk) -> None:
    result = desk.read({"export.zip": build([Item(b"bad.csv", FILE * 3, size=10), Item()])})
    assert result.by_path["bad.csv"].refused == "zip_damaged"


def test_a_bomb_with_a_small_announced_size_is_stopped_at_once(desk: Desk) -> None:
    bomb = build([Item(b"bad.csv", bytes(64 * MIB), size=10), Item()])
    started = time.process_time()
    result = desk.with_limits(ratio_after=MIB).read({"export.zip": bomb})
    assert {f.path: f.refused for f in result.files} == {"bad.csv": "zip_bomb_suspected", "patients.csv": None}
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("limits", "files"),
    [
        ({"entries": 3}, {f"{n}.csv": "x" for n in range(4)}),
        ({"total_bytes": 100}, {"a.csv": "x" * 60, "b.csv": "x" * 60}),
        ({"entry_bytes": 100}, {"a.csv": "x" * 101}),
        ({"directory_bytes": 100}, {"a" * 60 + ".csv": "x"}),
    ],
)
def test_an_archive_over_a_limit_is_refused(desk: Desk, limits: dict[str, int], files: dict[str, str | bytes]) -> None:
    assert desk.with_limits(**limits).zip(files).only_file.refused == "zip_bomb_suspected"


def test_inner_archives_count_towards_the_same_limits(desk: Desk) -> None:
    inner = zipped({f"{n}.csv": "x" for n in range(3)}, STORED)
    result = desk.with_limits(entries=5).zip({"a.zip": inner, "b.zip": inner + b"\0"})
    refused = {f.path: f.refused for f in result.files if f.path.endswith(".zip")}
    assert (refused, len(result.files)) == ({"b.zip": "zip_bomb_suspected"}, 4)


def test_nesting_stops_after_one_level(desk: Desk) -> None:
    deep = patients(2).encode()
    for level in range(6):
        deep = zipped({"patients.csv" if level == 0 else "inner.zip": deep})
    result = desk.read({"export.zip": zipped({"inner.zip": deep, "patients.csv": patients(1)})})
    assert (result.only_file.rows, result.problem("nested_zip_ignored").count) == (1, 1)


def test_a_zip_is_recognised_by_its_bytes(desk: Desk) -> None:
    assert desk.read({"patients.csv": zipped({"patients.csv": patients(2)})}).only_file.rows == 2
    assert desk.read({"outer.zip": zipped({"inner.csv": zipped({"patients.csv": patients(2)})})}).only_file.rows == 2


def test_a_table_named_zip_is_a_table(desk: Desk) -> None:
    assert desk.csv(patients(2), "patients.zip").only_file.rows == 2


def test_a_locked_file_is_refused_and_the_rest_read(desk: Desk) -> None:
    result = desk.read({"export.zip": build([Item(b"locked.csv", flags=1), Item()])})
    assert {f.path: f.refused for f in result.files} == {"locked.csv": "zip_encrypted", "patients.csv": None}


def test_a_missing_zip_of_two_is_reported(desk: Desk) -> None:
    result = desk.read({"Export-20261120T010203Z-002.zip": zipped({"patients.csv": patients(2)})})
    assert result.problem("zip_part_missing").file == "Export-20261120T010203Z-001.zip"


def test_several_zips_are_merged_by_inner_path(desk: Desk) -> None:
    result = desk.read(
        {"E-001.zip": zipped({"x/patients.csv": patients(2)}), "E-002.zip": zipped({"x/more.csv": patients(2, 9)})}
    )
    assert [f.path for f in result.files] == ["x/more.csv", "x/patients.csv"]
    assert "zip_part_missing" not in result.codes


def test_equal_paths_in_two_zips_are_both_read(desk: Desk) -> None:
    result = desk.read(
        {"E-001.zip": zipped({"patients.csv": patients(2)}), "E-002.zip": zipped({"patients.csv": patients(2, 9)})}
    )
    assert [f.path for f in result.files] == ["patients.csv", "E-002.zip/patients.csv"]


def test_a_piece_of_a_split_zip_is_refused(desk: Desk) -> None:
    assert desk.read({"export.z01": b"PK\x07\x08" + bytes(90)}).only_file.refused == "zip_split_unsupported"


def test_slices_are_read_in_the_order_of_their_dates(desk: Desk) -> None:
    late, early = native(rest="-From20260101-To20261120"), native(rest="-From20200101-To20251231")
    result = desk.zip({late: patients(1), early: patients(1, first=5)})
    assert [f.path for f in result.files] == [early, late]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zips_by_python_are_read_to_the_byte(desk: Desk, compression: int) -> None:
    result = desk.read({"export.zip": zipped({"patients.csv": patients(5000)}, compression)})
    assert result.only_file.rows == 5000


def test_no_temporary_file_is_left_behind(desk: Desk, tmp_path: Path) -> None:
    desk.read({"e.zip": zipped({"inner.zip": zipped({"patients.csv": patients(2)})})})
    assert {p.name for p in tmp_path.iterdir()} == {"objects", "index.sqlite", "index.sqlite-journal"}


@pytest.mark.parametrize("method", [STORED, DEFLATE])
@pytest.mark.parametrize("before", [b"#!/bin/sh\n", b"PK\0\0", bytes(64 * KIB)])
@pytest.mark.parametrize("is_moved", [True, False])
def test_a_zip_inside_a_zip_may_have_bytes_before_it(desk: Desk, method: int, before: bytes, is_moved: bool) -> None:
    inner = build([Item()], before=before, moved=is_moved)
    result = desk.read(
        {"export.zip": build([Item(b"old.zip", inner, method), Item(b"more.csv", patients(1, 9).encode())])}
    )
    assert {f.path: (f.rows, f.refused) for f in result.files} == {"patients.csv": (2, None), "more.csv": (1, None)}


def test_a_zip_is_never_read_whole(desk: Desk) -> None:
    """An encrypted export is decrypted frame by frame. A large file is read twice: for its checksum and for its
    copy."""
    scan = bytes(range(256)) * 40_000
    data = zipped({"Patient files/1 - Lee, Ann/scan.bin": scan, "patients.csv": patients(2)}, STORED)
    asked: list[int] = []

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            asked.append(len(found))
            return found

    opener: Callable[[], io.BytesIO] = lambda: Counting(data)  # noqa: E731 - it stands for an object's reader
    result = desk.read([GivenFile("export.zip", len(data), opener)])
    assert result.by_path["patients.csv"].rows == 2
    assert max(asked) <= MIB
    assert 2 * len(scan) < sum(asked) < 2 * len(scan) + 2 * MIB


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file_empty"), (b"<html><p>Sign in</p></html>", "file_is_document")]
)
def test_a_false_zip_inside_a_zip_gets_the_code_of_its_content(desk: Desk, content: bytes, code: str) -> None:
    result = desk.zip({"more.zip": content, "patients.csv": patients()})
    assert {f.path: f.refused for f in result.files} == {"more.zip": code, "patients.csv": None}
