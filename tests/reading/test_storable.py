"""Characters that a database cannot store never pass the parser, in any cell of any kind."""

import json
from typing import Any

import pytest

from app.mapping import parse
from app.mapping.kind import Kind
from app.mapping.note_content import read_content
from app.mapping.parse import QUARANTINED, parse_row
from tests.reading.story import CONTEXT, SOURCE, Desk

SIGNS = {"a high half": "\ud83d", "a low half": "\udc00", "NUL": "\0", "a noncharacter": "\ufffe\uffff"}
BAD = frozenset("\0\ud83d\udc00")
MOVING = [kind for kind in SOURCE.kinds if kind.imported]


def headers_of(kind: Kind[Any]) -> list[str]:
    placed = [p for p in kind.columns if not p.column.set_by_reading and not p.column.prefix]
    return list(dict.fromkeys(p.column.native or p.name for p in placed))


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("kind", MOVING, ids=lambda kind: kind.name)
def test_unstorable_characters_are_removed_from_every_cell_of_every_kind(
    desk: Desk, kind: Kind[Any], sign: str
) -> None:
    headers = headers_of(kind)
    rows = [
        {header: f"a{SIGNS[sign]}b" if at == number else str(number + 1) for at, header in enumerate(headers)}
        for number in range(len(headers))
    ]
    path = f"{kind.name}.json"
    desk.file_kinds = {path: kind.name}
    result = desk.csv(json.dumps(rows), path)
    assert (result.only_file.kind, result.only_file.rows, result.only_file.refused) == (kind.name, len(rows), None)
    assert not any(BAD & set(cell) for row in result.rows() for cell in row.cells.values())
    counted = [p.count for p in result.only_file.problems if p.code == "control_chars_removed"]
    assert counted == ([] if sign == "a noncharacter" else [len(rows)])


@pytest.mark.parametrize("sign", SIGNS)
def test_unstorable_characters_are_removed_from_a_header(desk: Desk, sign: str) -> None:
    row = {"Patient ID": "1", "First Name": "Ann", "Last Name": "Lee", "Date of Birth": "", f"Pet{SIGNS[sign]}s": "2"}
    result = desk.csv(json.dumps([row]), "patients.json")
    assert not BAD & set("".join(result.only_file.facts["headers"]))
    assert result.only_file.facts["unknown_columns"] == [f"Pet{SIGNS[sign] if sign == 'a noncharacter' else ''}s"]
    assert [cell for row in result.rows() for name, cell in row.cells.items() if name.startswith("?Pet")] == ["2"]


@pytest.mark.parametrize("escape", [r"\ud83d", r"\udc00", r"\u0000", r"\u0007"])
@pytest.mark.parametrize("place", ["section", "description", "question", "answer", "option", "other"])
def test_an_escape_in_a_form_adds_no_unstorable_character(place: str, escape: str) -> None:
    words = dict.fromkeys(("section", "description", "question", "answer", "option", "other"), "word")
    words[place] = "wo@rd"
    question = {
        "name": words["question"],
        "type": "checkboxes",
        "answer": words["answer"],
        "answers": [{"value": words["option"], "selected": True}],
        "other": {"enabled": True, "selected": True, "value": words["other"]},
    }
    form = {"sections": [{"name": words["section"], "description": words["description"], "questions": [question]}]}
    content = read_content(json.dumps(form).replace("@", escape))
    assert content.codes == ("control_chars_removed",)
    assert content.sections == read_content(json.dumps(form).replace("@", "")).sections


@pytest.mark.parametrize("half", [b"\xed\xa0\xbd", b"\xed\xb0\x80"], ids=["a high half", "a low half"])
@pytest.mark.parametrize(
    ("encoding", "stray"), [("utf-8", ""), ("utf-16", ""), ("utf-8", "Zo\xeb")], ids=["utf-8", "utf-16", "a stray byte"]
)
def test_a_lone_surrogate_in_a_file_leaves_every_name_right(desk: Desk, half: bytes, encoding: str, stray: str) -> None:
    lines = [
        "Patient ID,First Name,Last Name,Date of Birth",
        *(f"{n},Zoë{n},Bront\u00eb,1980-02-13" for n in range(200)),
    ]
    text = "\n".join([*lines, "900,An@n,Lee,1980-02-13", ""])
    sign = half.decode("utf-8", "surrogatepass")
    content = text.replace("@", sign).encode(encoding, "surrogatepass")
    if stray:
        content += f"901,{stray},Lee,1980-02-13\n".encode("latin-1")
    result = desk.csv(content)
    names = [row.cells["first_name"] for row in result.rows()]
    assert names == [*(f"Zoë{n}" for n in range(200)), "Ann", *([stray] if stray else [])]
    assert result.problem("control_chars_removed").count == 1


def test_surrogate_pairs_are_unchanged() -> None:
    content = read_content(r'{"sections": [{"name": "\ud83d\ude00 Zo\u00eb\u000a", "questions": []}]}')
    assert (content.sections[0].name, content.codes) == ("\U0001f600 Zoë\n", ())


@pytest.mark.parametrize("kind", MOVING, ids=lambda kind: kind.name)
def test_a_row_that_crashes_our_code_is_held_alone_with_its_id(
    kind: Kind[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = parse.parser_of(kind, CONTEXT)

    def fail(*_: object) -> Any:
        raise RecursionError

    key = next((p.name for p in kind.columns if p.column.is_key), None)
    other = next(p.name for p in kind.columns if not p.column.is_key)
    monkeypatch.setitem(parser._readers, other, fail)
    cells = {other: "x", **({key: "17"} if key else {})}
    parsed = parse_row(kind, cells, CONTEXT)
    assert parsed.row is None
    assert [problem.code for problem in parsed.problems] == [QUARANTINED]
    assert parsed.source_id == ("17" if key else None)
