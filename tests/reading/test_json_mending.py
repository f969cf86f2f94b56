"""A damaged element of a JSON list is held alone: every kind, every form of a list, every damage."""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from app.reading.encoding import profile_file
from app.reading.entries import FileEntry
from app.reading.file_preview import preview_entry
from app.reading.grid import json_rows
from app.reading.json_rows import JsonRows, flatten
from app.reading.limits import Limits
from app.trial.verification.json_objects import ROWS
from app.trial.verification.plain import plain_rows
from tests.reading.story import SOURCE, Desk
from tests.shapes.export import KINDS
from tests.shapes.shapes import nested

NUMBER = 20
PLACES = (0, 9, 10, 19)  # the last of one page, and the first of the next
LISTS = frozenset(key for kind in SOURCE.kinds for key in (kind.name, *kind.recognition.json_keys))

DAMAGES: dict[str, Callable[[str], str]] = {
    "cut in the middle": lambda one: one[: len(one) // 2],
    "cut in its first text": lambda one: one[: one.index(": ") + 4],
    "no bracket behind it": lambda one: one[:-1],
    "no bracket before it": lambda one: one[1:],
    "a bracket too many": lambda one: one + "}",
    "a bracket in the middle": lambda one: one.replace(', "', '}, "', 1),
    "a text that is not ended": lambda one: one[: one.rindex('"')] + one[one.rindex('"') + 1 :],
    "a word in the middle": lambda one: one.replace(', "', ', oops "', 1),
    "a word behind it": lambda one: one + " done",
    "no comma between members": lambda one: one.replace(', "', ' "', 1),
    "no colon": lambda one: one.replace(": ", " ", 1),
    "single quotation marks": lambda one: one.replace('"', "'"),
    "a bare word": lambda one: "Timeout",
    "null": lambda one: "null",
    "a number": lambda one: "7",
    "a text": lambda one: '"gone"',
}
SHAPES: dict[str, Callable[[str, Sequence[str]], str]] = {
    "an array": lambda kind, ones: f"[{', '.join(ones)}]",
    "an array on lines": lambda kind, ones: "[\n  " + ",\n  ".join(ones) + "\n]\n",
    "a page": lambda kind, ones: f'{{"{kind}": [{",".join(ones)}], "total_entries": 20, "links": {{}}}}',
    "a page of data": lambda kind, ones: f'{{"total_entries": 20, "data": [{",".join(ones)}]}}',
    "an array of pages": lambda kind, ones: f"[{page(kind, ones[:10])}, {page(kind, ones[10:])}]",
    "pages on lines": lambda kind, ones: f"{page(kind, ones[:10])}\n{page(kind, ones[10:])}\n",
    "an array of arrays": lambda kind, ones: f"[[{','.join(ones[:10])}], [{','.join(ones[10:])}]]",
}
# A list under a name that scripts give to any list has to begin with an object.
UNSURE = {("a page of data", damage, 0) for damage in ("null", "a number", "a text", "no bracket before it")}


def page(kind: str, ones: Sequence[str]) -> str:
    return f'{{"{kind}": [{", ".join(ones)}], "total_entries": {NUMBER}}}'


def written(kind: str) -> list[str]:
    """Returns twenty records of a kind."""
    row = {"id": "0", **nested(KINDS[kind][0])}
    return [json.dumps({**row, "id": str(700 + at)}, ensure_ascii=False) for at in range(NUMBER)]


def read(content: str) -> tuple[JsonRows, bool]:
    data = content.encode()
    table = json_rows(profile_file(lambda: io.BytesIO(data)), lambda: io.BytesIO(data), SOURCE, Limits())
    return table, table.can_skip_damage()


def found_again(content: str, table: JsonRows) -> list[dict[str, str]]:
    damages = [(each.start, each.end, each.rows) for each in table.damages]
    rows = plain_rows(
        lambda: io.BytesIO(content.encode()), "utf-8", lists=LISTS | ROWS, in_lines=table.in_lines, damages=damages
    )
    return [cells for _, cells in rows]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "custom_fields"])
