"""One damaged line of a JSON Lines file waits by itself; a file that is no JSON is still refused, in true words."""

import io
import json
import tracemalloc
from collections.abc import Callable

import pytest

from app.reading.entries import Entry
from app.reading.file_preview import glimpse
from app.trial.verification.plain import plain_rows
from tests.reading.story import SOURCE, Desk, Told

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


def held(told: Told) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.codes) for row in told.rows() if row.codes]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_line_is_held_by_its_number_and_the_others_are_read(desk: Desk, damage: str, shape: str) -> None:
    for at in (0, 1, 5, 8):
        if at == 0 and not DAMAGE[damage]("{}").startswith("{"):
            continue
        written = lines(9, shape)
        written[at] = DAMAGE[damage](written[at])
        content = "\n".join(written) + "\n"
        told = desk.csv(content, "patients.jsonl")
        assert (told.one.refused, told.one.rows, told.one.kind) == (None, 9, "patients"), at
        assert held(told) == [(at + 1, ("bad_json",))]
        problem = told.problem("bad_json")
        assert (problem.severity.value, problem.line, problem.count) == ("held", at + 1, 1)
        assert told.codes.isdisjoint({"file_may_be_cut", "missing_id"})
        ids = [row.cells["id"] for row in told.rows() if not row.codes]
        assert ids == [str(int(ANN["id"]) + n) for n in range(9) if n != at]  # type: ignore[call-overload]
        assert found_again(content.encode()) == 9


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n", "\n\x1a\n"])
def test_lines_are_numbered_as_they_stand_in_the_file(desk: Desk, end: str, encoding: str) -> None:
    written = lines(300)
    written[7] = written[7][:-3]
    told = desk.csv((end.join(written) + end).encode(encoding), "patients.json")
    assert held(told) == [(7 * (1 + end.startswith(("\n\n", "\n\x1a"))) + 1, ("bad_json",))]


def test_a_file_that_is_cut_anywhere_in_its_last_line_is_told_as_cut_and_the_others_are_read(desk: Desk) -> None:
    whole = "\n".join(lines(4))
    for length in range(len(whole) - len(lines(1)[0]) + 1, len(whole)):
        told = desk.csv(whole[:length], "patients.jsonl")
        assert (told.one.refused, told.one.rows) == (None, 4)
        assert held(told) == [(4, ("bad_json", "file_may_be_cut"))]
        assert found_again(whole[:length].encode()) == 4


def test_a_file_with_whole_lines_shows_no_sign_of_a_cut(desk: Desk) -> None:
    for end in ("", "\n", "\0" * 40, "\n\x1a"):
        told = desk.csv("\n".join(lines(4)) + end, "patients.jsonl")
        assert told.codes.isdisjoint({"bad_json", "file_may_be_cut"})


@pytest.mark.parametrize(("whole", "damaged", "refused"), [(5, 5, None), (5, 6, "bad_json"), (1, 1, None)])
def test_a_file_of_which_most_lines_are_damaged_is_refused(
    desk: Desk, whole: int, damaged: int, refused: str | None
) -> None:
    content = "\n".join([*lines(whole), *[line[:-4] for line in lines(damaged)]]) + "\n"
    assert desk.csv(content, "patients.jsonl").one.refused == refused


PRETTY = json.dumps([{**ANN, "id": n} for n in range(9)], indent=1)
LISTED = '{{"patients": [\n{}\n], "total_entries": 9}}'.format(",\n".join(lines(9)))
MANY = '[{{"id": 1, "first_name": "Ann", "phones": [\n{}\n]}}, {{"id" 2}}]'.format(",\n".join(['{"number": "1"}'] * 9))


@pytest.mark.parametrize(
    "content", [PRETTY, LISTED, MANY, f"[{','.join(lines(9))}]", "[\n" + ",\n".join(lines(9)) + "]"]
)
def test_json_that_is_no_list_of_lines_is_refused_where_it_is_cut_and_read_around_a_damaged_record(
    desk: Desk, content: str
) -> None:
    """Such a file may have objects on lines of their own that are no records."""
    cut = desk.csv(content[: len(content) * 2 // 3], "patients.json")
    assert cut.one.refused == "bad_json"
    assert "file_may_be_cut" in cut.codes
    middle = content.index('"id":', len(content) // 2) if content is not MANY else content.index('"id" ')
    damaged = desk.csv(content[:middle] + '"id" ' + content[middle + 5 :], "patients.json")
    assert damaged.one.refused is None
    assert [codes for _, codes in held(damaged)] == [("bad_json",)]
    assert "file_may_be_cut" not in damaged.codes


def test_an_array_is_told_as_cut_wherever_it_is(desk: Desk) -> None:
    odd = {"a": [True, False, None, -12.5e-3, '\\\u00e9"', {}, []], "id": 1, "first_name": "Ann"}
    whole = json.dumps([odd, odd])
    for length in range(1, len(whole)):
        told = desk.csv(whole[:length], "patients.json")
        assert (told.one.refused, "file_may_be_cut" in told.codes) == ("bad_json", True), whole[:length]


def test_commas_behind_the_lines_are_no_damage(desk: Desk) -> None:
    written = lines(6)
    written[3] = written[3][:-5]
    told = desk.csv(",\n".join(written), "patients.json")
    assert (told.one.refused, held(told)) == (None, [(4, ("bad_json",))])


def test_a_line_over_the_limit_is_held_and_a_damaged_one_passed_over(desk: Desk) -> None:
    large = json.dumps({**ANN, "notes": "x" * 400_000})
    content = "\n".join([*lines(3), large, large[:-2], *lines(3)]) + "\n"
    told = desk.with_limits(row_bytes=300_000).csv(content, "patients.jsonl")
    assert held(told) == [(4, ("cell_too_large",)), (5, ("bad_json",))]
    assert told.one.rows == 8


def test_damaged_lines_cost_no_memory(desk: Desk) -> None:
    def peak(number: int) -> int:
        content = ("\n".join([*lines(1), '{"id": 7, "tags": [', *lines(1)]) + "\n").encode() * number
        tracemalloc.start()
        assert desk.csv(content, "patients.jsonl").one.rows == 3 * number
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(3_000) < peak(300) + (12 << 20)


def test_the_page_of_a_file_shows_the_lines_that_are_whole() -> None:
    written = lines(6)
    written[2] = "{"
    content = "\n".join(written).encode()
    seen = glimpse(Entry("x.jsonl", len(content), lambda: io.BytesIO(content)), SOURCE)
    assert (seen.code, len(seen.rows)) == (None, 6)
