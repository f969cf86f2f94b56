"""Zips of real programs are read, however odd; gaps between their parts are found at every depth."""

import io
import struct
import zlib
from collections.abc import Sequence

import pytest

from app.reading.given_files import GivenFile
from tests.reading.story import Desk, given, native, patients, zipped
from tests.reading.zips import STORED, Item, build

COUNT_AT, TURN = -22 + 8, 1 << 32


def recounted(data: bytes, count: int) -> bytes:
    """Returns the zip with another entry count in its end record."""
    out = bytearray(data)
    struct.pack_into("<2H", out, len(out) + COUNT_AT, count, count)
    return bytes(out)


def tiny(count: int) -> list[Item]:
    return [Item(), *(Item(b"__MACOSX/%d" % n, b"", STORED) for n in range(count - 1))]


@pytest.mark.parametrize("count", [65_535, 65_536, 65_537, 70_000])
def test_a_count_modulo_65536_is_accepted(desk: Desk, count: int) -> None:
    result = desk.read({"export.zip": recounted(build(tiny(count), count=0), count % 65_536)})
    assert result.only_file.rows == 2


@pytest.mark.parametrize("count", [1, 2, 4, 65_535])
def test_a_wrong_count_is_refused(desk: Desk, count: int) -> None:
    result = desk.read({"export.zip": recounted(build(tiny(3)), count)})
    assert result.only_file.refused in ("archive_unsafe", "zip_damaged", "zip_split_unsupported")


class Sparse(io.RawIOBase):
    """A file of gigabytes with few stretches other than zeros."""

    def __init__(self, stretches: Sequence[tuple[int, bytes]], size: int) -> None:
        self._stretches, self._size, self._at = stretches, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # narrower than Buffer
        length = max(0, min(len(buffer), self._size - self._at))
        data = bytearray(length)
        for start, stretch in self._stretches:
            first, last = max(start, self._at), min(start + len(stretch), self._at + length)
            if first < last:
                data[first - self._at : last - self._at] = stretch[first - start : last - start]
        buffer[:length] = data
        self._at += length
        return length


def beyond_4_gib(turns_told: bool) -> tuple[Sparse, int]:
    """Two large entries, then a table beyond 4 GiB; the directory's offsets are cut to 32 bits."""
    large = 3 << 30
    table = patients(2).encode()
    stretches: list[tuple[int, bytes]] = []
    directory = b""
    at = 0
    for name, size, crc in (
        (b"Patient files/1 - A/a.bin", large, 0),
        (b"Patient files/1 - A/b.bin", large, 0),
        (b"patients.csv", len(table), zlib.crc32(table)),
    ):
        local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 33, crc, size, size, len(name), 0) + name
        body = table if name == b"patients.csv" else b""
        stretches.append((at, local + body))
        place = at if turns_told else at % TURN
        directory += (
            struct.pack(
                "<4s6H3L5H2L",
                b"PK\1\2",
                0x314,
                20,
                0,
                0,
                0,
                33,
                crc,
                size,
                size,
                len(name),
                0,
                0,
                0,
                0,
                0,
                place % TURN,
            )
            + name
        )
        at += len(local) + size
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 3, 3, len(directory), at % TURN, 0)
    stretches.append((at, directory + end))
    return Sparse(stretches, at + len(directory) + len(end)), at + len(directory) + len(end)


def test_offsets_modulo_4_gib_are_accepted(desk: Desk) -> None:
    _, size = beyond_4_gib(turns_told=False)
    export = GivenFile("export.zip", size, lambda: io.BufferedReader(beyond_4_gib(turns_told=False)[0]))
    result = desk.with_limits(file_bytes=1).read([export])
    assert result.by_path["patients.csv"].rows == 2
    assert result.by_path["Patient files/"].rows == 2


@pytest.mark.parametrize("root", [b"/", b"./", b"\\"])
def test_an_entry_for_the_root_folder_is_not_a_file(desk: Desk, root: bytes) -> None:
    result = desk.read({"export.zip": build([Item(root, b"", STORED), Item()])})
    assert (result.only_file.rows, "unsafe_path" in result.codes) == (2, False)


