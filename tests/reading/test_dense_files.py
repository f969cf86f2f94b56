"""A file packed far beyond the usual ratio is judged by itself, and read unless it is an attack."""

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from app.reading.entries import open_export, private_scratch
from app.reading.file_watch import FileWatch
from app.reading.limits import GIB, KIB, MIB, Limits
from tests.reading.story import HEADER, SOURCE, Desk, ReadResult, given, patients, zipped
from tests.reading.zips import DEFLATE, STORED, Item, build

FOLDER = b"Patient files/1 - Lee, Ann/"
PACKED = 20 * KIB  # beyond this size the small desk looks at the ratio
SMALL = {"ratio_after": PACKED, "dense_bytes": 64 * KIB, "dense_total_bytes": 160 * KIB, "entry_bytes": MIB}
GOOD = Item(b"patients.csv", patients(3).encode())


def blank_rows(size: int) -> bytes:
    """Returns a table with the blank rows that a spreadsheet leaves below it."""
    table = patients(2, first=50)
    return (table + ",,,\r\n" * ((size - len(table)) // 5)).encode()


def bitmap(size: int) -> bytes:
    """Returns a white picture, as a scanner stores it without compression."""
    return (
        b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", size, 0, 0, 54, 40, 64, 64, 1, 24, 0, 0, 0, 0, 0, 0).ljust(52, b"\0")[:52]
        + b"\xff" * (size - 54)
    )


def inner(content: bytes, method: int = DEFLATE) -> bytes:
    return build([Item(b"old.csv", content, method)])


def damaged(data: bytes) -> bytes:
    return data[: len(data) // 2]


BAD: Mapping[str, tuple[Item, str]] = {
    "zeros": (Item(b"zeros.csv", bytes(40 * KIB)), "zip_bomb_suspected"),
    "zeros among clients' files": (Item(FOLDER + b"zeros.bin", bytes(40 * KIB)), "zip_bomb_suspected"),
    "blank rows beyond every limit": (Item(b"rows.csv", blank_rows(65 * KIB)), "zip_bomb_suspected"),
    "a picture beyond every limit": (Item(FOLDER + b"scan.bmp", bitmap(65 * KIB)), "zip_bomb_suspected"),
    "a file over the limit of a file": (Item(b"large.csv", bytes(range(256)) * 4097, STORED), "zip_bomb_suspected"),
    "a file that says it is small": (Item(b"lies.csv", bytes(MIB), size=10), "zip_bomb_suspected"),
    "a zip that packs itself": (Item(b"self.zip", inner(bytes(30 * KIB), STORED)), "zip_bomb_suspected"),
    "a stored zip of zeros": (Item(b"old.zip", inner(bytes(40 * KIB)), STORED), "zip_bomb_suspected"),
    "a packed zip of zeros": (Item(b"old.zip", inner(bytes(40 * KIB))), "zip_bomb_suspected"),
    "a stored zip that is damaged": (Item(b"old.zip", damaged(inner(patients(9).encode())), STORED), "zip_damaged"),
    "a packed zip with a wrong sum": (Item(b"old.zip", inner(patients(9).encode()), crc=1), "zip_damaged"),
}
"""One file of an export that is read to no end, and what it is told as."""


def refusals(result: ReadResult) -> dict[str, str]:
    """Returns the refused files and patients' files with their codes."""
    found = {file.path: file.refused for file in result.files if file.refused}
    asked = "SELECT path, code FROM attachments WHERE code IS NOT NULL"
    return found | dict(result.index.connection.execute(asked))


@pytest.mark.parametrize("place", ["first", "last"])
@pytest.mark.parametrize("what", BAD)
def test_a_file_that_unpacks_to_too_much_is_left_out_alone(desk: Desk, what: str, place: str) -> None:
    bad, code = BAD[what]
    items = [bad, GOOD] if place == "first" else [GOOD, bad]
    result = desk.with_limits(**SMALL).read({"export.zip": build(items)})
    assert result.by_path["patients.csv"].rows == 3
    assert list(refusals(result).values()) == [code]


@pytest.mark.parametrize("method", [STORED, DEFLATE])
def test_an_inner_zip_with_an_oversized_file_keeps_its_other_files(desk: Desk, method: int) -> None:
    packed = build([Item(b"zeros.csv", bytes(40 * KIB)), Item(b"more.csv", patients(2, first=9).encode())])
    result = desk.with_limits(**SMALL).read({"export.zip": build([Item(b"old.zip", packed, method), GOOD])})
    assert {f.path: (f.rows, f.refused) for f in result.files} == {
        "zeros.csv": (0, "zip_bomb_suspected"),
        "more.csv": (2, None),
        "patients.csv": (3, None),
    }


@pytest.mark.parametrize("limits", [{"total_bytes": 200 * KIB}, {"entries": 9}, {"directory_bytes": 400}])
def test_an_inner_zip_over_a_limit_of_all_is_refused_alone(desk: Desk, limits: dict[str, int]) -> None:
    many = zipped({f"{n}.csv": bytes(range(256)) * 60 for n in range(9)}, STORED)
    items = [Item(b"old.zip", many, STORED), GOOD, Item(b"new.zip", inner(patients(4, first=9).encode()), STORED)]
    result = desk.with_limits(**({"total_bytes": GIB} | limits)).read({"export.zip": build(items)})
    assert {f.path: (f.rows, f.refused) for f in result.files} == {
        "old.zip": (0, "zip_bomb_suspected"),
        "patients.csv": (3, None),
        "old.csv": (4, None),
    }


def test_a_problem_names_the_file_and_says_that_it_unpacks_to_far_more_than_its_size(desk: Desk) -> None:
    result = desk.with_limits(**SMALL).read({"export.zip": build([BAD["zeros"][0], GOOD])})
    problem = result.problem("zip_bomb_suspected")
    assert (problem.file, "far more than its size: " in problem.title) == ("zeros.csv", True)
    assert problem.todo.startswith("We did not open zeros.csv, and read everything else.")


REAL: Mapping[str, Callable[[int], Item]] = {
    "empty rows": lambda size: Item(b"more.csv", blank_rows(size)),
    "a white picture": lambda size: Item(FOLDER + b"scan.bmp", bitmap(size)),
    "empty rows in an inner zip": lambda size: Item(b"old.zip", build([Item(b"more.csv", blank_rows(size))]), STORED),
}


@pytest.mark.parametrize("what", REAL)
def test_files_of_real_programs_are_read_at_any_ratio(desk: Desk, what: str) -> None:
    result = desk.with_limits(**SMALL).read({"export.zip": build([REAL[what](60 * KIB), GOOD])})
    assert refusals(result) == {}
    assert sum(file.rows for file in result.files if file.kind == "patients") == (3 if "picture" in what else 5)
    kept = result.index.connection.execute("SELECT size FROM attachments").fetchall()
    assert kept == ([(60 * KIB,)] if "picture" in what else [])


def test_dense_files_share_a_limit(desk: Desk) -> None:
    items = [Item(b"%d.csv" % n, f"{HEADER}\n{n},Ann,Lee,\n".encode() + b",,,\n" * 15_000) for n in range(5)]
    result = desk.with_limits(**SMALL).read({"export.zip": build([*items, GOOD])})
    assert list(refusals(result).values()) == ["zip_bomb_suspected"] * 3
    assert result.by_path["patients.csv"].rows == 3


def test_a_spreadsheets_empty_rows_are_read_with_the_limits_of_every_export(desk: Desk) -> None:
    content = patients(4).encode() + (b"," * 64 + b"\n") * 170_000
    packed = zipped({"patients.csv": content})
    assert len(content) > Limits().ratio_after
    assert len(content) > Limits().ratio * len(packed)
    result = desk.read({"export.zip": packed})
    assert (result.only_file.rows, result.only_file.refused) == (4, None)


@pytest.mark.parametrize("method", [STORED, DEFLATE])
def test_a_long_read_sends_heartbeats(tmp_path: Path, method: int) -> None:
    came: list[int] = []
    watch = FileWatch(advancing=lambda: came.append(1))
    archive = build([Item(b"more.csv", blank_rows(3 * MIB), method)])
    with open_export(given({"export.zip": archive}), SOURCE, Limits(), private_scratch(tmp_path), watch=watch) as found:
        entry = found.entries.at("more.csv")
        assert entry is not None
        with entry.open() as stream:
            for _ in range(4):
                before = len(came)
                assert len(stream.read(512 * KIB)) == 512 * KIB
                assert len(came) > before
