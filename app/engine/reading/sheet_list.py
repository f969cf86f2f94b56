"""The sheets of a workbook by their names, read from its list of them before any spreadsheet library opens it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

from app.engine.reading.archive import Archive
from app.engine.reading.limits import MIB
from app.engine.reading.refusal import Refused

LIST = "xl/workbook.xml"
_WRITTEN = ("word/document.xml", "ppt/presentation.xml", "Index/Document.iwa")
_MOST = MIB  # of the list itself


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as the workbook lists it; `is_hidden` where the office program does not show it."""

    name: str
    is_hidden: bool = False


def sheets_of(archive: Archive, most: int) -> Sequence[Sheet]:
    """The sheets of a workbook, visible ones first, each kind in the workbook's order.

    Empty for a zip that is no workbook, for a list that cannot be read, and for more than `most` sheets: reading
    the workbook refuses it.
    """
    member = next((m for m in archive.members if m.path == LIST), None)
    if member is None:
        return ()
    try:
        with archive.open(member) as stream:
            data = stream.read(_MOST + 1)
    except Refused:
        return ()
    found = _listed(data) if len(data) <= _MOST else []
    return sorted(found, key=lambda sheet: sheet.is_hidden) if len(found) <= most else ()


def _listed(data: bytes) -> list[Sheet]:
    found: list[Sheet] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "sheet" and attributes.get("name"):
            found.append(Sheet(attributes["name"], attributes.get("state", "visible") in ("hidden", "veryHidden")))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError):
        return []
    return found


def _no_doctype(*_: object) -> NoReturn:
    """A workbook has no document type; one that has could define entities without end."""
    raise ValueError


def is_written(archive: Archive) -> bool:
    """Whether an office document is a letter, a text or slides, and no table."""
    if any(member.path in _WRITTEN for member in archive.members):
        return True
    kind = next((m for m in archive.members if m.path == "mimetype"), None)
    if kind is None:
        return False
    with archive.open(kind) as stream:
        return stream.read(64).startswith((b"application/vnd.oasis.opendocument.text", b"application/epub"))
