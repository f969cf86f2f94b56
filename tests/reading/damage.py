"""Damage to a sound table, as a clinic's programs, downloads and copies cause it.

Each function takes the text or bytes of a sound table and returns the damaged bytes, independent of the kind.
"""

from collections.abc import Callable, Iterable

COPIES = (
    "{} - Copy.csv",
    "{} - Copy (2).csv",
    "{} copy.csv",
    "{} copy 2.csv",
    "{}_1.csv",
    "{}-1.csv",
    "{} 2.csv",
    "{} (1).csv",
    "{}(1).csv",
    "{} (version 1).csv",
    "{} - Sheet1.csv",
    "{}.csv.csv",
    "{}.csv (1)",
    "{}.csv.txt",
    "{} - {}.csv",
    "Copy of {}.csv",
    "old {}.csv",
)
CUT = 32_767  # characters that a spreadsheet holds in one cell


def copy_names(stem: str, *, twice: bool = True) -> Iterable[str]:
    """Returns possible names of a copy of `stem`, and of a copy of that copy."""
    for pattern in COPIES:
        name = pattern.format(stem, stem)
        yield name
        if twice and name.endswith(".csv"):
            for again in COPIES[:13]:
                yield again.format(name[:-4])


def in_letters(table: str, encoding: str, lines: Callable[[int], bool]) -> bytes:
    """Returns the table in UTF-8, except for the lines that `lines` picks by number, from 1."""
    parts = table.splitlines(keepends=True)
    return b"".join(part.encode(encoding if lines(n) else "utf-8") for n, part in enumerate(parts, start=1))


def cut_short(table: str, characters: int = 8) -> bytes:
    """Removes the end of the last row, with its line end."""
    return table.rstrip("\r\n")[:-characters].encode()


def in_quote(table: str) -> bytes:
    """Ends the file inside a quoted cell."""
    return table.rstrip("\r\n").encode() + b'\n9,"and then'


def with_total(table: str, key: str = "Total") -> bytes:
    """Adds a last row with totals, as spreadsheets and reports write it."""
    lines = table.rstrip("\n").split("\n")
    width = lines[0].count(",") + 1
    return "\n".join([*lines, ",".join([key, *[""] * (width - 2), str(len(lines) - 1)])]).encode() + b"\n"


def with_header_again(table: str, at: int) -> bytes:
    """Repeats the header before line `at`, from 1, as in joined files."""
    lines = table.splitlines(keepends=True)
    return "".join([*lines[: at - 1], lines[0], *lines[at - 1 :]]).encode()
