"""Patients' files: found in any folder, stored once per content, and linked to the row that names them."""

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from app.index.attachments import Attachment
from app.index.store import Index
from app.reading import read_export
from app.reading.attachment_storage import attachment_key, store_attachment
from app.reading.cut import PartStore
from app.reading.entries import FileEntry, open_export, private_scratch
from app.reading.file_reading import ReadingContext
from app.reading.given_files import GivenFile
from app.reading.limits import Limits
from app.reading.read_export import store_attachments
from app.storage.batch import FULL_OBJECTS, ObjectBatch
from app.storage.objects import LocalObjects
from tests.reading.story import CONTEXT, KEY, SOURCE, Desk, ReadResult, patients, zipped
from tests.reading.zips import Item, build

MIB = 1 << 20
PDF = b"%PDF-1.4 a referral"
HEADER = "Attachment ID,Patient ID,File Name,Path,Size,SHA256"


def cells(result: ReadResult, path: str) -> list[dict[str, str]]:
    return [dict(row.cells) for row in result.rows(result.by_path[path])]


def stored(result: ReadResult, sha256: str) -> bytes:
    with result.objects.reader(attachment_key("files/", sha256), KEY) as content:
        return content.read()


def sums(result: ReadResult) -> list[str]:
    return [key.rpartition("/")[2] for key in result.objects.list("files")]


@pytest.mark.parametrize(
    "folder", ["Patient files", "Attachments", "Patient attachments", "client_files", "PATIENT FILES"]
)
@pytest.mark.parametrize("above", ["", "Export/", "Export/a/b/"])
def test_patients_files_are_found_in_any_folder_of_files(desk: Desk, folder: str, above: str) -> None:
    result = desk.zip({"patients.csv": patients(1), f"{above}{folder}/1 - Lee, Ann/2024/Scans/scan.pdf": PDF})
    (row,) = cells(result, f"{above}{folder}/")
    assert (row["filename"], row["patient_id"], row["folder_name"], row["folder_below"]) == (
        "scan.pdf",
        "1",
        "Lee, Ann",
        "2024/Scans",
    )
    assert (row["found_size"], row["found_type"]) == (str(len(PDF)), "application/pdf")
    assert stored(result, row["found_sha256"]) == PDF
    assert result.codes.isdisjoint({"unrecognised_file", "file_not_in_index", "synthetic_key_used"})


def test_a_zip_in_a_zip_and_several_zips_are_a_single_export(desk: Desk) -> None:
    inner = zipped({"Patient files/1 - Lee, Ann/inner.pdf": PDF})
    result = desk.read(
        {
            "Export-001.zip": zipped({"Patient files/1 - Lee, Ann/a.pdf": PDF, "patients.csv": patients(1)}),
            "Export-002.zip": zipped({"Patient files/1 - Lee, Ann/a.pdf": PDF + b"2", "more.zip": inner}),
            "Patient files/2 - Lee, Bo/loose.txt": b"words",
        }
    )
    names = [row["filename"] for row in cells(result, "Patient files/")]
    assert names == ["a (2).pdf", "a.pdf", "inner.pdf", "loose.txt"]
    assert len(sums(result)) == 3


def test_a_repeated_content_is_stored_once(desk: Desk) -> None:
    result = desk.zip({f"Patient files/{n} - Lee, Ann/same.pdf": PDF for n in range(1, 9)})
    assert sums(result) == [hashlib.sha256(PDF).hexdigest()]
    assert len(cells(result, "Patient files/")) == 8


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
def test_a_path_finds_its_file_in_every_spelling(desk: Desk, path: str) -> None:
    listed = f'{HEADER}\n9,1,Über.pdf,"{path}",,\n'
    result = desk.zip({"Export/patient_files.csv": listed, "Export/Patient files/1 - Lee, Zoë/Über.pdf": PDF})
    (row,) = cells(result, "Export/patient_files.csv")
    assert row["found_sha256"] == hashlib.sha256(PDF).hexdigest()
    assert result.by_path["Export/Patient files/"].rows == 0
    assert "file_not_in_index" not in result.codes


def test_without_a_path_a_row_means_the_file_of_its_patient_and_name(desk: Desk) -> None:
    listed = "Attachment ID,Patient ID,File Name,Size\n9,1,scan.pdf,\n10,2,scan.pdf,\n11,3,scan.pdf,\n"
    result = desk.zip(
        {
            "patient_files.csv": listed,
            "Patient files/1 - Lee, Ann/Scan.pdf": PDF,
            "Patient files/2/scan.pdf": PDF + b"2",
        }
    )
    assert [row.get("found_path") for row in cells(result, "patient_files.csv")] == [
        "1 - Lee, Ann/Scan.pdf",
        "2/scan.pdf",
        None,
    ]


