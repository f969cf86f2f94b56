"""Damaged exports: one thing is broken in an otherwise good export, and the generator knows the expected result.

The export is made here from its own rows, without the product's sample generator. Each damage says which rows may
differ from the trial of the good export, and which problem codes may name the damage. A damage that leaves every value
certain lets no row differ.
"""

import io
import random
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.caspen.gateway import Gateway
from app.migration.states import State
from app.worker.runtime import Runtime
from tests.figures.figure import Measure, Reached
from tests.figures.good_export import KEYS, TEXTS, Export, Table, good
from tests.harness.clinic import clinic_in, runtime_in
from tests.reading.workbooks import workbook
from tests.register.story import Tried, told_of

WORKSPACE = "wsp_damaged"
IGNORED = frozenset({"import_id", "created_at", "id"})
ERROR_WORDS = ("#NAME?", "#REF!", "#VALUE!", "#N/A", "#DIV/0!", "########")

Row = tuple[str, str]
"""A source's kind and id."""


@dataclass(frozen=True)
class Damaged:
    """One damaged export: its files, the rows that may differ, the codes of which one must name the damage (none for
    a damage that cleaning mends without a word), and the file that the problem must point to."""

    name: str
    files: Mapping[str, bytes]
    may_differ: frozenset[Row] = frozenset()
    codes: frozenset[str] = frozenset()
    file: str = ""


Damage = Callable[[Export, str, int, random.Random], Damaged]
"""Receives the good export, a kind, the number of a row and a source of chance; returns the damaged export."""
DAMAGES: dict[str, tuple[Damage, tuple[str, ...]]] = {}
ALL = tuple(TEXTS)


def damage(name: str, *kinds: str) -> Callable[[Damage], Damage]:
    """Adds a damage to the list, for these kinds; for every kind with a text where none is given."""

    def add(function: Damage) -> Damage:
        DAMAGES[name] = (function, kinds or ALL)
        return function

    return add


def result(
    export: Export, kind: str, codes: str, rows: Sequence[Row] = (), files: Mapping[str, bytes] | None = None
) -> Damaged:
    """`codes` are separated by spaces; `files` replace those of the export by the key of their table."""
    table = export.tables[kind]
    changed = {export.tables[key].name: data for key, data in (files or {}).items()}
    return Damaged("", export.files() | changed, frozenset(rows), frozenset(codes.split()), table.name)


def key_of(export: Export, kind: str, row: int) -> Row:
    table = export.tables[kind]
    return kind, table.rows[row][table.at(KEYS[kind])]


def with_bytes(export: Export, kind: str, row: int, old: bytes, new: bytes) -> dict[str, bytes]:
    """The file of a kind with `new` for `old` in the line of one row."""
    table = export.tables[kind]
    lines = table.data().split(b"\r\n")
    assert old in lines[row + 1], "the damage must hit something"
    lines[row + 1] = lines[row + 1].replace(old, new, 1)
    return {kind: b"\r\n".join(lines)}


def with_cell(export: Export, kind: str, row: int, header: str, cell: str) -> None:
    table = export.tables[kind]
    table.rows[row][table.at(header)] = cell


def accented(export: Export, kind: str, row: int) -> tuple[bytes, bytes]:
    """The first accented letter of a row's text that Windows-1252 has: as UTF-8, and as Windows-1252."""
    table = export.tables[kind]
    text = table.rows[row][table.at(TEXTS[kind])]
    for letter in text:
        if not letter.isascii() and letter.encode("cp1252", "ignore"):
            return letter.encode(), letter.encode("cp1252")
    return b"", b""


