"""A damaged line of a JSON Lines file is held alone; a file that is not JSON is refused with the right code."""

import io
import json
import tracemalloc
from collections.abc import Callable

import pytest

from app.reading.entries import FileEntry
from app.reading.file_preview import preview_entry
from app.reading.json_lines import lines_of
from app.trial.verification.plain import plain_rows
from tests.reading.story import SOURCE, Desk, ReadResult

ANN = {"id": 1558354464010667000, "first_name": "Zoë", "last_name": "Lee", "phones": [{"number": "1"}], "dob": None}
DAMAGE: dict[str, Callable[[str], str]] = {
    "cut in the middle": lambda line: line[: len(line) // 2],
    "cut in a number": lambda line: line[:12],
    "only its first sign": lambda line: line[:1],
    "an open bracket": lambda line: line[:-1] + ', "tags": [',
    "an open bracket and a comma": lambda line: line[:-1] + ', "tags": [1,',
    "no comma between cells": lambda line: line.replace(", ", " ", 1),
    "single quotes": lambda line: line.replace('"', "'"),
    "a bracket too many": lambda line: line + "}",
    "a word behind it": lambda line: line + " done",
    "a number": lambda line: "7",
    "a list of numbers": lambda line: "[1, 2]",
    "words": lambda line: "Timeout, trying again",
    "two lines in one": lambda line: line[:20] + line,
}
SHAPES: dict[str, Callable[[str], str]] = {
    "objects": lambda line: line,
    "pages": lambda line: f'{{"patients": [{line}], "total_entries": 9}}',
    "lists": lambda line: f'{{"total_entries": 9, "patients": [{line}]}}',
}


def lines(number: int, shape: str = "objects") -> list[str]:
    return [SHAPES[shape](json.dumps({**ANN, "id": int(ANN["id"]) + n}, ensure_ascii=False)) for n in range(number)]  # type: ignore[call-overload]


def found_again(content: bytes, encoding: str = "utf-8") -> int:
    lists = ("patients",)
    return sum(1 for _ in plain_rows(lambda: io.BytesIO(content), encoding, lists=lists, in_lines=True))


def held(result: ReadResult) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.codes) for row in result.rows() if row.codes]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_line_is_held_by_its_number_and_the_others_are_read(desk: Desk, damage: str, shape: str) -> None:
    for at in (0, 1, 5, 8):
        if at == 0 and not DAMAGE[damage]("{}").startswith("{"):
            continue
        written = lines(9, shape)
        written[at] = DAMAGE[damage](written[at])
        content = "\n".join(written) + "\n"
        result = desk.csv(content, "patients.jsonl")
        assert (result.only_file.refused, result.only_file.rows, result.only_file.kind) == (None, 9, "patients"), at
        assert held(result) == [(at + 1, ("bad_json",))]
        problem = result.problem("bad_json")
        assert (problem.severity.value, problem.line, problem.count) == ("held", at + 1, 1)
        assert result.codes.isdisjoint({"file_may_be_cut", "missing_id"})
        ids = [row.cells["id"] for row in result.rows() if not row.codes]
        assert ids == [str(int(ANN["id"]) + n) for n in range(9) if n != at]  # type: ignore[call-overload]
        assert found_again(content.encode()) == 9


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\n\x1a\n"])
def test_lines_have_their_numbers_in_the_file(desk: Desk, end: str, encoding: str) -> None:
    written = lines(300)
    written[7] = written[7][:-3]
    result = desk.csv((end.join(written) + end).encode(encoding), "patients.json")
    assert held(result) == [(7 * (1 + end.startswith(("\n\n", "\n\x1a"))) + 1, ("bad_json",))]


def test_a_file_truncated_anywhere_in_its_last_line_is_reported_and_other_lines_read(desk: Desk) -> None:
    whole = "\n".join(lines(4))
    for length in range(len(whole) - len(lines(1)[0]) + 1, len(whole)):
        result = desk.csv(whole[:length], "patients.jsonl")
        assert (result.only_file.refused, result.only_file.rows) == (None, 4)
        assert held(result) == [(4, ("bad_json", "file_may_be_cut"))]
        assert found_again(whole[:length].encode()) == 4


