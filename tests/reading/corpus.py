"""Bad and odd input, each file with its expected verdict."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from tests.reading.story import HEADER, native, patients, zipped

LONG = "1558354464010667"
ROW = "1,Ann,Lee,1980-02-11\n"
TWICE = "ZoÃ«,JosÃ©,1980-02-11\n"


@dataclass(frozen=True)
class Case:
    """A file. `refused` is the code of its refusal; `codes` are all expected problems, `never` forbidden ones."""

    name: str
    content: str | bytes
    path: str = "patients.csv"
    rows: int | None = 1
    codes: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    refused: str | None = None
    kind: str | None = "patients"
    encoding: str | None = None
    line: int | None = None


def refusals() -> Iterator[Case]:
    """Returns files that are refused as a whole."""
    yield Case("0 bytes", b"", rows=0, refused="file_empty")
    yield Case("2 bytes CRLF", b"\r\n", rows=0, refused="file_empty")
    yield Case("only white space", b"  \n\t\r\n ", rows=0, refused="file_empty")
    yield Case("only a byte order mark", b"\xef\xbb\xbf\r\n", rows=0, refused="file_empty")
    yield Case("NUL bytes", HEADER.encode() + b"\n1,A\0n,Lee,1980-01-01\n", rows=0, refused="file_not_text")
    yield Case("utf-16 without mark", patients(1).encode("utf-16-le"), rows=0, refused="file_not_text")
    for mark, way in ((b"\xff\xfe\0\0", "utf-32-le"), (b"\0\0\xfe\xff", "utf-32-be")):
        yield Case(f"{way} with mark", mark + patients(1).encode(way), rows=0, refused="file_not_text")
        yield Case(f"{way} without mark", patients(1).encode(way), rows=0, refused="file_not_text")
    yield Case("utf-16 cut in half", patients(1).encode("utf-16")[:-1], rows=0, refused="file_not_text")
    yield Case("unclosed quote at row 3 of 10,000", _unclosed(), rows=3, refused="csv_unclosed_quote", line=4)
    yield Case("unclosed quote in the last row", f'{HEADER}\n{ROW}2,"Ann,Lee,\n', rows=2, refused="csv_unclosed_quote")
    yield Case("stray quote and a cell more", f'{HEADER}\n1,"Ann"x,Lee,,\n', rows=1, refused="csv_unclosed_quote")
    yield Case(
        "quote opened on the second line of a row", f'{HEADER}\n1,"An\nn","Lee,\n', refused="csv_unclosed_quote", line=3
    )
    yield Case("scientific id", f"{HEADER}\n1.55835E+18,Ann,Lee,\n", refused="ids_scientific", line=2)
    yield Case("scientific id, guarded", f'{HEADER}\n"=""1.5E18""",Ann,Lee,\n', refused="ids_scientific")
    yield Case("scientific id in row 2 of 3", f"{HEADER}\n{ROW}2E+17,B,C,\n{ROW}", rows=2, refused="ids_scientific")
    yield Case("40 of 200 ids rounded", _rounded(200, 40), rows=200, refused="ids_rounded")
    yield Case("no key column", "First Name,Last Name,Date of Birth\nA,B,\n", rows=1, refused="missing_key_column")
    yield Case("name alone tells the kind", "Foo,Bar\n1,2\n", rows=1, refused="missing_key_column")
    yield Case("no header", "1234567,Ann,Lee,1980-02-11\n", rows=1, refused="header_missing")
    yield Case("no header, unknown name", "1234567,Ann,1980-02-11\n", "x.csv", 1, refused="header_missing", kind=None)
    yield Case("6% of 100 rows ragged", _ragged(100, 6), rows=100, refused="csv_misaligned")
    yield Case("5,000 columns", ",".join(f"c{n}" for n in range(5000)), rows=0, refused="csv_misaligned")
    yield Case("a PDF named .csv", b"%PDF-1.7\n", rows=0, refused="file_is_document")
    yield Case("a web page named .csv", b"<!DOCTYPE html><html></html>", rows=0, refused="file_type_unsupported")
    yield Case(
        "an old workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "patients.xls",
        0,
        refused="file_type_unsupported",
    )
    yield Case("an OLE file named .csv", b"\xd0\xcf\x11\xe0" + bytes(600), rows=0, refused="file_type_unsupported")
    yield Case("a sheet's shortcut", b'{"url": "https://x"}', "patients.gsheet", 0, refused="file_type_unsupported")
    yield Case("a picture named .csv", b"\x89PNG\r\n\x1a\n" + bytes(50), rows=0, refused="file_is_picture")
    yield Case("gzip", b"\x1f\x8b\x08" + bytes(30), "patients.csv.gz", 0, refused="archive_kind")
    yield Case("7z", b"7z\xbc\xaf\x27\x1c" + bytes(30), "e.7z", 0, refused="archive_kind", kind=None)
    yield Case("rar", b"Rar!\x1a\x07\x01" + bytes(30), "e.rar", 0, refused="archive_kind", kind=None)
    yield Case("tar", bytes(257) + b"ustar" + bytes(250), "e.tar", 0, refused="archive_kind", kind=None)
    yield Case("broken JSON", '[{"id": 1, "first_name": ', "patients.json", refused="bad_json", rows=1)
    yield Case("Python's own text", "[{'id': 1}]", "patients.json", refused="bad_json", rows=0)
    yield Case("JSON broken in item 2", '[{"id": 1}, {"id" 2}]', "patients.json", refused="bad_json", rows=2)
    yield Case("JSON of numbers", "[1, 2]", "patients.json", refused="bad_json", rows=0)


