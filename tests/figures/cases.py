"""Small exports made after public bug reports of other importers: each is imported, with the result that is listed
here."""

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.figures.command import Tried, trial
from tests.figures.figure import Measure, Reached

FOLDER = Path(__file__).parents[1] / "cases"


@dataclass(frozen=True)
class Outcome:
    """The answer of `trial` for one export: its exit status, its JSON, and the records by Caspen object."""

    status: int
    answer: Mapping[str, Any]
    records: Mapping[str, list[dict[str, Any]]]

    def counts(self, kind: str) -> dict[str, int]:
        """The outcomes of a kind's rows that are not 0."""
        line: dict[str, Any] = next((each for each in self.answer["kinds"] if each["kind"] == kind), {})
        return {name: n for name, n in line.items() if isinstance(n, int) and n and name not in ("records", "read")}

    def problems(self, code: str) -> list[dict[str, Any]]:
        return [problem for problem in self.answer["problems"] if problem["code"] == code]

    def record(self, name: str, source_id: str) -> dict[str, Any]:
        """The record of a row; empty if there is none."""
        return next((each for each in self.records.get(name, []) if each["source_id"] == source_id), {})


Check = Callable[[Outcome], str]
"""Receives an outcome; returns what is wrong, or an empty text."""


@dataclass(frozen=True)
class Case:
    """One export of the folder, the plan file that goes with it, and what the trial must give."""

    name: str
    checks: tuple[Check, ...] = ()
    plan: str = ""


def has(code: str, *, count: int | None = None, kind: str | None = None, file: str | None = None) -> Check:
    """The problem is there: with this count, kind or part of the file's name, where they are given."""

    def check(outcome: Outcome) -> str:
        fitting = [
            problem
            for problem in outcome.problems(code)
            if (kind is None or problem["kind"] == kind) and (file is None or file in (problem["file"] or ""))
        ]
        total = sum(problem["count"] for problem in fitting)
        if fitting and (count is None or total == count):
            return ""
        return f"{code} {kind or ''} {file or ''} is there {total} times, not {count or 'at least once'}"

    return check


def lacks(*codes: str) -> Check:
    """None of the problems is there."""
    return lambda outcome: " ".join(f"{code} is there" for code in codes if outcome.problems(code))


def counts(kind: str, **expected: int) -> Check:
    """The rows of a kind came to exactly these outcomes."""
    return lambda outcome: "" if outcome.counts(kind) == expected else f"{kind}: {outcome.counts(kind)}, not {expected}"


def value(name: str, source_id: str, field: str, expected: object) -> Check:
    """One field of one record."""

    def check(outcome: Outcome) -> str:
        record = outcome.record(name, source_id)
        return "" if record and record.get(field) == expected else f"{name} {source_id}: {field} differs"

    return check


def contains(name: str, source_id: str, field: str, *parts: str) -> Check:
    """One text holds these parts, in this order."""

    def check(outcome: Outcome) -> str:
        text, at = str(outcome.record(name, source_id).get(field) or ""), 0
        for number, part in enumerate(parts, start=1):
            at = text.find(part, at)
            if at < 0:
                return f"{name} {source_id}: part {number} is missing in {field}"
            at += len(part)
        return ""

    return check


def without(name: str, field: str, *parts: str) -> Check:
    """No record's text holds any of these parts."""

    def check(outcome: Outcome) -> str:
        texts = [str(record.get(field) or "") for record in outcome.records.get(name, [])]
        wrong = [number for number, part in enumerate(parts, start=1) if any(part in text for text in texts)]
        return f"{name}: {field} holds parts {wrong}" if wrong else ""

    return check


def records(name: str, expected: int) -> Check:
    """The number of records of one Caspen object."""

    def check(outcome: Outcome) -> str:
        number = len(outcome.records.get(name, []))
        return "" if number == expected else f"{number} {name}, not {expected}"

    return check


def clients(source_id: str, field: str, expected: object) -> Check:
    return value("clients", source_id, field, expected)