def test_a_list_as_json_inside_the_folder_is_a_list(desk: Desk) -> None:
    listed = '{"patient_attachments":[{"id":9,"patient_id":1,"filename":"scan.pdf","size":19}]}'
    result = desk.zip({"Patient files/patient_attachments.json": listed, "Patient files/1 - Lee, Ann/scan.pdf": PDF})
    (row,) = cells(result, "Patient files/patient_attachments.json")
    assert (row["id"], row["found_size"]) == ("9", "19")


def test_two_folders_of_files_keep_their_own_files(desk: Desk) -> None:
    listed = f"{HEADER}\n9,1,scan.pdf,Patient files/1 - Lee, Ann/scan.pdf,,\n".replace("Lee, Ann", "Lee")
    result = desk.zip(
        {
            "B/patient_files.csv": listed,
            "A/Patient files/1 - Lee/scan.pdf": b"%PDF-1.4 A",
            "B/Patient files/1 - Lee/scan.pdf": b"%PDF-1.4 B",
        }
    )
    (row,) = cells(result, "B/patient_files.csv")
    assert stored(result, row["found_sha256"]) == b"%PDF-1.4 B"
    assert result.by_path["A/Patient files/"].rows == 1


def test_headers_of_a_list_cannot_set_the_file_columns(desk: Desk) -> None:
    other = hashlib.sha256(b"of somebody else").hexdigest()
    result = desk.zip(
        {
            "patient_files.csv": f"id,patient_id,filename,size,found_sha256,found_path\n9,1,x,3,{other},a\n",
            "Patient files/2 - Lee, Bo/y.pdf": PDF,
        }
    )
    (row,) = cells(result, "patient_files.csv")
    assert row.get("found_sha256") is None
    assert result.problem("unknown_columns").count == 2


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
def test_the_content_and_not_the_name_gives_the_type(desk: Desk, content: bytes, told_type: str) -> None:
    result = desk.zip({"Patient files/1 - Lee, Ann/x.jpg": content})
    found = cells(result, "Patient files/")[0]["found_type"]
    assert found == told_type or (content[:2] == b"MZ" and found.startswith("application/"))


def test_programs_empty_and_oversized_files_are_not_stored_and_get_a_code(desk: Desk) -> None:
    small = desk.with_limits(file_bytes=2 * MIB)
    result = small.zip(
        {
            "Patient files/1 - Lee, Ann/setup.EXE": b"MZ",
            "Patient files/1 - Lee, Ann/empty.pdf": b"",
            "Patient files/1 - Lee, Ann/large.bin": bytes(2 * MIB + 1),
            "Patient files/1 - Lee, Ann/fits.bin": bytes(2 * MIB),
        }
    )
    assert {row["filename"]: row.get("found_code") for row in cells(result, "Patient files/")} == {
        "setup.EXE": "file_type_blocked",
        "empty.pdf": "file_zero_bytes",
        "large.bin": "file_too_large",
        "fits.bin": None,
    }
    assert sums(result) == [hashlib.sha256(bytes(2 * MIB)).hexdigest()]


def test_a_file_with_a_false_size_is_stopped(desk: Desk) -> None:
    liar = Item(b"Patient files/1 - Lee, Ann/a.bin", bytes(9 * MIB), size=100)
    result = desk.with_limits(file_bytes=MIB).read({"e.zip": build([Item(), liar])})
    (row,) = result.rows(result.by_path["Patient files/"])
    assert (row.codes, row.cells.get("found_sha256"), sums(result)) == (("zip_damaged",), None, [])


def test_a_damaged_file_is_refused_alone(desk: Desk) -> None:
    good, bad = (Item(f"Patient files/1 - Lee, Ann/{name}".encode(), PDF) for name in ("good.pdf", "bad.pdf"))
    bad.crc = 1
    result = desk.read({"e.zip": build([Item(), good, bad])})
    assert {row.cells["filename"]: row.codes for row in result.rows(result.by_path["Patient files/"])} == {
        "bad.pdf": ("zip_damaged",),
        "good.pdf": (),
    }


def test_printed_notes_and_forms_are_files_by_their_content(desk: Desk) -> None:
    result = desk.zip(
        {
            "patient_files.csv": f"{HEADER}\n",
            "Treatment notes/1 - Lee, Ann/2024-05-06 Visit [7].html": PDF,
            "Treatment notes/1 - Lee, Ann/empty.pdf": b"",
            "Patient forms/1 - Lee, Ann/Consent": PDF,
            "Treatment notes/1 - Lee, Ann/page.txt": "<!DOCTYPE html><html><body><p>Knee</p></body></html>",
        }
    )
    assert [row["filename"] for row in cells(result, "Treatment notes/")] == ["2024-05-06 Visit [7].html", "empty.pdf"]
    assert [row["filename"] for row in cells(result, "Patient forms/")] == ["Consent"]
    assert result.by_path["Treatment notes/*.html"].rows == 1
    assert "file_not_in_index" not in result.codes