def accepted() -> Iterator[Case]:
    """Returns files that are read, with their expected problems."""
    yield Case("plain", patients(3), rows=3, encoding="utf-8", never=("encoding_guessed", "delimiter_guessed"))
    yield Case(
        "stray quote behind a quoted cell", f'{HEADER}\n1,"Ann"x,Lee,\n', rows=1, codes=("stray_quotation_mark",)
    )
    yield Case("backslash quotes", f'{HEADER}\n1,"An\\"n",Lee,\n', rows=1, codes=("stray_quotation_mark",))
    yield Case("a cut inside a quote", f'{HEADER}\n{ROW}2,"Ann,Lee', rows=2, codes=("file_may_be_cut",))
    yield Case("JSON with NaN", '[{"id": 1, "first_name": "Ann", "title": NaN}]', "patients.json", rows=1)
    yield Case("header only", HEADER + "\n", rows=0, codes=("file_empty_table",))
    yield Case("header only, no line end", HEADER, rows=0, codes=("file_empty_table",))
    yield Case("utf-8 with mark", b"\xef\xbb\xbf" + patients(1).encode(), encoding="utf-8-sig")
    yield Case("utf-16 little", b"\xff\xfe" + patients(1).encode("utf-16-le"), encoding="utf-16")
    yield Case("utf-16 big", b"\xfe\xff" + patients(1).encode("utf-16-be"), encoding="utf-16")
    yield Case("cp1252", f"{HEADER}\n1,Zoë €,O’Lee,\n".encode("cp1252"), codes=("encoding_guessed",), encoding="cp1252")
    yield Case("one byte 0xE9", f"{HEADER}\n1,Ren\xe9,Lee,\n".encode("latin-1"), codes=("encoding_guessed",))
    yield Case(
        "one line of another set",
        f"{HEADER}\n1,Zoë,Lee,\n".encode() + b"2,Zo\xeb,Lee,\n",
        rows=2,
        codes=("line_encoding_guessed",),
        never=("encoding_guessed",),
        encoding="utf-8",
    )
    yield Case(
        "half of the lines in another set",
        f"{HEADER}\n".encode() + "1,Zoë,Lee,\n".encode() * 2 + b"2,Zo\xeb,Lee,\n" * 2,
        rows=4,
        codes=("encoding_guessed",),
        encoding="cp1252",
    )
    yield Case(
        "a byte that cp1252 lacks",
        f"{HEADER}\n1,A\x81n\xe9,Lee,\n".encode("latin-1"),
        codes=("encoding_guessed", "control_chars_removed"),
    )
    yield Case(
        "mojibake", HEADER + "\n" + "".join(f"{n},{TWICE}" for n in range(1, 4)), rows=3, codes=("mojibake_suspected",)
    )
    yield Case(
        "mojibake in three cells only", f"{HEADER}\n1,{TWICE}2,ZoÃ«,Lee,\n", rows=2, never=("mojibake_suspected",)
    )
    yield Case("Portuguese capitals", f"{HEADER}\n" + "1,JOÃO,CONCEIÇÃO,\n" * 5, rows=5, never=("mojibake_suspected",))
    for name, sign in (("semicolon", ";"), ("tab", "\t"), ("bar", "|")):
        yield Case(name, patients(2).replace(",", sign), rows=2, codes=("delimiter_guessed",))
    yield Case("sep= line", "sep=;\n" + patients(2).replace(",", ";"), rows=2, never=("leading_lines_skipped",))
    yield Case("semicolons in a comma file", f"{HEADER},Notes\n1,Ann,Lee,,a;b;c;d;e;f\n", never=("delimiter_guessed",))
    yield Case("CRLF", patients(3).replace("\n", "\r\n"), rows=3)
    yield Case("lone CR", patients(3).replace("\n", "\r"), rows=3)
    yield Case("mixed line ends", f"{HEADER}\r\n1,A,B,\r2,C,D,\n3,E,F,\r\n", rows=3)
    yield Case("no last line end", patients(2).rstrip(), rows=2)
    yield Case("blank lines", f"\n{HEADER}\n\n{ROW}\n\n2,B,C,\n\n", rows=2, never=("leading_lines_skipped",))
    yield Case("rows of commas only", f"{HEADER}\n{ROW},,,\n , ,,\n", rows=1)
    yield Case("newline and comma in a cell", f'{HEADER}\n1,"An,\r\nn",Lee,\n')
    yield Case("doubled quotes", f'{HEADER}\n1,"An""n",Lee,\n')
    yield Case("a quote inside a plain cell", f'{HEADER}\n1,5" Ann,Lee,\n')
    yield Case("single quotes quote nothing", f"{HEADER}\n1,'Ann,Lee',\n")
    yield Case("trailing commas", f"{HEADER}\n1,Ann,Lee,,,,,\n", never=("row_too_long",))
    yield Case("a row too long", f"{HEADER}\n1,Ann,Lee,,x\n{ROW}", rows=2, codes=("row_too_long",))
    yield Case("a row too short", f"{HEADER}\n1,Ann\n", codes=("row_too_short",))
    yield Case("5% of 100 rows ragged", _ragged(100, 5), rows=100, codes=("row_too_short",))
    yield Case("ragged, but few rows", _ragged(19, 10), rows=19, codes=("row_too_short",))
    yield Case("title lines", f"My clinic\nExported today\n{HEADER}\n{ROW}", codes=("leading_lines_skipped",))
    yield Case("five title lines", f"a\nb\nc\nd\ne\n{HEADER}\n{ROW}", codes=("leading_lines_skipped",))
    yield Case("the same header twice", f"{HEADER},Last Name\n1,Ann,,,Lee\n", codes=("duplicate_header",))
    yield Case("unknown column", f"{HEADER},Favourite colour\n1,Ann,Lee,,red\n", codes=("unknown_columns",))
    yield Case("blank header cell", f"{HEADER},\n1,Ann,Lee,,red\n", codes=("unknown_columns",))
    yield Case("reordered", "Date of Birth,Last Name,First Name,Patient ID\n,Lee,Ann,1\n")
    yield Case("case and space variants", "PATIENT id, first_NAME ,LastName,date of BIRTH\n1,Ann,Lee,\n")
    yield Case("no-break space in headers", "Patient\u00a0ID,First\u00a0Name,Last Name,Date of Birth\n1,Ann,Lee,\n")
    yield Case("guarded headers", '"=""Patient ID""",First Name,Last Name,Date of Birth\n1,Ann,Lee,\n')
    yield Case("clients", "Client ID,First Name,Last Name,Date of Birth\n1,Ann,Lee,\n", "clients.csv")
    yield Case("dob and surname", "id,first_name,surname,dob\n1,Ann,Lee,\n")
    yield Case("api dialect", "id,first_name,last_name,date_of_birth\n1,Ann,Lee,\n")
    yield Case("guarded id", f'{HEADER}\n"=""{LONG}075""",Ann,Lee,\n', never=("id_cleaned",))
    yield Case("one rounded id of 200", _rounded(200, 1), rows=200, codes=("id_maybe_rounded",))
    yield Case("two rounded ids of 300", _rounded(300, 2), rows=300, codes=("id_maybe_rounded",))
    yield Case("an id with .0", f"{HEADER}\n1234567.0,Ann,Lee,\n", codes=("id_cleaned",))
    yield Case("an empty id", f"{HEADER}\n,Ann,Lee,\n", codes=("missing_id",))
    yield Case("month first", f"{HEADER}\n1,A,B,02/13/1980\n2,C,D,03/04/1990\n", rows=2, codes=("date_order_guessed",))
    yield Case(
        "day first",
        f"{HEADER}\n1,A,B,13/02/1980\n2,C,D,03/04/1990\n",
        rows=2,
        never=("date_order_guessed", "date_ambiguous"),
    )
    yield Case(
        "both proofs",
        f"{HEADER}\n1,A,B,13/02/1980\n2,C,D,02/13/1980\n3,E,F,03/04/1990\n",
        rows=3,
        codes=("date_ambiguous",),
    )
    yield Case("text that ends like a table", patients(2), "patients.txt", 2)
    yield Case("an empty name", patients(2), "export (1).CSV", 2)
    yield Case("patients named appointments", patients(2), "Appointments.csv", 2, ("file_name_mismatch",))
    yield Case("native name", patients(2), native(), 2, never=("partial_export", "file_name_mismatch"))
    yield Case("a copy of a native name", patients(2), native()[:-4] + " (1).csv", 2, never=("file_name_mismatch",))
    yield Case("partial", patients(2), native(rest="-From20260101-To20261120"), 2, ("partial_export",))
    yield Case("formula cells", f"{HEADER}\n1,=1+1,@Lee,\n", never=("bad_id",))
    yield Case("JSON array", '[{"id": 1, "first_name": "A", "last_name": "L", "date_of_birth": null}]', "patients.json")
    yield Case("JSON lines", _json_lines(3), "patients.jsonl", 3)
    yield Case("JSON page", _page(1), "patients.json", never=("json_pages_missing",))
    yield Case("JSON page of several", _page(9), "page1.json", codes=("json_pages_missing",))
    yield Case("one JSON object", _json_lines(1), "patient.json")
    yield Case("JSON in utf-16", _json_lines(2).encode("utf-16"), "patients.json", 2)
    yield Case("JSON named .csv", f"[{_json_lines(1)}]", "patients.csv", 1)
    yield Case("headers in brackets", "[Patient ID],[First Name],[Last Name],[DOB]\n1,Ann,Lee,\n")
    yield Case("JSON named .txt", _json_lines(2), "patients.txt", 2)
    yield Case("empty JSON array, known by name", "[]", "patients.json", 0)