MOBILE = "+61491570006"
PARTIAL = (has("partial_export"),)
WORKBOOK = (lacks("work_failed", "not_verified"),)
CASES: tuple[Case, ...] = (
    Case(
        "10-cells",
        (
            counts("patients", created=42),
            *(clients(each, "phone_number", MOBILE) for each in ("2001", "2005", "2006", "2008", "2014")),
            contains("clients", "2008", "notes", "mum"),
            has("spreadsheet_value_mended", kind="patients"),
            clients("2003", "phone_number", None),
            contains("clients", "2003", "notes", "6.1491E+10"),
            has("bad_phone", kind="patients"),
            clients("2023", "email", "bc@mail.example"),
            clients("2026", "email", "bf@mail.example"),
            clients("2021", "email", "a@mail.example"),
            contains("clients", "2021", "notes", "b@mail.example"),
            clients("2029", "email", "bi@mail.example"),
            contains("clients", "2029", "notes", "bj@mail.example"),
            clients("2022", "email", "bb@mail.example"),
            has("spreadsheet_error_value", kind="patients"),
            without("clients", "first_name", "#"),
            without("clients", "notes", "#NAME?", "#REF!", "#VALUE!", "#N/A"),
            without("clients", "address", "#VALUE!", "#N/A"),
            clients("2031", "first_name", "Null"),
            clients("2031", "last_name", "Null"),
            clients("2032", "first_name", "None"),
            clients("2033", "first_name", "True"),
            clients("2048", "date_of_birth", "1980-03-02"),
        ),
    ),
    *(Case(f"20{letter}-partial-name", PARTIAL) for letter in "adefln"),
    Case(
        "21-header-repeated",
        (
            counts("patients", created=5, skipped=1),
            counts("appointments", created=2, skipped=1),
            has("not_a_record", kind="patients", count=1),
            has("not_a_record", kind="appointments", count=1),
            lacks("bad_id", "bad_date", "bad_boolean", "id_cleaned", "bad_date_of_birth"),
        ),
    ),
    Case("23-total-row", (has("not_a_record", count=1), records("clients", 3))),
    Case(
        "24-32767",
        (has("cell_may_be_cut", kind="communications"), has("cell_may_be_cut", kind="treatment_notes")),
    ),
    Case(
        "27a-surrogate-note",
        (has("control_chars_removed"), contains("progress_notes", "1", "body", "cut", "here")),
    ),
    Case("28c-pages-array", (counts("patients", created=6),)),
    Case("30-xlsx-1904", WORKBOOK),
    Case(
        "32-xlsx-two-sheets",
        (*WORKBOOK, lambda outcome: "" if len(sheets(outcome)) == 2 else f"sheets read: {sheets(outcome)}"),
    ),
    Case("32b-xlsx-contacts-only", WORKBOOK),
    Case("32c-xlsx-empty-contacts", WORKBOOK),
    Case("36-xlsx-numbers", WORKBOOK),
    Case("37-xlsx-times", WORKBOOK),
    Case("40-onedrive-disks0", (counts("patients", created=3),)),
    Case("41-dropbox-slash", (lacks("unsafe_path"), counts("patient_files", created=1))),
    Case("42-backslash", (counts("patient_files", created=1), counts("treatment_notes", created=1))),
    Case("45-zstd", (has("zip_method_unsupported", file="Contacts"), counts("patients", created=3))),
    Case("47-drive-parts", (lacks("zip_part_missing"), counts("patient_files", created=1))),
    Case("47b-drive-parts-gap", (has("zip_part_missing"),)),
    Case("47d-contract-names-gap", (has("zip_part_missing"),)),
    Case("48-attachment-kinds", (records("files", 20),)),
    Case("49-note-documents", (records("progress_notes", 3), records("files", 3), has("note_as_file", count=3))),
    Case(
        "54-odd-neighbours",
        (
            has("unfinished_download", file=".crdownload"),
            has("unfinished_download", file=".part"),
            has("shortcut_not_file", file=".url"),
            has("shortcut_not_file", file=".webloc"),
            lacks("bad_json"),
        ),
    ),
    Case(
        "56-html-meaning",
        (
            lambda outcome: meaning_lost(outcome),
            without("progress_notes", "body", "R L 4 5", "RL45"),
        ),
    ),
    Case("57-same-row-excel-copy", (counts("appointments", created=1, skipped=1), has("duplicate_row", count=1))),
    Case(
        "60-archived-second-file",
        (
            records("clients", 4),
            lambda outcome: "" if archived(outcome) == 2 else f"{archived(outcome)} archived clients, not 2",
        ),
    ),
    Case("65-cut-last-row", (has("file_may_be_cut"),)),
    Case("70-comm-surrogate-json"),
    Case(
        "72-one-bad-byte",
        (
            has("line_encoding_guessed", count=1),
            lambda outcome: "" if right_names(outcome) >= 39 else f"{right_names(outcome)} names are right",
        ),
    ),
    Case("77-dotted-headers", (counts("appointments", created=1), lacks("appointment_type_missing"))),
    Case("79-full-url-links", (counts("treatment_notes", created=1),)),
    Case("80-cut-in-note"),
    Case("90-no-type-column", (has("appointment_type_missing"), lacks("appointment_type_ambiguous"))),
    Case("91-type-blank", (has("appointment_type_missing"), lacks("appointment_type_ambiguous"))),
    Case("v1-attendees"),
    Case("v2-left-out", plan="v2-left-out.yaml"),
    Case("v3-waitlist"),
    Case("v4-recalls"),
)