def test_reading_again_after_a_stop_stores_nothing_twice(desk: Desk, tmp_path: Path) -> None:
    files = zipped({f"Patient files/{n} - Lee, Ann/{n}.pdf": PDF + bytes([n]) for n in range(1, 6)})
    objects, index = LocalObjects(tmp_path / "o"), Index.create(tmp_path / "i")
    reading = ReadingContext(SOURCE, CONTEXT, PartStore(objects, "parts/", KEY), index)
    given = [GivenFile("e.zip", len(files), lambda: io.BytesIO(files))]
    with open_export(given, SOURCE, Limits(), private_scratch()) as found:
        before = [next(keep := store_attachments(found, reading)).path, next(keep).path]
        first = {key: (objects.root / key).stat().st_ino for key in objects.list("files")}
    with open_export(given, SOURCE, Limits(), private_scratch()) as found:
        after = [entry.path for entry in store_attachments(found, reading)]
    assert not set(before) & set(after)
    assert len(after) == 3
    assert all((objects.root / key).stat().st_ino == inode for key, inode in first.items())
    assert len(list(objects.list("files"))) == 5


def test_files_that_storage_has_already_are_passed_on_in_groups(tmp_path: Path) -> None:
    count = 2 * FULL_OBJECTS + 3
    files = zipped({f"Patient files/{n} - Lee, Ann/{n}.pdf": PDF for n in range(count)})
    objects, index = LocalObjects(tmp_path / "o"), Index.create(tmp_path / "i")
    reading = ReadingContext(SOURCE, CONTEXT, PartStore(objects, "parts/", KEY), index)
    read: list[str] = []
    given = [GivenFile("e.zip", len(files), lambda: io.BytesIO(files))]
    noted = mock.patch.object(read_export, "store_attachment", side_effect=noting(read))
    with noted, open_export(given, SOURCE, Limits(), private_scratch()) as found:
        most = max(len(read) - number for number, _ in enumerate(store_attachments(found, reading)))
    assert len(read) == count
    assert most == FULL_OBJECTS


def noting(read: list[str]) -> Callable[[FileEntry, PartStore, ObjectBatch], Attachment]:
    """Stores attachments, and notes the path of each."""

    def store(entry: FileEntry, into: PartStore, batch: ObjectBatch) -> Attachment:
        read.append(entry.path)
        return store_attachment(entry, into, batch)

    return store


def test_memory_stays_flat_with_many_files_and_with_a_hundred_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        with archive.open("Patient files/1 - Lee, Ann/film.bin", "w", force_zip64=True) as film:
            for n in range(100):
                film.write(n.to_bytes(1, "big") * MIB)
        for n in range(2000):
            archive.writestr(f"Patient files/{n} - Lee, Ann/note.txt", f"note {n}")
    reading = ReadingContext(
        SOURCE, CONTEXT, PartStore(LocalObjects(tmp_path / "o"), "p/", KEY), Index.create(tmp_path / "i")
    )
    given = [GivenFile("e.zip", path.stat().st_size, lambda: path.open("rb"))]
    with open_export(given, SOURCE, Limits(), private_scratch()) as found:
        tracemalloc.start()
        count = sum(1 for _ in store_attachments(found, reading))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 2001
    assert peak < 16 * MIB


@pytest.mark.parametrize("listed", [0, 1, 3])
def test_a_folder_with_all_files_listed_is_not_empty(desk: Desk, listed: int) -> None:
    names = [f"scan-{number}.pdf" for number in range(3)]
    rows = "".join(f"{at},1,{name},{len(PDF)}\n" for at, name in enumerate(names[:listed], start=1))
    files = {f"Patient files/1 - Lee, Ann/{name}": PDF + name.encode() for name in names}
    result = desk.zip(
        {"patients.csv": patients(1), "patient_files.csv": f"id,patient_id,filename,size\n{rows}", **files}
    )
    called = {file.path for file in result.files for problem in file.problems if problem.code == "file_empty_table"}
    assert called == (set() if listed else {"patient_files.csv"})


ADDRESS = "https://api.au1.example.com/v1/patients/1001"
CLIENTS = [
    *((header, "1001") for header in ("Patient ID", "patient_id", "patient.id")),
    *((header, ADDRESS) for header in ("patient.links.self", "patient_id", "patient", "patient.self", "patient link")),
    *(("patient_id", cell) for cell in ("1001.0", "'1001", '="1001"', "１００１", f"{ADDRESS}/")),
]


@pytest.mark.parametrize(("header", "cell"), CLIENTS)
def test_a_row_without_a_path_finds_its_file_in_every_spelling_of_the_client(
    desk: Desk, header: str, cell: str
) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    index = f"id,{header},filename,size,description\n3,{quoted},c.pdf,{len(PDF)},three\n"
    result = desk.zip({"attachments2.csv": index, "Patient files/1001 - Lee, Ann/c.pdf": PDF})
    (row,) = cells(result, "attachments2.csv")
    assert (row["found_path"], row["description"]) == ("1001 - Lee, Ann/c.pdf", "three")
    assert "file_not_in_index" not in result.codes