def unrecognised() -> Iterator[Case]:
    """Returns files that are not tables of any kind."""
    for path, content in (
        ("readme.txt", "Dear team,\nplease find the files.\n"),
        ("prices.csv", "Colour,Weight\nred,12\n"),
        ("notes.docx.bin", bytes(40)),
    ):
        yield Case(path, content, path, 0, ("unrecognised_file",), kind=None)
    for path, content, code in (
        ("logo.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "file_is_picture"),
        ("IMG_0001.JPG", b"\xff\xd8\xff\xe0" + bytes(40), "file_is_picture"),
        ("IMG_0002.HEIC", b"\0\0\0\x18ftypheic" + bytes(40), "file_is_picture"),
        ("scan.tif", b"II*\0" + bytes(40), "file_is_picture"),
        ("photo.webp", b"RIFF\x10\0\0\0WEBPVP8 " + bytes(40), "file_is_picture"),
        ("guide.pdf", b"%PDF-1.4\n", "file_is_document"),
        ("letter.rtf", b"{\\rtf1 Dear team}", "file_is_document"),
        ("letter.docx", zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), "file_is_document"),
        ("letter.odt", _odt(), "file_is_document"),
        ("export.zip", b"PK\x03\x04" + bytes(400), "zip_damaged"),
        ("empty.zip", bytes(400), "zip_damaged"),
        ("signed-out.zip", b"<!DOCTYPE html><html></html>", "file_is_document"),
        ("nothing.zip", b"", "file_empty"),
        ("Patients.csv.crdownload", b"Patient ID,First", "unfinished_download"),
        ("Export.zip.part", b"PK\x03\x04" + bytes(400), "unfinished_download"),
        ("Patients.csv.download/Patients.csv", b"Patient ID,First", "unfinished_download"),
        ("link.url", b"[InternetShortcut]\nURL=https://x", "shortcut_not_file"),
        ("x.webloc", b"<plist/>", "shortcut_not_file"),
        ("Patients.lnk", b"L\0\0\0" + bytes(70), "shortcut_not_file"),
    ):
        is_refused = path.endswith(".zip")
        refused = code if is_refused else None
        yield Case(path, content, path, 0, (code,), never=("unrecognised_file", "bad_json"), kind=None, refused=refused)