def test_a_file_with_whole_lines_shows_no_sign_of_a_cut(desk: Desk) -> None:
    for end in ("", "\n", "\0" * 40, "\n\x1a"):
        result = desk.csv("\n".join(lines(4)) + end, "patients.jsonl")
        assert result.codes.isdisjoint({"bad_json", "file_may_be_cut"})


@pytest.mark.parametrize(("whole", "damaged", "refused"), [(5, 5, None), (5, 6, "bad_json"), (1, 1, None)])
def test_a_file_of_which_most_lines_are_damaged_is_refused(
    desk: Desk, whole: int, damaged: int, refused: str | None
) -> None:
    content = "\n".join([*lines(whole), *[line[:-4] for line in lines(damaged)]]) + "\n"
    assert desk.csv(content, "patients.jsonl").only_file.refused == refused


PRETTY = json.dumps([{**ANN, "id": n} for n in range(9)], indent=1)
LISTED = '{{"patients": [\n{}\n], "total_entries": 9}}'.format(",\n".join(lines(9)))
MANY = '[{{"id": 1, "first_name": "Ann", "phones": [\n{}\n]}}, {{"id" 2}}]'.format(",\n".join(['{"number": "1"}'] * 9))


@pytest.mark.parametrize(
    "content", [PRETTY, LISTED, MANY, f"[{','.join(lines(9))}]", "[\n" + ",\n".join(lines(9)) + "]"]
)
def test_truncated_json_is_refused_and_a_damaged_record_skipped(desk: Desk, content: str) -> None:
    """Such a file may have objects on lines of their own that are no records."""
    cut = desk.csv(content[: len(content) * 2 // 3], "patients.json")
    assert cut.only_file.refused == "bad_json"
    assert "file_may_be_cut" in cut.codes
    middle = content.index('"id":', len(content) // 2) if content is not MANY else content.index('"id" ')
    damaged = desk.csv(content[:middle] + '"id" ' + content[middle + 5 :], "patients.json")
    assert damaged.only_file.refused is None
    assert [codes for _, codes in held(damaged)] == [("bad_json",)]
    assert "file_may_be_cut" not in damaged.codes


def test_a_truncated_array_is_reported_at_every_length(desk: Desk) -> None:
    odd = {"a": [True, False, None, -12.5e-3, '\\\u00e9"', {}, []], "id": 1, "first_name": "Ann"}
    whole = json.dumps([odd, odd])
    for length in range(1, len(whole)):
        result = desk.csv(whole[:length], "patients.json")
        assert (result.only_file.refused, "file_may_be_cut" in result.codes) == ("bad_json", True), whole[:length]


def test_commas_behind_the_lines_are_not_damage(desk: Desk) -> None:
    written = lines(6)
    written[3] = written[3][:-5]
    result = desk.csv(",\n".join(written), "patients.json")
    assert (result.only_file.refused, held(result)) == (None, [(4, ("bad_json",))])


def test_a_line_over_the_limit_is_held_and_a_damaged_one_passed_over(desk: Desk) -> None:
    large = json.dumps({**ANN, "notes": "x" * 400_000})
    content = "\n".join([*lines(3), large, large[:-2], *lines(3)]) + "\n"
    result = desk.with_limits(row_bytes=300_000).csv(content, "patients.jsonl")
    assert held(result) == [(4, ("cell_too_large",)), (5, ("bad_json",))]
    assert result.only_file.rows == 8


def test_damaged_lines_cost_no_memory(desk: Desk) -> None:
    def peak(number: int) -> int:
        content = ("\n".join([*lines(1), '{"id": 7, "tags": [', *lines(1)]) + "\n").encode() * number
        tracemalloc.start()
        assert desk.csv(content, "patients.jsonl").only_file.rows == 3 * number
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(3_000) < peak(300) + (12 << 20)


def test_the_preview_shows_the_whole_lines() -> None:
    written = lines(6)
    written[2] = "{"
    content = "\n".join(written).encode()
    seen = preview_entry(FileEntry("x.jsonl", len(content), lambda: io.BytesIO(content)), SOURCE)
    assert (seen.code, len(seen.rows)) == (None, 6)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 100])
def test_a_line_end_that_is_torn_between_two_pieces_counts_once(most: int, end: str) -> None:
    for length in range(1, 12):
        text = io.StringIO(end.join(("x" * length, "y" * length, "z")) + end, newline="")
        assert [line.number for line in lines_of(text, most)] == [1, 2, 3], length
