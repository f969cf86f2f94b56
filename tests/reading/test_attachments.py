"""Files of patients: found wherever they lie, stored once for their content, and told to the row that names them."""

import hashlib
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from app.index.store import Index
from app.reading.attachments import attachment_key
from app.reading.cut import Store
from app.reading.entries import opened, private
from app.reading.given import Given
from app.reading.limits import Limits
from app.reading.one_file import Reading
from app.reading.read_export import keep_attached
from app.storage.objects import LocalObjects
from tests.reading.story import CONTEXT, KEY, SOURCE, Desk, Told, patients, zipped
from tests.reading.zips import Item, build

MIB = 1 << 20
PDF = b"%PDF-1.4 a referral"
HEADER = "Attachment ID,Patient ID,File Name,Path,Size,SHA256"


def cells(told: Told, path: str) -> list[dict[str, str]]:
    return [dict(row.cells) for row in told.rows(told.by_path[path])]


def stored(told: Told, sha256: str) -> bytes:
    with told.objects.reader(attachment_key("files/", sha256), KEY) as content:
        return content.read()


def sums(told: Told) -> list[str]:
    return [key.rpartition("/")[2] for key in told.objects.list("files")]


@pytest.mark.parametrize(
    "folder", ["Patient files", "Attachments", "Patient attachments", "client_files", "PATIENT FILES"]
)
@pytest.mark.parametrize("above", ["", "Export/", "Export/a/b/"])
def test_files_are_found_in_any_folder_of_theirs(desk: Desk, folder: str, above: str) -> None:
    told = desk.zip({"patients.csv": patients(1), f"{above}{folder}/1 - Lee, Ann/2024/Scans/scan.pdf": PDF})
    (row,) = cells(told, f"{above}{folder}/")
    assert (row["filename"], row["patient_id"], row["folder_name"], row["folder_below"]) == (
        "scan.pdf",
        "1",
        "Lee, Ann",
        "2024/Scans",
    )
    assert (row["found_size"], row["found_type"]) == (str(len(PDF)), "application/pdf")
    assert stored(told, row["found_sha256"]) == PDF
    assert told.codes.isdisjoint({"unrecognised_file", "file_not_in_index", "synthetic_key_used"})


def test_a_zip_in_a_zip_and_several_zips_are_one_export(desk: Desk) -> None:
    inner = zipped({"Patient files/1 - Lee, Ann/inner.pdf": PDF})
    told = desk.read(
        {
            "Export-001.zip": zipped({"Patient files/1 - Lee, Ann/a.pdf": PDF, "patients.csv": patients(1)}),
            "Export-002.zip": zipped({"Patient files/1 - Lee, Ann/a.pdf": PDF + b"2", "more.zip": inner}),
            "Patient files/2 - Lee, Bo/loose.txt": b"words",
        }
    )
    names = [row["filename"] for row in cells(told, "Patient files/")]
    assert names == ["a (2).pdf", "a.pdf", "inner.pdf", "loose.txt"]
    assert len(sums(told)) == 3


def test_a_content_is_stored_once_however_often_it_is_there(desk: Desk) -> None:
    told = desk.zip({f"Patient files/{n} - Lee, Ann/same.pdf": PDF for n in range(1, 9)})
    assert sums(told) == [hashlib.sha256(PDF).hexdigest()]
    assert len(cells(told, "Patient files/")) == 8


@pytest.mark.parametrize(
    "path",
    [
        "Patient files/1 - Lee, Zoë/Über.pdf",
        "Patient files\\1 - Lee, Zoë\\Über.pdf",
        "patient FILES/1 - lee, zoë/über.PDF",
        "1 - Lee, Zoë/Über.pdf",
        "./Patient files/1 - Lee, Zoe\u0308/U\u0308ber.pdf",
        "../Export/Patient files/1 - Lee, Zoë/Über.pdf",
        "/home/clinic/Export/Patient files/1 - Lee, Zoë/Über.pdf",
    ],
)
def test_a_path_leads_there_however_it_is_written(desk: Desk, path: str) -> None:
    listed = f'{HEADER}\n9,1,Über.pdf,"{path}",,\n'
    told = desk.zip({"Export/patient_files.csv": listed, "Export/Patient files/1 - Lee, Zoë/Über.pdf": PDF})
    (row,) = cells(told, "Export/patient_files.csv")
    assert row["found_sha256"] == hashlib.sha256(PDF).hexdigest()
    assert told.by_path["Export/Patient files/"].rows == 0
    assert "file_not_in_index" not in told.codes


