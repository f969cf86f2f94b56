"""Exports of an unreasonable size: one file of hundreds of MB, a single cell of many megabytes."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

MIB = 1 << 20
CLIENTS = 500
PATIENTS = "Patient ID,First Name,Last Name,Date of Birth"
NOTES = "Treatment Note ID,Patient ID,Author Name,Title,Content,Draft,Created At,Updated At"
FORMS = "Patient Form ID,Patient ID,Name,Content,Completed At,Created At,Updated At"
WHEN = "2020-01-02 03:04:05 +1000"
SAID = json.dumps(
    {"sections": [{"name": "S", "questions": [{"name": "Q", "type": "paragraph", "answer": "<p>better</p>" * 40}]}]}
)
WORDS = "as many words as fit into a line, and more\n"


@dataclass(frozen=True)
class Expected:
    """The expected result of an export: rows by kind and outcome, and the codes reported for a kind."""

    counts: Mapping[tuple[str, str], int]
    codes: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def differs_from(self, answer: Mapping[str, Any]) -> list[str]:
        kinds = {kind["kind"]: kind for kind in answer["kinds"]}
        wrong = [] if answer["balanced"] else ["it does not balance"]
        for (kind, outcome), wanted in self.counts.items():
            if (found := kinds.get(kind, {}).get(outcome)) != wanted:
                wrong.append(f"{kind} {outcome}: {found}, expected {wanted}")
        codes = {(problem["kind"], problem["code"]) for problem in answer["problems"]}
        return wrong + [f"{kind}: {code} is not told" for kind, code in sorted(self.codes - codes)]


Made = Callable[[Path, int], Expected]


def large_file(folder: Path, megabytes: int) -> Expected:
    """Notes in one CSV file of so many MB."""
    _clients(folder)
    number = size = 0
    with (folder / "treatment_notes.csv").open("w", encoding="utf-8") as file:
        file.write(f"{NOTES}\n")
        while size < megabytes * MIB:
            size += file.write(_note(number, SAID))
            number += 1
    return Expected({("treatment_notes", "read"): number, ("treatment_notes", "created"): number})


def large_values(folder: Path, megabytes: int) -> Expected:
    """One cell of so many MB in a CSV file, one in a JSON file, one in JSON lines; a quote open for twice as much."""
    _clients(folder)
    with (folder / "treatment_notes.csv").open("w", encoding="utf-8") as file:
        file.write(f"{NOTES}\n{_note(1, SAID)}")
        before, after = _note(2, "|").split("|")
        _around(file, before, after, megabytes)
        file.write(_note(3, SAID))
    for name, kind, apart, frame in (
        ("communications.json", _message, ",\n", "[]"),
        ("patient_cases.jsonl", _case, "\n", ("", "")),
    ):
        with (folder / name).open("w", encoding="utf-8") as file:
            file.write(f"{frame[0]}{kind(1, 'short')}{apart}")
            before, after = kind(2, "|").split("|")
            _around(file, before, after + apart, megabytes, WORDS.strip() + " ")
            file.write(f"{kind(3, 'short')}{frame[1]}\n")
    with (folder / "patient_forms.csv").open("w", encoding="utf-8") as file:
        file.write(f'{FORMS}\n1,1,Intake,"{{}}",{WHEN},{WHEN},{WHEN}\n')
        _around(file, '2,2,Intake,"', "", megabytes * 2)
    kinds = ("treatment_notes", "communications", "patient_cases")
    held = {(kind, outcome): rows for kind in kinds for outcome, rows in (("read", 3), ("created", 2), ("held", 1))}
    codes = {*((kind, "cell_too_large") for kind in kinds), ("patient_forms", "csv_unclosed_quote")}
    return Expected({**held, ("patient_forms", "refused"): 2}, frozenset(codes))


SCRIPTS = ("a few plain words ", "m\u00fchsam n\u00e4her ", "\U0001f600", "words and one picture ")
CELL = 5 * MIB - 4096


def legal_values(folder: Path, rows: int) -> Expected:
    """Cells as large as a cell may be, in letters of one byte, of two, of four, and one of four among many of one.

    So many notes of each in a CSV file, and so many messages in JSON lines and in a JSON file.
    """
    _clients(folder)
    with (folder / "treatment_notes.csv").open("w", encoding="utf-8") as file:
        file.write(f"{NOTES}\n")
        for number in range(rows * len(SCRIPTS)):
            answer = {"name": "Q", "type": "paragraph", "answer": _as_large(SCRIPTS[number % len(SCRIPTS)])}
            content = {"sections": [{"name": "S", "questions": [answer]}]}
            file.write(_note(number, json.dumps(content, ensure_ascii=False)))
    for name, begins, apart, ends in (
        ("communications.json", "[", ",\n", "]"),
        ("communications-2.jsonl", "", "\n", ""),
    ):
        with (folder / name).open("w", encoding="utf-8") as file:
            messages = [_message(len(name) * 10 + n, _as_large(script)) for n, script in enumerate(SCRIPTS * rows)]
            file.write(f"{begins}{apart.join(messages)}{ends}\n")
    made = rows * len(SCRIPTS)
    kinds = {"treatment_notes": made, "communications": made * 2}
    return Expected({(kind, outcome): number for kind, number in kinds.items() for outcome in ("read", "created")})


def _as_large(script: str) -> str:
    """A text of as many bytes as a cell may have. The last of them begins with a sign that makes each take four."""
    begins = "\U0001f600" if "picture" in script else ""
    return begins + script * ((CELL - 64) // len(script.encode()))


def _clients(folder: Path) -> None:
    folder.mkdir(parents=True)
    lines = (f"{n},Ann{n},Lee{n},1980-01-02\n" for n in range(1, CLIENTS + 1))
    (folder / "patients.csv").write_text(f"{PATIENTS}\n{''.join(lines)}", encoding="utf-8")


def _around(file: TextIO, before: str, after: str, megabytes: int, words: str = WORDS) -> None:
    file.write(before)
    for piece in _pieces(words, megabytes * MIB):
        file.write(piece)
    file.write(after)


def _pieces(words: str, size: int) -> Iterator[str]:
    piece = words * 1000
    for _ in range(size // len(piece) + 1):
        yield piece


def _note(number: int, content: str) -> str:
    quoted = content.replace('"', '""')
    return f'{100 + number},{1 + number % CLIENTS},Ann Lee,Note,"{quoted}",false,{WHEN},{WHEN}\n'


def _message(number: int, content: str) -> str:
    values = {"id": f"{number}", "patient_id": f"{number}", "type": "Email", "category": "Memo", "content": content}
    more = {"direction_description": "Sent", "from": "a@b.example", "to": "c@d.example"}
    return json.dumps({**values, **more, **_times()}, ensure_ascii=False)


def _case(number: int, notes: str) -> str:
    values = {"id": f"{number}", "patient_id": f"{number}", "name": "Knee", "closed": False, "notes": notes}
    return json.dumps({**values, "issue_date": "2020-01-02", "max_sessions": 5, **_times()})


def _times() -> dict[str, str]:
    return {"created_at": "2020-01-02T03:04:05Z", "updated_at": "2020-01-02T03:04:05Z"}