def _odt() -> bytes:
    kind = "application/vnd.oasis.opendocument.text"
    return zipped({"mimetype": kind, "content.xml": "<x/>"}, zipfile.ZIP_STORED)


def _unclosed() -> str:
    lines = patients(10_000).split("\n")
    lines[3] = '3,"Ann3,Lee3,1980-02-11'
    lines[5000] = '4999,"Ann","Lee",1980-02-11'
    return "\n".join(lines)


def _rounded(rows: int, damaged: int) -> str:
    ids = [f"15583544640{n:04}0000" if n < damaged else f"15583544640{n:04}0123" for n in range(rows)]
    return HEADER + "\n" + "".join(f"{i},Ann,Lee,\n" for i in ids)


def _ragged(rows: int, short: int) -> str:
    out = io.StringIO()
    out.write(HEADER + "\n")
    for n in range(1, rows + 1):
        out.write(f"{n},Ann\n" if n <= short else f"{n},Ann,Lee,1980-02-11\n")
    return out.getvalue()


def _page(total: int) -> str:
    return f'{{"total_entries": {total}, "patients": [{_json_lines(1)}], "links": {{}}}}'


def _json_lines(rows: int) -> str:
    return "\n".join(
        f'{{"id": {n}, "first_name": "A", "last_name": "L", "date_of_birth": "1980-01-01"}}' for n in range(1, rows + 1)
    )