def test_without_a_path_a_row_means_the_file_of_its_patient_and_name(desk: Desk) -> None:
    listed = "Attachment ID,Patient ID,File Name,Size\n9,1,scan.pdf,\n10,2,scan.pdf,\n11,3,scan.pdf,\n"
    told = desk.zip(
        {
            "patient_files.csv": listed,
            "Patient files/1 - Lee, Ann/Scan.pdf": PDF,
            "Patient files/2/scan.pdf": PDF + b"2",
        }
    )
    assert [row.get("found_path") for row in cells(told, "patient_files.csv")] == [
        "1 - Lee, Ann/Scan.pdf",
        "2/scan.pdf",
        None,
    ]


def test_a_list_as_json_inside_the_folder_is_a_list(desk: Desk) -> None:
    listed = '{"patient_attachments":[{"id":9,"patient_id":1,"filename":"scan.pdf","size":19}]}'
    told = desk.zip({"Patient files/patient_attachments.json": listed, "Patient files/1 - Lee, Ann/scan.pdf": PDF})
    (row,) = cells(told, "Patient files/patient_attachments.json")
    assert (row["id"], row["found_size"]) == ("9", "19")


def test_two_folders_of_files_do_not_take_each_others(desk: Desk) -> None:
    listed = f"{HEADER}\n9,1,scan.pdf,Patient files/1 - Lee, Ann/scan.pdf,,\n".replace("Lee, Ann", "Lee")
    told = desk.zip(
        {
            "B/patient_files.csv": listed,
            "A/Patient files/1 - Lee/scan.pdf": b"%PDF-1.4 A",
            "B/Patient files/1 - Lee/scan.pdf": b"%PDF-1.4 B",
        }
    )
    (row,) = cells(told, "B/patient_files.csv")
    assert stored(told, row["found_sha256"]) == b"%PDF-1.4 B"
    assert told.by_path["A/Patient files/"].rows == 1


def test_no_header_of_a_list_says_what_lies_there(desk: Desk) -> None:
    other = hashlib.sha256(b"of somebody else").hexdigest()
    told = desk.zip(
        {
            "patient_files.csv": f"id,patient_id,filename,size,found_sha256,found_path\n9,1,x,3,{other},a\n",
            "Patient files/2 - Lee, Bo/y.pdf": PDF,
        }
    )
    (row,) = cells(told, "patient_files.csv")
    assert row.get("found_sha256") is None
    assert told.problem("unknown_columns").count == 2


