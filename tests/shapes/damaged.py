"""Exports in which rows are damaged: their id cells in every way that is known, or the rows as a whole."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate

from tests.reading.workbooks import workbook
from tests.shapes.export import BESIDE, KINDS, Row
from tests.shapes.shapes import REFERENCE, Files

ID_CELLS: Mapping[str, Callable[[str], str]] = {
    "null": lambda i: "null",
    "NULL": lambda i: "NULL",
    "Null": lambda i: "Null",
    "nil": lambda i: "nil",
    "n/a": lambda i: "n/a",
    "#N/A": lambda i: "#N/A",
    "none": lambda i: "None",
    "nan": lambda i: "NaN",
    "undefined": lambda i: "undefined",
    "a dash": lambda i: "-",
    "a question": lambda i: "?",
    "empty": lambda i: "",
    "blank": lambda i: "   ",
    "hard blank": lambda i: "\u00a0",
    "65 letters": lambda i: "a" * 65,
    "65 digits": lambda i: "9" * 65,
    "a formula": lambda i: f"={i}",
    "a guard": lambda i: f'="{i}"',
    "a guard with a blank": lambda i: f'= "{i}"',
    "a guard twice": lambda i: f'"=""{i}"""',
    "a guard of single marks": lambda i: f"='{i}'",
    "an apostrophe": lambda i: f"'{i}",
    "quoted": lambda i: f'"{i}"',
    "half quoted": lambda i: f'{i}"',
    "in brackets": lambda i: f"({i})",
    "a hash": lambda i: f"#{i}",
    "a decimal": lambda i: f"{i}.0",
    "two decimals": lambda i: f"{i}.00",
    "a fraction": lambda i: f"{i}.5",
    "an exponent without a sign": lambda i: f"x{i}e5",
    "thousands": lambda i: f"1,{i}",
    "a plus": lambda i: f"+{i}",
    "a minus": lambda i: f"-{i}",
    "zero": lambda i: "0",
    "leading zeros": lambda i: f"00{i}",
    "a blank inside": lambda i: f"{i[:2]} {i[2:]}",
    "a line inside": lambda i: f"{i[:2]}\n{i[2:]}",
    "a tab inside": lambda i: f"{i[:2]}\t{i[2:]}",
    "a control character": lambda i: f"{i}\x07",
    "an invisible mark": lambda i: f"\u200b{i}",
    "a direction mark": lambda i: f"\u202e{i}",
    "full-width digits": lambda i: "".join(chr(0xFF10 + int(d)) for d in i),
    "arabic digits": lambda i: "".join(chr(0x0660 + int(d)) for d in i),
    "an address": lambda i: f"https://api.au1.cliniko.com/v1/things/{i}",
    "an address with a part": lambda i: f"https://api.au1.cliniko.com/v1/things/{i}#a",
    "a slash": lambda i: f"{i}/7",
    "an underscore": lambda i: f"a_{i}",
    "letters": lambda i: f"p-{i}",
    "a word": lambda i: "Smith",
    "two ids": lambda i: f"{i}, {i}8",
    "an error": lambda i: "#REF!",
    "too narrow": lambda i: "########",
    "true": lambda i: "TRUE",
    "a date": lambda i: "2024-03-04",
    "a list": lambda i: "[]",
    "an object": lambda i: "{}",
}
# What becomes of the cells of a row, whatever they hold. The id is the first.
ROWS: Mapping[str, Callable[[list[str]], list[str]]] = {
    "only an id": lambda row: [row[0], *[""] * (len(row) - 1)],
    "no id and one cell": lambda row: ["", row[1], *[""] * (len(row) - 2)],
    "short": lambda row: row[: max(2, len(row) // 2)],
    "an id alone": lambda row: row[:1],
    "one cell too many": lambda row: [*row, "more"],
    "moved to the right": lambda row: ["", *row],
    "moved to the left": lambda row: row[1:],
    "a total": lambda row: ["Total", *[""] * (len(row) - 2), "12"],
    "a total without an id": lambda row: ["", "Total: 12", *[""] * (len(row) - 2)],
    "words": lambda row: ["exported by Ann", *[""] * (len(row) - 1)],
    "dashes": lambda row: ["---"] * len(row),
    "null everywhere": lambda row: ["NULL"] * len(row),
    "errors everywhere": lambda row: ["#REF!"] * len(row),
    "control characters": lambda row: [f"{cell}\x07" if cell else cell for cell in row],
    "guards everywhere": lambda row: [
        f'="{cell}"' if cell and len(cell) < 40 and '"' not in cell else cell for cell in row
    ],
}
# Kinds with a number of their own. Their first column is that number.
KEYED = tuple(
    kind for kind, rows in KINDS.items() if next(iter(rows[0])).endswith(" ID") and kind != "custom_field_values"
)
Table = list[list[str]]


@dataclass
class Export:
    """An export with damaged rows. `good` are the ids of its sound rows, by kind."""

    files: Files = field(default_factory=dict)
    good: dict[str, set[str]] = field(default_factory=dict)
    damaged: dict[str, set[int]] = field(default_factory=dict)  # by file, the lines of damaged rows


def csv_file(table: Table) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue().encode("utf-8", "surrogatepass")


def _objects(table: Table) -> list[dict[str, str]]:
    return [dict(zip(table[0], row, strict=False)) for row in table[1:]]


def json_file(table: Table) -> bytes:
    return json.dumps(_objects(table)).encode()


def json_lines(table: Table) -> bytes:
    return "\n".join(map(json.dumps, _objects(table))).encode()


def sheet_file(table: Table) -> bytes:
    """A workbook has no control characters: they are written as a workbook writes them."""
    escaped = [
        ["".join(f"_x{ord(c):04X}_" if c < " " and c not in "\n\t" else c for c in cell) for cell in row]
        for row in table
    ]
    return workbook({"Sheet1": escaped})


WRITERS: Mapping[str, Callable[[Table], bytes]] = {
    "csv": csv_file,
    "json": json_file,
    "jsonl": json_lines,
    "xlsx": sheet_file,
}


def export(shape: str) -> Export:
    """Every kind with every damage in one shape: a file for each kind, where damaged rows have sound neighbours."""
    made = Export({**REFERENCE.files(), **BESIDE})
    for at, kind in enumerate(KEYED):
        tables = [table for _, table in _tables(kind, 100 + at)]
        rows = [row for table in tables for row in table[1:]]
        _add(made, kind, f"{kind} damaged.{shape}", [tables[0][0], *rows], {3 * n + 3 for n in range(len(tables))})
    return made


def one_by_one(shape: str, kind: str) -> Export:
    """One kind with every damage in one shape: a file for each damaged row, with a single sound row."""
    made = Export({**REFERENCE.files(), **BESIDE})
    for number, (_, table) in enumerate(_tables(kind, 900), start=1):
        _add(made, kind, f"{kind} {number:03}.{shape}", table[:3], {3})
    return made


def _add(made: Export, kind: str, file: str, table: Table, damaged: set[int]) -> None:
    made.files[file] = WRITERS[file.rpartition(".")[2]](table)
    made.damaged[file] = damaged
    if file.endswith("csv"):  # whose lines are those of the text
        begins = [*accumulate((1 + sum(cell.count("\n") for cell in row) for row in table), initial=1)]
        made.damaged[file] = {begins[row - 1] for row in damaged}
    sound = [row[0] for line, row in enumerate(table, start=1) if line > 1 and line not in damaged]
    made.good.setdefault(kind, set()).update(sound)


def _tables(kind: str, begins: int) -> Iterator[tuple[str, Table]]:
    row = KINDS[kind][0]
    damages: dict[str, Callable[[list[str]], list[str]]] = {
        f"id: {name}": partial(_with_id, spoil) for name, spoil in ID_CELLS.items()
    }
    damages |= {f"row: {name}": spoil for name, spoil in ROWS.items()}
    damages["row: a header again"] = lambda cells: list(row)
    damages["row: the same again"] = lambda cells: _cells(row, f"{begins}{number:03}1", f"{number}a")
    for number, (name, spoil) in enumerate(damages.items(), start=1):
        first, second, third = (_cells(row, f"{begins}{number:03}{n}", f"{number}{'abc'[n - 1]}") for n in (1, 2, 3))
        yield name, [list(row), first, spoil(second), third]


def _with_id(spoil: Callable[[str], str], cells: list[str]) -> list[str]:
    return [spoil(cells[0]), *cells[1:]]


def _cells(row: Row, own_id: str, word: str) -> list[str]:
    """A sound row of its own: another id, other words."""
    key = next(iter(row))
    cells = {**row, key: own_id}
    for header in ("Last Name", "Display Name", "Business Name", "Name", "Subject", "Title", "Company Name"):
        if header in cells:
            cells[header] = f"{cells[header]} {word}"
    if "Email" in cells:
        cells["Email"] = f"{word}@clinic.example"
    if "User ID" in cells and key != "User ID":
        cells["User ID"] = ""
    return list(cells.values())
