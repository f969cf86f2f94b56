"""Exports with damage at the end of a file, or in one of its lines, give a trial that goes live."""

import json
from collections.abc import Callable, Sequence

import pytest

from app.migration.models import ProblemLine
from app.migration.states import State
from tests.harness.clinic import Clinic
from tests.shapes.export import BESIDE, KINDS, Row
from tests.shapes.shapes import REFERENCE, encoded, nested, text
from tests.shapes.tried import WRONG, reference, tried

Damage = Callable[[list[bytes]], bytes]
PADDING = {"NULs": bytes(4096), "the end sign of DOS": b"\x1a", "both": b"\x1a" + bytes(511)}


def lines(rows: Sequence[Row]) -> list[bytes]:
    return [text(nested(row)) for row in rows]


def in_the_middle(found: list[bytes]) -> bytes:
    return b"\n".join([found[0], found[0][: len(found[0]) // 2], *found]) + b"\n"


def at_the_end(found: list[bytes]) -> bytes:
    return b"\n".join([*found, found[0][: len(found[0]) // 2]])


def open_bracket(found: list[bytes]) -> bytes:
    return b"\n".join([found[0], b'{"id": 5, "tags": [', *found]) + b"\n"


def without_a_comma(found: list[bytes]) -> bytes:
    return b"\n".join([found[0], found[0].replace(b", ", b" ", 1), *found]) + b"\n"


DAMAGES: dict[str, tuple[Damage, int]] = {
    "a line that is cut": (in_the_middle, 1),
    "a last line that is cut": (at_the_end, 0),
    "a line with an open bracket": (open_bracket, 1),
    "a line without a comma": (without_a_comma, 1),
}


def in_letters(encoding: str) -> dict[str, bytes]:
    return {name: data for kind, rows in KINDS.items() for name, data in encoded(encoding)(kind, rows).items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("padding", PADDING)
def test_padding_behind_every_file_changes_nothing_of_what_goes_live(padding: str, encoding: str) -> None:
    files = {name: data + PADDING[padding] for name, data in in_letters(encoding).items()}
    if encoding.startswith("utf-16"):
        wide = {b"\x1a": "\x1a".encode(encoding), b"\x1a" + bytes(511): "\x1a".encode(encoding) + bytes(511)}
        files = {
            name: data + wide.get(PADDING[padding], PADDING[padding]) for name, data in in_letters(encoding).items()
        }
    outcome = tried({**files, **BESIDE})
    assert outcome.wrong == ()
    assert outcome.digest == reference().digest


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_line_waits_and_the_others_go_live(clinic: Clinic, damage: str) -> None:
    spoil, more = DAMAGES[damage]
    found = {kind: lines(rows) for kind, rows in KINDS.items() if kind != "patient_files"}
    clinic.tried({f"{kind}.jsonl": spoil(rows) for kind, rows in found.items()})
    read = {line.kind: line for line in clinic.problems("export:1") if line.code == "bad_json"}
    for kind, rows in found.items():
        assert (read[kind].level, read[kind].line, read[kind].count) == ("held", 2 if more else len(rows) + 1, 1), kind
    assert clinic.state() is State.REVIEWING
    assert clinic.codes("trial:1") & {*WRONG} == set()
    assert clinic.trial.balanced
    held = {line.kind for line in clinic.problems("trial:1") if line.code == "bad_json" and line.level == "held"}
    assert held == found.keys()
    assert clinic.finalised().state() is State.FINALISED


def test_a_damaged_record_of_a_list_waits_and_the_others_go_live(clinic: Clinic) -> None:
    found = {kind: lines(rows) for kind, rows in KINDS.items() if kind != "patient_files"}
    broken = {kind: rows[0].replace(b'", ', b'" ', 1).replace(b"null, ", b"null ", 1) for kind, rows in found.items()}
    clinic.tried({f"{kind}.json": b"[" + b", ".join([*rows, broken[kind]]) + b"]" for kind, rows in found.items()})
    read = {line.kind: line for line in clinic.problems("export:1") if line.code == "bad_json"}
    for kind, rows in found.items():
        assert (read[kind].level, read[kind].line, read[kind].count) == ("held", len(rows) + 1, 1), kind
    assert clinic.codes("trial:1") & {*WRONG} == set()
    assert clinic.trial.balanced
    held = {line.kind for line in clinic.problems("trial:1") if line.code == "bad_json" and line.level == "held"}
    assert held == found.keys()
    assert clinic.finalised().state() is State.FINALISED


def reported(clinic: Clinic, code: str) -> list[ProblemLine]:
    return [line for line in clinic.problems("export:1") if line.code == code]


def test_json_that_is_cut_is_refused_and_asked_about_as_a_cut(clinic: Clinic) -> None:
    whole = json.dumps([nested(row) for row in KINDS["contacts"]])
    clinic.tried({**REFERENCE.files({"patients": KINDS["patients"]}), "contacts.json": whole[:-9].encode()})
    assert [(line.kind, line.level) for line in reported(clinic, "bad_json")] == [("contacts", "refused")]
    assert [line.kind for line in reported(clinic, "file_may_be_cut")] == ["contacts"]
    assert clinic.trial.balanced