@pytest.mark.parametrize(
    ("content", "told_type"),
    [
        (PDF, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
        (b"<svg onload=alert(1)>", "text/plain"),
        (b"<html><script>", "text/plain"),
        (b"words \xe9", "text/plain"),
        (b"MZ\x00\x01\x02", "application/octet-stream"),
    ],
)
def test_what_a_file_is_says_its_content_and_not_its_name(desk: Desk, content: bytes, told_type: str) -> None:
    told = desk.zip({"Patient files/1 - Lee, Ann/x.jpg": content})
    found = cells(told, "Patient files/")[0]["found_type"]
    assert found == told_type or (content[:2] == b"MZ" and found.startswith("application/"))


def test_programs_empty_and_overlarge_files_are_not_stored_and_say_why(desk: Desk) -> None:
    small = desk.with_limits(file_bytes=2 * MIB)
    told = small.zip(
        {
            "Patient files/1 - Lee, Ann/setup.EXE": b"MZ",
            "Patient files/1 - Lee, Ann/empty.pdf": b"",
            "Patient files/1 - Lee, Ann/large.bin": bytes(2 * MIB + 1),
            "Patient files/1 - Lee, Ann/fits.bin": bytes(2 * MIB),
        }
    )
    assert {row["filename"]: row.get("found_code") for row in cells(told, "Patient files/")} == {
        "setup.EXE": "file_type_blocked",
        "empty.pdf": "file_zero_bytes",
        "large.bin": "file_too_large",
        "fits.bin": None,
    }
    assert sums(told) == [hashlib.sha256(bytes(2 * MIB)).hexdigest()]


def test_a_file_that_lies_about_its_size_is_stopped(desk: Desk) -> None:
    liar = Item(b"Patient files/1 - Lee, Ann/a.bin", bytes(9 * MIB), size=100)
    told = desk.with_limits(file_bytes=MIB).read({"e.zip": build([Item(), liar])})
    (row,) = told.rows(told.by_path["Patient files/"])
    assert (row.codes, row.cells.get("found_sha256"), sums(told)) == (("zip_damaged",), None, [])


def test_a_damaged_file_is_refused_alone(desk: Desk) -> None:
    good, bad = (Item(f"Patient files/1 - Lee, Ann/{name}".encode(), PDF) for name in ("good.pdf", "bad.pdf"))
    bad.crc = 1
    told = desk.read({"e.zip": build([Item(), good, bad])})
    assert {row.cells["filename"]: row.codes for row in told.rows(told.by_path["Patient files/"])} == {
        "bad.pdf": ("zip_damaged",),
        "good.pdf": (),
    }


def test_printed_notes_and_forms_are_files_by_what_they_are(desk: Desk) -> None:
    told = desk.zip(
        {
            "patient_files.csv": f"{HEADER}\n",
            "Treatment notes/1 - Lee, Ann/2024-05-06 Visit [7].html": PDF,
            "Treatment notes/1 - Lee, Ann/empty.pdf": b"",
            "Patient forms/1 - Lee, Ann/Consent": PDF,
            "Treatment notes/1 - Lee, Ann/page.txt": "<!DOCTYPE html><html><body><p>Knee</p></body></html>",
        }
    )
    assert [row["filename"] for row in cells(told, "Treatment notes/")] == ["2024-05-06 Visit [7].html", "empty.pdf"]
    assert [row["filename"] for row in cells(told, "Patient forms/")] == ["Consent"]
    assert told.by_path["Treatment notes/*.html"].rows == 1
    assert "file_not_in_index" not in told.codes


def test_reading_again_after_a_stop_stores_nothing_twice(desk: Desk, tmp_path: Path) -> None:
    files = zipped({f"Patient files/{n} - Lee, Ann/{n}.pdf": PDF + bytes([n]) for n in range(1, 6)})
    objects, index = LocalObjects(tmp_path / "o"), Index.create(tmp_path / "i")
    reading = Reading(SOURCE, CONTEXT, Store(objects, "parts/", KEY), index)
    given = [Given("e.zip", len(files), lambda: io.BytesIO(files))]
    with opened(given, SOURCE, Limits(), private()) as found:
        before = [next(keep := keep_attached(found, reading)).path, next(keep).path]
        first = {key: (objects.root / key).stat().st_ino for key in objects.list("files")}
    with opened(given, SOURCE, Limits(), private()) as found:
        after = [entry.path for entry in keep_attached(found, reading)]
    assert not set(before) & set(after)
    assert len(after) == 3
    assert all((objects.root / key).stat().st_ino == inode for key, inode in first.items())
    assert len(list(objects.list("files"))) == 5


def test_memory_stays_flat_with_many_files_and_with_a_hundred_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("Patient files/1 - Lee, Ann/film.bin", "w", force_zip64=True) as film:
            for n in range(100):
                film.write(n.to_bytes(1, "big") * MIB)
        for n in range(2000):
            archive.writestr(f"Patient files/{n} - Lee, Ann/note.txt", f"note {n}")
    reading = Reading(SOURCE, CONTEXT, Store(LocalObjects(tmp_path / "o"), "p/", KEY), Index.create(tmp_path / "i"))
    given = [Given("e.zip", path.stat().st_size, lambda: path.open("rb"))]
    with opened(given, SOURCE, Limits(), private()) as found:
        tracemalloc.start()
        count = sum(1 for _ in keep_attached(found, reading))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 2001
    assert peak < 16 * MIB


@pytest.mark.parametrize("listed", [0, 1, 3])
def test_a_folder_is_not_called_empty_however_many_of_its_files_are_listed(desk: Desk, listed: int) -> None:
    names = [f"scan-{number}.pdf" for number in range(3)]
    rows = "".join(f"{at},1,{name},{len(PDF)}\n" for at, name in enumerate(names[:listed], start=1))
    files = {f"Patient files/1 - Lee, Ann/{name}": PDF + name.encode() for name in names}
    told = desk.zip({"patients.csv": patients(1), "patient_files.csv": f"id,patient_id,filename,size\n{rows}", **files})
    called = {file.path for file in told.files for problem in file.problems if problem.code == "file_empty_table"}
    assert called == (set() if listed else {"patient_files.csv"})


ADDRESS = "https://api.au1.example.com/v1/patients/1001"
CLIENTS = [
    *((header, "1001") for header in ("Patient ID", "patient_id", "patient.id")),
    *((header, ADDRESS) for header in ("patient.links.self", "patient_id", "patient", "patient.self", "patient link")),
    *(("patient_id", cell) for cell in ("1001.0", "'1001", '="1001"', "１００１", f"{ADDRESS}/")),
]


@pytest.mark.parametrize(("header", "cell"), CLIENTS)
def test_a_row_without_a_path_finds_its_file_however_the_client_is_written(desk: Desk, header: str, cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    index = f"id,{header},filename,size,description\n3,{quoted},c.pdf,{len(PDF)},three\n"
    told = desk.zip({"attachments2.csv": index, "Patient files/1001 - Lee, Ann/c.pdf": PDF})
    (row,) = cells(told, "attachments2.csv")
    assert (row["found_path"], row["description"]) == ("1001 - Lee, Ann/c.pdf", "three")
    assert "file_not_in_index" not in told.codes