def test_a_damaged_record_is_held_by_its_number_and_the_others_are_read(kind: str, shape: str) -> None:
    turn = [*KINDS].index(kind) + [*SHAPES].index(shape)
    for number, (damage, spoil) in enumerate(DAMAGES.items(), start=turn):  # each damage at each place, over the kinds
        at = PLACES[number % len(PLACES)]
        if (shape, damage, at) in UNSURE:
            continue
        ones = written(kind)
        whole = [flatten(json.loads(one))[0] for one in ones]
        ones[at] = spoil(ones[at])
        content = SHAPES[shape](kind, ones)
        table, is_read = read(content)
        assert is_read, (damage, at)
        items = list(table.items())
        assert [number for number, _, codes in items if "bad_json" in codes] == [at + 1], (damage, at)
        assert [cells for _, cells, codes in items if not codes] == [*whole[:at], *whole[at + 1 :]], (damage, at)
        again = [cells.get("id", "") for cells in found_again(content, table)]
        assert again == [cells.get("id", "") for _, cells, _ in items], (damage, at)


PHONES = '"phones": [{"number": "1"}, {"number": "2"}]'
ANN = f'{{"id": 1, "first_name": "Ann", {PHONES}, "last_name": "Lee"}}'


def ann(number: int, one: str = ANN) -> str:
    return one.replace('"id": 1', f'"id": {number}')


@pytest.mark.parametrize("shape", ["an array", "a page", "an array of pages"])
def test_a_record_that_contains_its_neighbours_is_damaged_and_they_are_whole(shape: str) -> None:
    for lost in ("]", "}]", "}"):
        for at in (0, 9, 18):
            ones = [ann(number) for number in range(NUMBER)]
            ones[at] = lost.join(ones[at].rsplit("}]", 1)) if lost == "}" else ones[at].replace(lost, "", 1)
            table, is_read = read(SHAPES[shape]("patients", ones))
            if (shape, lost, at) == ("an array of pages", "}]", 18):
                assert not is_read  # behind it stands what stands behind an object with others like it inside
                continue
            assert is_read, (lost, at)
            assert [n for n, _, codes in table.items() if codes] == [at + 1], (lost, at)


def test_objects_inside_a_damaged_record_are_not_records() -> None:
    ones = [ann(number) for number in range(NUMBER)]
    ones[4] = ones[4].replace('"id"', '"id', 1)
    table, _ = read(f"[{','.join(ones)}]")
    assert [cells["id"] for _, cells, codes in table.items() if not codes] == [str(n) for n in range(20) if n != 4]


def test_a_file_is_refused_if_a_record_resembles_an_inner_object() -> None:
    """The next object after the damage may be either, even if only a single record has such objects."""
    child = '{"id": 9, "name": "Bo", "age": 3}'
    parents = [f'{{"id": {n}, "name": "Ann", "age": 40, "children": [{child}]}}' for n in range(NUMBER)]
    for ones in (parents, [*parents[:1], *(f'{{"id": {n}, "name": "Cy", "age": 50}}' for n in range(1, NUMBER))]):
        for at in (5, 0):
            damaged = [*ones[:at], ones[at][: ones[at].rindex('"') - 4], *ones[at + 1 :]]
            table, is_read = read(f"[{','.join(damaged)}]")
            if at or ones is parents:
                assert not is_read, (at, ones is parents)
                assert table.damages == []


def test_a_file_is_refused_if_an_object_behind_the_damage_is_ambiguous() -> None:
    ones = [ann(number) for number in range(NUMBER)]
    ones[5], ones[6] = ones[5][:20], '{"id": 6, "city": "Ayr", "state": "QLD", "country": "AU"}'
    assert not read(f"[{','.join(ones)}]")[1]


