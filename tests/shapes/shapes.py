"""Every shape of a file, and of an export as a whole, that the contract of the input accepts."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.reading.workbooks import workbook
from tests.shapes.export import BESIDE, KINDS, Row

Files = dict[str, bytes]
Write = Callable[[str, Sequence[Row]], Files]
FOLDERS = frozenset({"treatment_note_templates", "treatment_notes", "patient_form_templates", "patient_forms"})
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0" + bytes(600)
PRINTED = b"%PDF-1.4\n% an invented print\n%%EOF\n"
STRUCTURED = frozenset({"Content", "Print Settings"})


@dataclass(frozen=True)
class Shape:
    """How each kind is written, and how all files together are handed over.

    `refused` is the code with which the contract refuses the shape where a table is expected.
    """

    name: str
    write: Write
    wrap: Callable[[Files], Files] = dict
    whole: Callable[[Mapping[str, Sequence[Row]]], Files] | None = None  # where several kinds share a file
    refused: str = ""

    def files(self, kinds: Mapping[str, Sequence[Row]] = KINDS) -> Files:
        """An export with these kinds in this shape, and clients' own files."""
        tables = self.whole(kinds) if self.whole else {}
        for kind, rows in kinds.items() if not self.whole else ():
            tables |= self.write(kind, rows)
        return self.wrap({**tables, **(BESIDE if "patient_files" in kinds else {})})


def delimited(rows: Sequence[Row], sign: str = ",", end: str = "\n") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=sign, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def encoded(encoding: str) -> Write:
    def write(kind: str, rows: Sequence[Row]) -> Files:
        mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
        return {f"{kind}.csv": mark + delimited(rows).encode(encoding)}

    return write


def split_by(sign: str) -> Write:
    return lambda kind, rows: {f"{kind}.csv": delimited(rows, sign, "\r\n").encode()}


def text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def nested(row: Row) -> dict[str, object]:
    """A row as an interface gives it: structured cells are values of their own."""
    return {
        name: json.loads(cell) if name in STRUCTURED and cell[:1] == "{" else cell or None for name, cell in row.items()
    }


def pages(kind: str, rows: Sequence[Row]) -> Files:
    """Two pages, each a file, that say how many rows there are."""
    halves = [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
    return {
        f"{kind}-{n}.json": text(
            {kind: [*map(nested, half)], "total_entries": len(rows), "links": {"self": "https://x"}}
        )
        for n, half in enumerate(halves, start=1)
        if half
    }


def objects(kind: str, rows: Sequence[Row]) -> Files:
    """A file for each row; templates, notes and forms are in folders of their own."""
    apart = "/" if kind in FOLDERS else "-"
    return {f"{kind}{apart}{n}.json": text(nested(row)) for n, row in enumerate(rows, start=1)}


def table(rows: Sequence[Row]) -> list[list[str]]:
    return [list(rows[0]), *([*row.values()] for row in rows)]


def web_page(extension: str) -> Write:
    def write(kind: str, rows: Sequence[Row]) -> Files:
        cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in table(rows))
        page = f"<!DOCTYPE html><html><body><table>{cells}</table></body></html>"
        return {f"{kind}.{extension}": page.encode()}

    return write


def zipped(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def in_parts(files: Files) -> Files:
    """A folder download in three zips."""
    names = sorted(files)
    parts = [{name: files[name] for name in names[n::3]} for n in range(3)]
    return {f"Export-20261120T010203Z-{n:03}.zip": zipped(part) for n, part in enumerate(parts, start=1)}


def deep(files: Files) -> Files:
    return {
        f"Our clinic/Export {n % 3}/{name}" if "/" not in name else name: c for n, (name, c) in enumerate(files.items())
    }


plain = encoded("utf-8")
SHAPES: tuple[Shape, ...] = (
    Shape("csv utf-8", plain),
    *(Shape(f"csv {name}", encoded(name)) for name in ("utf-8-sig", "utf-16-le", "utf-16-be", "cp1252", "mac-roman")),
    *(
        Shape(f"csv split by {name}", split_by(sign))
        for name, sign in (("semicolon", ";"), ("tab", "\t"), ("bar", "|"))
    ),
    Shape("json array", lambda kind, rows: {f"{kind}.json": text(list(rows))}),
    Shape("json list under a name", lambda kind, rows: {f"{kind}.json": text({kind: list(rows)})}),
    Shape("json lines", lambda kind, rows: {f"{kind}.jsonl": b"\n".join(map(text, rows))}),
    Shape("json pages in files", pages),
    Shape("json array of pages", lambda kind, rows: {f"{kind}.json": text([{kind: [row]} for row in rows])}),
    Shape("json object a file", objects),
    Shape("workbook a kind", lambda kind, rows: {f"{kind}.xlsx": workbook({"Sheet1": table(rows)})}),
    Shape(
        "sheets of one workbook",
        plain,
        whole=lambda kinds: {"All.xlsx": workbook({kind: table(rows) for kind, rows in kinds.items()})},
    ),
    Shape("a zip", plain, lambda files: {"export.zip": zipped(files)}),
    Shape("a zip in a zip", plain, lambda files: {"export.zip": zipped({"inner.zip": zipped(files)})}),
    Shape("folders", plain, deep),
    Shape("parts of a download", plain, in_parts),
    Shape("html table", web_page("html"), refused="unrecognised_file"),
    Shape("html table named csv", web_page("csv"), refused="file_type_unsupported"),
    Shape("pdf", lambda kind, rows: {f"{kind}.pdf": PRINTED + kind.encode()}, refused="file_is_document"),
    Shape("pdf named csv", lambda kind, rows: {f"{kind}.csv": PRINTED + kind.encode()}, refused="file_is_document"),
    Shape(
        "old workbook",
        lambda kind, rows: {f"{kind}.xls": OLD_WORKBOOK + kind.encode()},
        refused="file_type_unsupported",
    ),
)
REFERENCE = SHAPES[0]
ACCEPTED = tuple(shape for shape in SHAPES if not shape.refused)
REFUSED = tuple(shape for shape in SHAPES if shape.refused)