def sheets(outcome: Outcome) -> list[str]:
    return [file["path"] for file in outcome.answer["export"]["files"] if "#" in file["path"] and file["kind"]]


def archived(outcome: Outcome) -> int:
    return sum(record["status"] == "archived" for record in outcome.records["clients"])


def right_names(outcome: Outcome) -> int:
    """The clients whose accented names came as they were written."""
    return sum(
        (record["first_name"], record["last_name"]) == ("Zoë", "Müller") for record in outcome.records["clients"]
    )


def meaning_lost(outcome: Outcome) -> str:
    """Struck-out words of a note that read as if they still held."""
    notes = [str(note["body"]) for note in outcome.records["progress_notes"] if "latex" in str(note["body"])]
    if len(notes) != 2:
        return f"{len(notes)} notes speak of the allergy, not 2"
    plain = [
        note for note in notes if "<s>Allergic to latex" not in note and "[struck out: Allergic to latex" not in note
    ]
    return f"{len(plain)} notes lost what was struck out" if plain else ""


def outcome_of(case: Case, tries: Callable[..., Tried]) -> Outcome:
    """A whole trial of one case by the command line."""
    with tempfile.TemporaryDirectory(prefix="caspen-case-") as folder:
        plan = ["--plan", str(FOLDER / case.plan)] if case.plan else []
        tried = tries(FOLDER / f"{case.name}.zip", "--records", folder, *plan)
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for path in Path(folder).glob("*.jsonl"):
            rows[path.stem] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return Outcome(tried.status, tried.answer, rows)


def faults(case: Case, tries: Callable[..., Tried] = trial) -> list[str]:
    """The differences from the case's expectation; empty if there are none."""
    outcome = outcome_of(case, tries)
    wrong = [] if outcome.status == 0 else [f"exit status {outcome.status}"]
    wrong += [] if outcome.answer["balanced"] is True else ["the trial does not balance"]
    for check in case.checks:
        try:
            wrong += [fault] if (fault := check(outcome)) else []
        except Exception as error:
            wrong.append(f"a check failed with {type(error).__name__}")
    return [f"{case.name}: {each}" for each in wrong]


def take(_long: bool) -> Reached:
    """Runs every case. The figure counts the cases without a fault."""
    wrong = {case.name: faults(case) for case in CASES}
    good = sum(not each for each in wrong.values())
    return Reached(
        f"{good} of {len(CASES)}", ok=good == len(CASES), why=tuple(f for each in wrong.values() for f in each)
    )


MEASURES = (Measure("cases after public bug reports", f"{len(CASES)} of {len(CASES)}", take),)
