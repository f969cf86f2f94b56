"""Padding behind the last character of a file makes no record, no refusal and no warning, in every format."""

import io
import json
import random
import tracemalloc
from collections.abc import Mapping

import pytest

from app.reading.encoding import profile_file
from app.trial.verification.plain import Unpadded
from tests.reading.story import HEADER, Desk, ReadResult, patients
from tests.shapes.export import KINDS
from tests.shapes.shapes import delimited, nested

NULS = (1, 2, 30, 512, 4096)
PADDING = {
    **{f"{count} NULs": "\0" * count for count in NULS},
    "the end sign of DOS": "\x1a",
    "a block of end signs": "\x1a" * 128,
    "the end sign and NULs": "\x1a" + "\0" * 511,
    "NULs and the end sign": "\0" * 100 + "\x1a",
    "the end sign on a line": "\x1a\r\n",
    "a line of NULs": "\0\0\n\0\0",
}
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252")
REMOVED = "control_chars_removed"


def stored(text: str, encoding: str) -> bytes:
    return MARKS.get(encoding, b"") + text.encode(encoding)


def outcome(result: ReadResult) -> Mapping[str, object]:
    """Returns the outcome of each file: its rows and all its problems."""
    return {
        file.path: (
            file.kind,
            file.refused,
            file.rows,
            [(row.line, dict(row.cells), row.codes) for row in result.rows(file)],
            sorted((p.code, p.line or 0, p.count) for p in file.problems if p.code != REMOVED),
        )
        for file in result.files
    }


def padded_is_told(result: ReadResult, padding: str) -> None:
    """NULs are reported once per file; the DOS end-of-file character is not reported."""
    for file in result.files:
        found = [(p.line, p.count) for p in file.problems if p.code == REMOVED]
        assert found == ([(None, 1)] if "\0" in padding else []), file.path


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_kind_is_read_the_same_with_padding(desk: Desk, encoding: str, padding: str) -> None:
    sign = ",;\t|"[[*PADDING].index(padding) % 4]
    texts = {f"{kind}.csv": delimited(rows, sign) for kind, rows in KINDS.items()}
    plain = desk.read({name: stored(text, encoding) for name, text in texts.items()})
    expected = outcome(plain)
    result = desk.read({name: stored(text + PADDING[padding], encoding) for name, text in texts.items()})
    assert outcome(result) == expected
    padded_is_told(result, PADDING[padding])


@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("shape", ["array", "lines", "page"])
def test_json_of_every_kind_is_read_the_same_with_padding(desk: Desk, shape: str, padding: str) -> None:
    encoding = ENCODINGS[[*PADDING].index(padding) % 4]

    def text(kind: str) -> str:
        rows = [nested(row) for row in KINDS[kind]]
        whole = {"array": rows, "page": {kind: rows, "total_entries": len(rows)}}.get(shape)
        return json.dumps(whole) if whole else "".join(f"{json.dumps(row)}\n" for row in rows)

    texts = {f"{kind}.json": text(kind) for kind in KINDS}
    expected = outcome(desk.read({name: stored(text, encoding) for name, text in texts.items()}))
    result = desk.read({name: stored(text + PADDING[padding], encoding) for name, text in texts.items()})
    assert outcome(result) == expected
    padded_is_told(result, PADDING[padding])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("last", ["", "9,B,Low,1980-01-02", "9,B", '9,"B', "Total,,,30\n", f"{HEADER}\n"])
@pytest.mark.parametrize("padding", ["\0", "\0" * 512, "\x1a", "\x1a\0\0\0"])
def test_padding_does_not_change_whether_a_last_row_is_truncated(
    desk: Desk, encoding: str, last: str, padding: str
) -> None:
    text = patients(30) + last
    expected = outcome(desk.csv(stored(text, encoding)))
    assert outcome(desk.csv(stored(text + padding, encoding))) == expected


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize("count", [1, 3, 511, 4095])
def test_half_a_padding_character_may_end_a_utf16_file(desk: Desk, encoding: str, count: int) -> None:
    result = desk.csv(stored(patients(3), encoding) + bytes(count))
    assert (result.only_file.refused, result.only_file.rows) == (None, 3)


@pytest.mark.parametrize("name", ["patients.csv", "patients.json", "patients.jsonl", "patients.tsv", "patients.txt"])
@pytest.mark.parametrize("content", [bytes(1), bytes(4096), b"\x1a", b"\x1a\0", b"\r\n\x1a", b"\xff\xfe\0"])
def test_a_file_of_padding_alone_is_empty(desk: Desk, name: str, content: bytes) -> None:
    assert desk.csv(content, name).only_file.refused == "file_empty"


def test_padding_is_recognised_at_every_chunk_border() -> None:
    for encoding in ENCODINGS:
        for size in (0, 1, 2, 7, (1 << 20) - 1, 1 << 20, (1 << 20) + 1):
            for last in ("x", "\u1a00", "\u001a\u1a1a", "\n"):
                if encoding == "cp1252" and not last.isascii():
                    continue
                content = stored("a" * 9 + last, encoding)
                found = profile_file(lambda data=content + bytes(size): io.BytesIO(data))  # type: ignore[misc]
                if found.encoding is not None:
                    assert found.text(lambda data=content + bytes(size): io.BytesIO(data)).read()[:9] == "a" * 9  # type: ignore[misc]
                    assert found.size - found.padding == len(content), (encoding, size, last)


class Torn(io.BytesIO):
    """A stream that returns as many bytes per read as it likes."""

    def __init__(self, data: bytes, seed: int) -> None:
        super().__init__(data)
        self._random = random.Random(seed)

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._random.randint(1, 5))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_verification_ignores_the_same_padding(encoding: str) -> None:
    for seed in range(200):
        chance = random.Random(seed)
        signs = "a\0\x1a\n" + ("\u1a00\u001a\u4e1a" if encoding != "cp1252" else "")
        text = "".join(chance.choice(signs) for _ in range(chance.randint(0, 20)))
        content = stored("b" + text, encoding) + bytes(chance.randint(0, 1))
        kept = Unpadded(Torn(content, seed), encoding).read()
        letters = kept.decode("utf-16" if encoding in MARKS else encoding)
        assert letters == ("b" + text).rstrip("\0\x1a")
        found = profile_file(lambda data=content: io.BytesIO(data))  # type: ignore[misc]
        assert found.size - found.padding <= len(kept)
        assert kept[found.size - found.padding :].decode(encoding).strip("\0\x1a\n") == ""


class Nuls(io.BytesIO):
    """A stream of 64 MB of NULs that takes no memory."""

    left = 64 << 20

    def read(self, size: int | None = -1, /) -> bytes:
        piece = bytes(min(size or 0, self.left))
        self.left -= len(piece)
        return piece


def test_padding_costs_no_memory() -> None:
    tracemalloc.start()
    found = profile_file(Nuls)
    second = Unpadded(Nuls(), "utf-8").read(1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.is_blank, found.padding, second) == (True, 64 << 20, b"")
    assert peak < 8 << 20
