"""The parts of a workbook (ECMA-376 part 2): sheets, shared strings and styles."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.parsers import expat

from app.reading.limits import MIB, Limits

STRINGS = "xl/sharedstrings.xml"
OnElement = Callable[[str, Sequence[str], Mapping[str, str]], None]
_LISTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
_MOST = 4 * MIB  # bytes of the list of sheets or relations
_TABLE = "/worksheet"  # end of the relation type of a sheet with cells
_HEAD = re.compile(rb"<(?:[\w.-]+:)?sst\b[^>]{0,4096}")
_COUNT = re.compile(rb"""ount\s*=\s*["']\s*\+?(\d{1,40})""")
_SMALLEST = 5  # bytes of a string in its part: `<si/>`


@dataclass(frozen=True, slots=True)
class SheetPart:
    """The part of a sheet: its name in the archive, None if the archive has no such part."""

    name: str | None
    has_cells: bool


def sheet_parts(data: bytes) -> tuple[dict[str, SheetPart], bool]:
    """Returns the part of each sheet by the sheet's name, and whether days are counted from 1904 (ECMA-376 part 1,
    18.2.28).

    No parts if the workbook's lists cannot be parsed.
    """
    since_1904 = False
    sheets: dict[str, str] = {}
    relations: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal since_1904
        local = tag.rpartition(":")[2]
        if local == "workbookPr":
            since_1904 = attributes.get("date1904", "") in ("1", "true")
        if local == "sheet":
            related = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets[attributes.get("name", "")] = related
        elif local == "Relationship":
            relations[attributes.get("Id", "")] = attributes.get("Type", ""), attributes.get("Target", "")

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {name.replace("\\", "/").casefold(): name for name in archive.namelist()}
        for part in _LISTS:
            parser = expat.ParserCreate()
            parser.StartElementHandler = start
            try:
                with archive.open(names[part]) as stream:
                    parser.Parse(stream.read(_MOST), True)
            except (expat.ExpatError, ValueError, KeyError):
                return {}, since_1904
    parts = {}
    for sheet, related in sheets.items():
        kind, target = relations.get(related, (_TABLE, ""))
        parts[sheet] = SheetPart(names.get(_place(target).casefold()), kind.endswith(_TABLE))
    return parts, since_1904


def has_false_count(data: bytes, limits: Limits) -> bool:
    """Returns whether the shared strings claim a higher count than their part can hold or a workbook may have.

    A library that trusts the count allocates memory for all of them at once, and the process is killed.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if info.filename.replace("\\", "/").casefold() == STRINGS:
                most = min(info.file_size // _SMALLEST + 1, limits.workbook_strings)
                with archive.open(info) as stream:
                    head = _HEAD.search(stream.read(MIB))
                return head is None or any(int(count) > most for count in _COUNT.findall(head[0]))
    return False


def _place(target: str) -> str:
    """Returns the name of a part in the archive from a relation's target."""
    if target.startswith("/"):
        return target[1:]
    return target if target.startswith("xl/") else f"xl/{target}"


def walk_styles(archive: zipfile.ZipFile, name: str | zipfile.ZipInfo, start: OnElement) -> bool:
    """Calls `start` for each element of a workbook's styles, in order, in bounded memory.

    `start` receives the element's local name, the local names of the elements around it (nearest last) and its
    attributes. Returns False for invalid XML: then ignore what was received.
    """
    around: list[str] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(":")[2]
        start(local, around, attributes)
        around.append(local)

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: around.pop()
    try:
        with archive.open(name) as source:
            while block := source.read(MIB):
                parser.Parse(block, False)
            parser.Parse(b"", True)
    except (expat.ExpatError, ValueError):
        return False
    return True