@damage("one letter in Windows-1252")
def _one_byte(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    row -= row % 10  # the first text of every ten has such a letter
    old, new = accented(export, kind, row)
    return result(export, kind, "line_encoding_guessed", files=with_bytes(export, kind, row, old, new))


@damage("a byte that no letter has")
def _stray_byte(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    row -= row % 10
    old, _ = accented(export, kind, row)
    stray = bytes([chance.choice([0x81, 0x8D, 0x8F, 0x90, 0x9D])])
    files = with_bytes(export, kind, row, old, stray + old)
    return result(export, kind, "line_encoding_guessed control_chars_removed", [key_of(export, kind, row)], files=files)


@damage("a half surrogate as bytes")
def _surrogate_bytes(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    row -= row % 10
    old, _ = accented(export, kind, row)
    half = chance.choice([b"\xed\xa0\xbd", b"\xed\xb8\x80"])
    files = with_bytes(export, kind, row, old, half + old)
    return result(export, kind, "line_encoding_guessed control_chars_removed", [key_of(export, kind, row)], files=files)


@damage("a half surrogate in a JSON text", "treatment_notes")
def _surrogate_escape(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    half = chance.choice([b"\\ud83d", b"\\ude00"])
    files = with_bytes(export, kind, row, b" better", half + b" better")
    return result(export, kind, "control_chars_removed", [], files=files)


@damage("a NUL in a text")
def _nul(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    row -= row % 10
    old, _ = accented(export, kind, row)
    return result(export, kind, "control_chars_removed", files=with_bytes(export, kind, row, old, b"\x00" + old))


@damage("the last row cut off")
def _cut_row(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    data = table.data().removesuffix(b"\r\n")
    start = data.rindex(b"\r\n") + 2
    cells = data[start:]
    keep = chance.randrange(len(cells) // 3, len(cells) * 2 // 3)
    cut = data[: start + keep]
    while cut[-1] >= 0x80:  # not in the middle of a letter, which is another damage
        cut = cut[:-1]
    return result(export, kind, "file_may_be_cut", [key_of(export, kind, len(table.rows) - 1)], files={kind: cut})


@damage("a quote that nothing closes", "communications", "contacts")
def _open_quote(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    """The rows after the quotation mark are uncertain: the file is refused, and nothing else differs."""
    table = export.tables[kind]
    last = len(table.rows) - 1
    text = table.rows[last][table.at(TEXTS[kind])].encode()
    rows = [key_of(export, kind, number) for number in range(len(table.rows))]
    return result(export, kind, "csv_unclosed_quote", rows, files=with_bytes(export, kind, last, text, b'"' + text))


@damage("an error word in a text", "patients", "appointments", "communications", "contacts")
def _error_word(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    with_cell(export, kind, row, TEXTS[kind], chance.choice(ERROR_WORDS))
    return result(export, kind, "spreadsheet_error_value", [key_of(export, kind, row)])


@damage("an error word in a date", "patients")
def _error_date(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    with_cell(export, kind, row, "Date of Birth", chance.choice(ERROR_WORDS))
    return result(export, kind, "spreadsheet_error_value", [key_of(export, kind, row)])


@damage("an error word as a name", "patients")
def _error_name(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    with_cell(export, kind, row, chance.choice(["First Name", "Last Name"]), chance.choice(ERROR_WORDS))
    return result(export, kind, "spreadsheet_error_value", [key_of(export, kind, row)])


@damage("an error word as the client", "appointments", "treatment_notes", "communications")
def _error_link(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    header = "PatientID(s)" if kind == "appointments" else "Patient ID"
    with_cell(export, kind, row, header, chance.choice(ERROR_WORDS))
    return result(export, kind, "spreadsheet_error_value", [key_of(export, kind, row)])


@damage("a phone as a decimal number", "patients")
def _decimal_phone(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    phone = table.rows[row][table.at("PhoneMobile")]
    with_cell(export, kind, row, "PhoneMobile", f"61{phone[1:]}.0")
    return result(export, kind, "spreadsheet_value_mended")


@damage("a phone as a power of ten", "patients")
def _power_phone(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    with_cell(export, kind, row, "PhoneMobile", "6.1491E+10")
    return result(export, kind, "bad_phone", [key_of(export, kind, row)])


@damage("invisible marks around a phone and an e-mail", "patients")
def _invisible(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    mark = chance.choice("\u200b\u200e\u202a\u2060\ufeff")
    for header in ("PhoneMobile", "Email"):
        with_cell(export, kind, row, header, f"{mark}{table.rows[row][table.at(header)]}{mark}")
    return result(export, kind, "")


@damage("a mail address as a link", "patients", "contacts")
def _mailto(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    email = table.rows[row][table.at("Email")]
    with_cell(export, kind, row, "Email", chance.choice(["mailto:{}", "Somebody <{}>", "<{}>", " {} "]).format(email))
    return result(export, kind, "", [key_of(export, kind, row)])


@damage("a text that Excel cut")
def _excel_limit(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    if kind == "treatment_notes":
        table = export.tables[kind]
        content = table.rows[row][table.at("Content")]
        with_cell(export, kind, row, "Content", content.replace("better", "better " * 6000)[:32_767])
    else:
        with_cell(export, kind, row, TEXTS[kind], ("lorem ipsum " * 3000)[:32_767])
    return result(export, kind, "cell_may_be_cut", [key_of(export, kind, row)])


@damage("a birth as an instant", "patients")
def _instant(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    born = datetime.fromisoformat(table.rows[row][table.at("Date of Birth")]).replace(
        tzinfo=ZoneInfo("Australia/Sydney")
    )
    with_cell(export, kind, row, "Date of Birth", born.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return result(export, kind, "date_from_instant")


@damage("a date that no calendar has", "patients")
def _no_date(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    with_cell(export, kind, row, "Date of Birth", chance.choice(["1980-02-31", "1981-13-01", "0000-00-00"]))
    return result(export, kind, "bad_date_of_birth", [key_of(export, kind, row)])


@damage("a row twice")
def _twice(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    table.rows.append(list(table.rows[row]))
    return result(export, kind, "duplicate_row")


@damage("a row once more as a spreadsheet writes it", "patients", "appointments", "communications", "contacts")
def _spreadsheet_copy(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    copy = [_as_spreadsheet(cell) for cell in table.rows[row]]
    other = Table(table.name.replace(".csv", " (edited).csv"), kind, table.header, [copy])
    export.more[other.name] = other.data()
    damaged = result(export, kind, "duplicate_row")
    return Damaged("", damaged.files, damaged.may_differ, damaged.codes)


def _as_spreadsheet(cell: str) -> str:
    """A cell after a spreadsheet in Sydney opened and saved it."""
    if cell in ("true", "false"):
        return cell.upper()
    if len(cell) == 25 and cell.endswith(" +1100"):
        return cell
    return cell.rstrip()


@damage("two rows of one id that say different things")
def _conflict(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    other = list(table.rows[row])
    at = table.at(TEXTS[kind])
    other[at] += " and more"
    table.rows.append(other)
    rows = [key_of(export, kind, row), *_of_client(export, kind, row)]
    return result(export, kind, "id_conflict id_conflict_newest_used", rows)


def _of_client(export: Export, kind: str, row: int) -> Iterator[Row]:
    """The rows that belong to a client, and wait when the client waits."""
    if kind != "patients":
        return
    key = key_of(export, kind, row)[1]
    for other, header in (
        ("appointments", "PatientID(s)"),
        ("treatment_notes", "Patient ID"),
        ("communications", "Patient ID"),
    ):
        table = export.tables[other]
        for number, cells in enumerate(table.rows):
            if cells[table.at(header)] == key:
                yield key_of(export, other, number)


@damage("a row of totals")
def _total(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    table.rows.append(["Total", *[""] * (len(table.header) - 2), str(len(table.rows))])
    return result(export, kind, "not_a_record")


@damage("the header once more")
def _header(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    table.rows.insert(row, list(table.header))
    return result(export, kind, "not_a_record")


@damage("a copy's name with a partial range")
def _partial_name(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    stem = table.name.removesuffix(".csv")
    ending = chance.choice(
        [" - Copy", " copy", "_1", "-1", " 2", " - Sheet1", "(version 1)", " (1)", ".csv", " - Copy (2)"]
    )
    table.name = f"{stem}-From20260101-To20261120{ending}.csv"
    return result(export, kind, "partial_export")


@damage("a hidden sheet beside the visible one")
def _hidden_sheet(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables.pop(kind)
    wrong = [[cells[0], *("wrong" for _ in cells[1:])] for cells in table.rows[:5]]
    book = workbook({"Data": [table.header, *table.rows], "Old": [table.header, *wrong]})
    name = table.name.replace(".csv", ".xlsx")
    export.more[name] = hidden(book, "Old")
    return Damaged("", export.files(), codes=frozenset({"hidden_sheet_ignored"}))


def hidden(book: bytes, sheet: str) -> bytes:
    """The workbook with one of its sheets hidden."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            data = source.read(item)
            if item.filename == "xl/workbook.xml":
                data = data.replace(f'name="{sheet}"'.encode(), f'name="{sheet}" state="hidden"'.encode())
            target.writestr(item, data)
    return out.getvalue()


@damage("an unfinished download beside the file")
def _unfinished(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    table = export.tables[kind]
    ending = chance.choice([".crdownload", ".part", ".download", ".partial"])
    export.more[table.name + ending] = table.data()[:500]
    return Damaged("", export.files(), codes=frozenset({"unfinished_download"}), file=table.name + ending)


@damage("a shortcut, a photo, a letter or a broken zip beside the files", "patients")
def _neighbour(export: Export, kind: str, row: int, chance: random.Random) -> Damaged:
    name, data, code = chance.choice(
        [
            ("Clinic.url", b"[InternetShortcut]\r\nURL=https://clinic.example\r\n", "shortcut_not_file"),
            ("Front desk.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200), "file_is_picture"),
            ("Letter.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "file_is_document"),
            ("More.zip", b"PK\x03\x04" + bytes(300), "zip_damaged"),
        ]
    )
    export.more[name] = data
    return Damaged("", export.files(), codes=frozenset({code}), file=name)


def inputs(number: int, seed: int = 1) -> list[Damaged]:
    """`number` damaged exports: every damage with one kind, then with the next kind, with other rows each."""
    chance = random.Random(seed)
    made: list[Damaged] = []
    for turn in count():
        for name, (function, kinds) in DAMAGES.items():
            if len(made) == number:
                return made
            export, kind = good(), kinds[(turn + len(name)) % len(kinds)]
            row = chance.randrange(len(export.tables[kind].rows) - 1)
            damaged = function(export, kind, row, chance)
            made.append(replace(damaged, name=f"{name}, {kind}, row {row}"))
    raise AssertionError("unreachable")


Records = Mapping[tuple[str, str, str], Mapping[str, Any]]


@dataclass
class Trials:
    """Tries exports one after the other in one engine and one workspace, so that equal rows give equal records."""

    runtime: Runtime
    reference: Records = field(default_factory=dict)

    def records(self, tried: Tried) -> Records:
        objects = ("clients", "contacts", "appointments", "progress_notes", "communications", "services", "users")
        return {
            (name, record["source_kind"], record["source_id"]): {
                key: value for key, value in record.items() if key not in IGNORED
            }
            for name in objects
            for record in tried.records(name)
        }

    def tried(self, files: Mapping[str, bytes]) -> Tried:
        clinic = clinic_in(self.runtime, WORKSPACE)
        clinic.hand_over(files)
        clinic.drain()
        if clinic.state() is State.MATCHING:
            clinic.start_trial()
            clinic.drain()
        return told_of(clinic)

    def faults(self, damaged: Damaged) -> list[str]:
        """The differences from the generator's expectation; empty if there are none.

        Names rows by kind and id alone.
        """
        tried = self.tried(damaged.files)
        if not tried.answer.get("balanced"):
            return [f"{damaged.name}: not balanced, state {tried.clinic.state()}"]
        wrong: list[str] = []
        now = self.records(tried)
        for key in sorted(self.reference.keys() | now.keys()):
            if self.reference.get(key) != now.get(key) and not _belongs(key, damaged.may_differ):
                wrong.append(f"{damaged.name}: {key[1]} {key[2]} differs")
        named = [problem for problem in tried.answer["problems"] if problem["code"] in damaged.codes]
        if damaged.codes and not any(damaged.file in (problem["file"] or damaged.file) for problem in named):
            wrong.append(f"{damaged.name}: not named by {', '.join(sorted(damaged.codes))}")
        return wrong[:5]


def _belongs(key: tuple[str, str, str], rows: frozenset[Row]) -> bool:
    return any(key[1] == kind and key[2].split(":")[0] == source_id for kind, source_id in rows)


@cache
def _taken(number: int) -> tuple[int, tuple[str, ...]]:
    with tempfile.TemporaryDirectory(prefix="caspen-damaged-") as folder, runtime_in(Path(folder)) as runtime:
        trials = Trials(runtime)
        Gateway(runtime.caspen, clinic_in(runtime, WORKSPACE).migration.workspace_id, "a receptionist").add_location(
            "Main"
        )
        base = trials.tried(good().files())
        if not base.answer["balanced"]:
            return 0, ("the good export does not balance",)
        trials.reference = trials.records(base)
        wrong = [faults for damaged in inputs(number) if (faults := trials.faults(damaged))]
    return number - len(wrong), tuple(fault for faults in wrong for fault in faults)


def take(long: bool) -> Reached:
    """All 300 in the long form, each damage once in the short one."""
    number = 300 if long else len(DAMAGES)
    right, why = _taken(number)
    return Reached(f"{right} of {number}", ok=right == number, seed=1, why=why)


MEASURES = (
    Measure("damaged exports: only what was damaged differs, and it is named", "all; 300 in the long form", take),
)
