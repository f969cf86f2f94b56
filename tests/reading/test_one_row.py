"""Reading a single row of a part does not parse the others."""

import time
from pathlib import Path

from app.mapping.context import DateOrder
from app.reading.limits import Limits
from app.reading.parts import PartHead, PartRow, PartWriter, read_part, read_row
from app.storage import LocalObjects, new_key

HEAD = PartHead("notes", "notes.csv", 1, ("id", "content", "?More"), DateOrder.DAY_FIRST)
LINES = range(2, 4002)


def part(tmp_path: Path, length: int = 10) -> tuple[LocalObjects, bytes]:
    objects, key = LocalObjects(tmp_path / "objects"), new_key()
    writer = PartWriter(objects, "m/parts/", key, Limits())
    for line in LINES:
        writer.add(line, [str(line), f'[{line},"' + "ä\n" * length, None], ("row_too_short",) if line == 7 else ())
    writer.close(1, HEAD)
    return objects, key


def test_a_single_read_row_equals_the_row_of_a_full_read(tmp_path: Path) -> None:
    objects, key = part(tmp_path)
    head, rows = read_part(objects, "m/parts/000001", key)
    result = {row.line: row for row in rows}
    for line in (2, 7, 40, 400, 4001):
        assert read_row(objects, "m/parts/000001", key, line) == (head, result[line])
    assert result[7] == PartRow(7, {"id": "7", "content": '[7,"' + "ä\n" * 10}, ("row_too_short",))


def test_a_line_without_the_start_of_a_row_has_no_row(tmp_path: Path) -> None:
    objects, key = part(tmp_path)
    for line in (0, 1, 4002, -5, 20000):
        assert read_row(objects, "m/parts/000001", key, line)[1] is None


def test_a_row_of_a_full_part_is_read_in_a_fraction_of_the_time(tmp_path: Path) -> None:
    objects, key = part(tmp_path, 250)
    began = time.process_time()
    _, rows = read_part(objects, "m/parts/000001", key)
    every = sum(1 for _ in rows)
    middle = time.process_time()
    assert read_row(objects, "m/parts/000001", key, 4001)[1] is not None
    last = time.process_time()
    assert every == len(LINES)
    assert last - middle < max(0.2, (middle - began)), f"{last - middle:.3f} s, all of them {middle - began:.3f} s"