def test_a_mac_icon_is_not_a_file(desk: Desk) -> None:
    result = desk.read({"export.zip": build([Item(b"Icon\r", b"", STORED), Item()])})
    assert (result.only_file.rows, "unsafe_path" in result.codes) == (2, False)


def with_unicode_path(name: bytes, real: str, crc: int | None = None) -> bytes:
    field = b"\1" + struct.pack("<L", zlib.crc32(name) if crc is None else crc) + real.encode()
    return build([Item(name, extra=struct.pack("<2H", 0x7075, len(field)) + field)])


def test_a_unicode_path_field_gives_the_name(desk: Desk) -> None:
    result = desk.read({"export.zip": with_unicode_path(b"Pati?nten.csv", "Zoë/Patients.csv")})
    assert result.only_file.path == "Zoë/Patients.csv"
    assert "filename_encoding_guessed" not in result.codes


def test_a_unicode_path_field_of_another_name_is_ignored(desk: Desk) -> None:
    result = desk.read({"export.zip": with_unicode_path(b"patients.csv", "other.csv", crc=7)})
    assert result.only_file.path == "patients.csv"


def test_a_unicode_path_field_cannot_lead_outside(desk: Desk) -> None:
    result = desk.read({"export.zip": with_unicode_path(b"patients.csv", "../../etc/patients.csv")})
    assert "unsafe_path" in result.codes


@pytest.mark.parametrize("method", [1, 6, 10, 93, 95, 96, 97, 98, 77])
def test_an_unknown_compression_method_is_reported_and_the_rest_read(desk: Desk, method: int) -> None:
    result = desk.read({"export.zip": build([Item(b"contacts.csv", packed=b"\xff" * 50, method=method), Item()])})
    assert {file.path: file.refused for file in result.files} == {
        "contacts.csv": "zip_method_unsupported",
        "patients.csv": None,
    }


PART = {1: zipped({native(): patients(2)}), 2: zipped({"a.csv": "x"}), 3: zipped({"Patient files/1 - A/a.txt": "x"})}
NAMES = (
    "Export-{:03}.zip",
    "Export-20261120T010203Z-{:03}.zip",
    "Export-20261120T010203Z-1-{:03}.zip",
    "Export-20261120T010203Z-3-{:03}.zip",
    "Export-20261120T010203Z-{:03} (1).zip",
)


def laid(parts: Sequence[int], pattern: str, depth: str) -> dict[str, bytes]:
    """Returns parts as they are shared: side by side, in a folder, or inside another zip."""
    files = {pattern.format(number): PART[number] for number in parts}
    if depth == "folder":
        return {f"Cliniko/{name}": data for name, data in files.items()}
    return {"all.zip": zipped(files)} if depth == "zip" else files


@pytest.mark.parametrize("depth", ["here", "folder", "zip"])
@pytest.mark.parametrize("pattern", NAMES)
def test_a_gap_between_parts_is_found_at_every_depth(desk: Desk, pattern: str, depth: str) -> None:
    result = desk.read(given(laid([1, 3], pattern, depth)))
    problem = result.problem("zip_part_missing")
    assert (problem.count, "-002" in str(problem.file)) == (1, True)
    assert result.by_path[native()].rows == 2


@pytest.mark.parametrize("depth", ["here", "folder", "zip"])
@pytest.mark.parametrize("pattern", NAMES)
def test_parts_without_a_gap_are_complete(desk: Desk, pattern: str, depth: str) -> None:
    assert "zip_part_missing" not in desk.read(given(laid([1, 2, 3], pattern, depth))).codes


def test_the_number_of_a_packing_job_is_not_a_total(desk: Desk) -> None:
    one = {"Export-20261120T010203Z-3-001.zip": PART[1]}
    assert "zip_part_missing" not in desk.read(given(one)).codes
    two = {"Export-20261120T010203Z-1-001.zip": PART[1], "Export-20261120T010203Z-2-002.zip": PART[3]}
    assert "zip_part_missing" not in desk.read(given(two)).codes