@pytest.mark.parametrize(("whole", "damaged", "is_read"), [(5, 5, True), (5, 6, False), (1, 1, True)])
def test_a_file_of_which_most_records_are_damaged_is_refused(whole: int, damaged: int, *, is_read: bool) -> None:
    ones = [*map(ann, range(whole)), *(ann(n).replace(": ", " ", 1) for n in range(damaged))]
    table, found = read(f"[{','.join(ones)}]")
    assert found == is_read
    if is_read:
        assert sum(bool(codes) for _, _, codes in table.items()) == damaged


def test_damaged_neighbours_are_counted_each() -> None:
    ones = [ann(number) for number in range(NUMBER)]
    for at in (7, 8, 9):
        ones[at] = ones[at].replace('"Ann"', "Ann")
    table, _ = read(f"[{','.join(ones)}]")
    assert [number for number, _, codes in table.items() if codes] == [8, 9, 10]


def test_a_line_end_in_a_text_and_a_lost_comma_between_records_damage_nothing() -> None:
    ones = [ann(number) for number in range(NUMBER)]
    ones[3] = ones[3].replace("Ann", "An\nn\t")
    table, is_read = read(f"[{','.join(ones[:9])} {','.join(ones[9:])},]")
    assert is_read
    assert [cells["id"] for _, cells, codes in table.items() if not codes] == [str(n) for n in range(NUMBER)]
    assert table.damages == []


def test_damage_is_skipped_at_every_chunk_border() -> None:
    """Records larger than a chunk, a record over the limit, and damage behind them."""
    long = json.dumps({**json.loads(ANN), "notes": "x" * 400_000})
    ones = [ann(n, long) if n % 3 else ann(n) for n in range(12)]
    ones[6] = ones[6].replace(": ", " ", 1)
    ones[7] = ann(7, json.dumps({**json.loads(ANN), "notes": "x" * 900_000}))
    ones[8] = ones[8].replace('"Ann"', '"Ann', 1)
    data = f"[{','.join(ones)}]".encode()
    limits = Limits(row_bytes=800_000)
    table = json_rows(profile_file(lambda: io.BytesIO(data)), lambda: io.BytesIO(data), SOURCE, limits)
    assert table.can_skip_damage()
    result = [(number, codes) for number, _, codes in table.items() if codes]
    assert result == [(7, ("bad_json",)), (8, ("cell_too_large",)), (9, ("bad_json",))]
    assert [cells["id"] for _, cells, codes in table.items() if not codes] == [str(n) for n in (*range(6), 9, 10, 11)]


def test_the_facts_locate_the_damage_and_the_preview_shows_the_other_rows(desk: Desk) -> None:
    ones = [ann(number) for number in range(NUMBER)]
    ones[4] = ones[4].replace('"Ann"', '"Ann', 1)
    content = f"[{','.join(ones)}]"
    result = desk.csv(content, "patients.json")
    assert (result.only_file.refused, result.only_file.kind, result.only_file.rows) == (None, "patients", NUMBER)
    problem = result.problem("bad_json")
    assert (problem.severity.value, problem.line, problem.count) == ("held", 5, 1)
    assert result.codes.isdisjoint({"file_may_be_cut", "missing_id"})
    ((start, end, rows),) = result.only_file.facts["damages"]
    assert (content[start:end].rstrip(","), rows) == (ones[4], 1)
    seen = preview_entry(FileEntry("x.json", len(content), lambda: io.BytesIO(content.encode())), SOURCE)
    assert (seen.code, len(seen.rows)) == (None, NUMBER)


def test_an_unended_last_text_is_reported_as_truncated(desk: Desk) -> None:
    ones: list[Any] = [ann(number) for number in range(NUMBER)]
    ones[-1] = ones[-1][:-2] + "}"
    result = desk.csv(f"[{','.join(ones)}]", "patients.json")
    assert result.only_file.refused is None
    assert [(row.line, row.codes) for row in result.rows() if row.codes] == [(20, ("bad_json", "file_may_be_cut"))]
