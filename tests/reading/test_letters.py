"""Accented letters are read correctly, line by line, whatever programs did to some lines."""

import io
import json

import pytest

from app.reading.encoding import CANDIDATES, LATIN9, MAC, WINDOWS, decode_document, guess_encoding, profile_file
from tests.reading.damage import in_letters
from tests.reading.story import HEADER, Desk

NAMES = (
    "Zoë", "José", "Renée", "Müller", "Strauß", "Åse", "Ødegård", "Núñez", "García", "François", "Chloé", "Siân",
    "Éric", "Ünal", "Niño", "Brönte", "Anaïs", "Søren", "D’Arcy", "O’Brien", "it’s", "ÉMILE",
    "MUÑOZ", "Björk", "Thaïs", "Héloïse", "Beyoncé",
)  # fmt: skip
PLAIN = [name for name in NAMES if "’" not in name]


def table(names: list[str]) -> str:
    return f"{HEADER}\n" + "".join(f"{n},{name},Lee,\n" for n, name in enumerate(names, start=1))


def first_names(desk: Desk, content: bytes, name: str = "patients.csv") -> tuple[list[str], set[str]]:
    result = desk.csv(content, name)
    return [row.cells["first_name"] for row in result.rows()], result.codes


@pytest.mark.parametrize("encoding", CANDIDATES)
@pytest.mark.parametrize("name", PLAIN)
def test_a_line_of_another_encoding_is_read_in_that_encoding(desk: Desk, encoding: str, name: str) -> None:
    names = [*PLAIN, name, *PLAIN]
    at = len(PLAIN) + 2
    result = desk.csv(in_letters(table(names), encoding, lambda line: line == at))
    assert [row.cells["first_name"] for row in result.rows()] == names
    problem = result.problem("line_encoding_guessed")
    assert (problem.line, problem.count, result.only_file.encoding) == (at, 1, "utf-8")
    assert "encoding_guessed" not in result.codes


@pytest.mark.parametrize(
    ("good", "bad", "is_utf8"), [(1, 1, True), (39, 1, True), (2, 2, False), (297, 3, True), (250, 4, False)]
)
def test_a_line_in_a_hundred_may_have_another_encoding(desk: Desk, good: int, bad: int, is_utf8: bool) -> None:
    content = in_letters(table(["Zoë"] * (good + bad)), WINDOWS, lambda line: line > good + 1)
    result = desk.csv(content)
    assert result.only_file.encoding == ("utf-8" if is_utf8 else WINDOWS)
    assert {"line_encoding_guessed", "encoding_guessed"} & result.codes == (
        {"line_encoding_guessed"} if is_utf8 else {"encoding_guessed"}
    )
    if is_utf8:
        assert {row.cells["first_name"] for row in result.rows()} == {"Zoë"}
        assert result.problem("line_encoding_guessed").count == bad
    else:
        assert "utf-8" in result.only_file.facts["encodings"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_with_every_line_end(desk: Desk, end: str) -> None:
    content = in_letters(table(["Zoë"] * 50), WINDOWS, lambda line: line == 30)
    result = desk.csv(content.replace(b"\n", end.encode()))
    assert result.problem("line_encoding_guessed").line == 30


@pytest.mark.parametrize("encoding", CANDIDATES)
def test_a_whole_file_is_read_in_its_own_encoding(desk: Desk, encoding: str) -> None:
    names, codes = first_names(desk, table(list(PLAIN)).encode(encoding))
    assert names == list(PLAIN)
    assert "encoding_guessed" in codes


@pytest.mark.parametrize("encoding", [WINDOWS, MAC])
@pytest.mark.parametrize("name", NAMES)
def test_a_single_word_decides_the_encoding(encoding: str, name: str) -> None:
    guess = guess_encoding([name.encode(encoding)])
    assert name.encode(encoding).decode(guess.encoding) == name or encoding in guess.rivals


def test_encodings_that_give_the_same_words_raise_no_question() -> None:
    assert guess_encoding(["é".join("Ren").encode(WINDOWS)]).rivals == ()
    assert guess_encoding(["José".encode(WINDOWS), "5 €".encode(LATIN9)]).encoding == LATIN9


def test_the_clinics_answer_decides_the_encoding(desk: Desk) -> None:
    content = f"{HEADER}\n1,D\x92az,Lee,\n".encode("latin-1")
    asked = desk.csv(content)
    assert set(asked.only_file.facts["encodings"]) == {MAC, WINDOWS}
    desk.encodings = {"patients.csv": WINDOWS}
    result = desk.csv(content)
    assert (result.rows()[0].cells["first_name"], result.only_file.encoding) == ("D’az", WINDOWS)
    assert "encodings" not in result.only_file.facts


@pytest.mark.parametrize(("count", "notes"), [(3, 5), (8, 50), (60, 500)])
@pytest.mark.parametrize("shape", ["array", "one line", "lines", "page"])
def test_one_bad_byte_in_json_costs_no_other_value(desk: Desk, shape: str, count: int, notes: int) -> None:
    rows = [
        {"id": n, "first_name": "Zoë", "last_name": "Müller", "date_of_birth": None, "notes": "x" * notes}
        for n in range(1, count)
    ]
    text = {
        "array": json.dumps(rows, ensure_ascii=False, indent=1),
        "one line": json.dumps(rows, ensure_ascii=False),
        "lines": "\n".join(json.dumps(row, ensure_ascii=False) for row in rows),
        "page": json.dumps({"patients": rows, "total_entries": count}, ensure_ascii=False),
    }[shape]
    content = text.encode()
    at = content.rfind("Zoë".encode())
    result = desk.csv(content[:at] + "Zoë".encode(WINDOWS) + content[at + 4 :], "patients.json")
    assert {row.cells["first_name"] for row in result.rows()} == {"Zoë"}
    assert result.problem("line_encoding_guessed").count == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", WINDOWS, MAC])
def test_a_document_is_read_like_a_file(desk: Desk, encoding: str) -> None:
    page = f"<html><body><h1>Note</h1><p>{' '.join(PLAIN)}</p></body></html>".encode(encoding)
    result = desk.read(
        {"patients.csv": f"{HEADER}\n7,A,B,\n", "Treatment notes/7 - Lee, Ann/2026-01-01 X [5].html": page}
    )
    notes = result.by_path["Treatment notes/*.html"]
    assert " ".join(PLAIN) in result.rows(notes)[0].cells["content"]


def test_a_text_cut_into_pieces_is_the_same(desk: Desk) -> None:
    words = "Zoë José " * 200_000
    content = words.encode() + b"Ren\xe9 " + words.encode()
    found = profile_file(lambda: io.BytesIO(content))
    assert (found.encoding, found.otherwise, found.first_other) == ("utf-8", WINDOWS, 1)
    assert decode_document(content)[0] == words + "René " + words


@pytest.mark.parametrize("encoding", ["mac_roman", "cp1252"])
@pytest.mark.parametrize("name", ["José7", "Zoë", "Müller"])
def test_utf8_letters_in_a_line_do_not_decide_its_other_bytes(name: str, encoding: str) -> None:
    line = b"2007,," + name.encode(encoding) + ",Ünal,Größe".encode()
    assert name.encode(encoding).decode(guess_encoding([line]).encoding) == name
