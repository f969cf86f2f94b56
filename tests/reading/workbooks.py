"""Spreadsheets as office programs write them, from rows of cells."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Cells = Sequence[Sequence[str | float]]

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(sheets: Mapping[str, Cells], hidden: Mapping[str, str] | None = None, *, is_1904: bool = False) -> bytes:
    """Returns a workbook; `hidden` marks sheets as `hidden` or `veryHidden`."""
    since = '<workbookPr date1904="1"/>' if is_1904 else ""
    names = list(sheets)
    states = {name: f' state="{state}"' for name, state in (hidden or {}).items()}
    listed = "".join(
        f'<sheet name="{escape(n)}" sheetId="{i}"{states.get(n, "")} r:id="rId{i}"/>'
        for i, n in enumerate(names, start=1)
    )
    targets = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(names) + 1)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr(
            "_rels/.rels",
            f'{_RELATIONS}<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<?xml version="1.0"?><workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{since}<sheets>{listed}</sheets>'
            "</workbook>",
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f"{_RELATIONS}{targets}</Relationships>")
        for number, rows in enumerate(sheets.values(), start=1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", _sheet(rows))
    return out.getvalue()


def dated_workbook(head: Sequence[str], row: Sequence[str], serial: float, *, is_1904: bool) -> bytes:
    """Returns a workbook of a single row that ends with a date, stored as days since the workbook's first day."""
    plain = workbook({"S": [head, row]})
    out = io.BytesIO()
    last = f'<c r="{chr(65 + len(row))}2" s="1"><v>{serial!r}</v></c></row></sheetData>'
    with zipfile.ZipFile(io.BytesIO(plain)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            text = source.read(name).decode()
            if name.endswith("sheet1.xml"):
                text = text.replace("</row></sheetData>", last)
            if name == "xl/workbook.xml" and is_1904:
                text = text.replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
            if name == "xl/_rels/workbook.xml.rels":
                styles = f'<Relationship Id="rId9" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
                text = text.replace("</Relationships>", styles)
            archive.writestr(name, text)
        archive.writestr(
            "xl/styles.xml",
            f'<?xml version="1.0"?><styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
            '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        )
    return out.getvalue()


def _sheet(rows: Cells) -> str:
    body = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{letters(n)}{number}", cell) for n, cell in enumerate(row) if cell != "")
        body.append(f'<row r="{number}">{cells}</row>')
    return f'<?xml version="1.0"?><worksheet xmlns="{_MAIN}"><sheetData>{"".join(body)}</sheetData></worksheet>'


def letters(column: int) -> str:
    """Returns the letters of a column, counted from 0."""
    before, last = divmod(column, 26)
    return (letters(before - 1) if before else "") + chr(65 + last)


def _cell(place: str, value: str | float) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'
