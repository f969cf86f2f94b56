"""Files of patients: the outcome, owner and name of each, and why a file waits or is not imported."""

import hashlib
from collections.abc import Iterator

import pytest
from sqlmodel import select

from app.caspen.tables import File
from app.trial.file_contents import open_in_trial
from tests.harness.clinic import Clinic, clinic_in, runtime_in

PDF = b"%PDF-1.4 "
CLIENTS = """id,first_name,last_name,date_of_birth,merged_at,merged_with_patient_id,deleted_at,created_at
1,Ann,Lee,1980-01-01,,,,2020-01-01T00:00:00Z
2,Bo,Lee,1981-01-01,,,,2020-01-01T00:00:00Z
3,Cy,Old,1982-01-01,2024-01-01T00:00:00Z,1,,2020-01-01T00:00:00Z
4,Di,Gone,1983-01-01,,,2024-01-01T00:00:00Z,2020-01-01T00:00:00Z
5,Same,Name,1984-01-01,,,,2020-01-01T00:00:00Z
6,Same,Name,1985-01-01,,,,2020-01-01T00:00:00Z
7,,,1986-01-01,,,,2020-01-01T00:00:00Z
"""
USERS = "id,first_name,last_name,email,role,active\n50,Sam,Lee,sam@clinic.example,receptionist,true\n"
LIST = (
    "id,patient_id,filename,path,size,content_type,sha256,description,processing_completed,user_id,type,"
    "archived_at,created_at,deleted_at"
)


def content(name: str) -> bytes:
    return PDF + name.encode()


def line(number: int, whose: object, name: str, path: str, **more: object) -> str:
    """A row of the list, with the file's values unless the test changes them."""
    cells = {
        "id": number,
        "patient_id": whose,
        "filename": name,
        "path": path,
        "content_type": "image/jpeg",
        "processing_completed": "true",
        "created_at": "2023-02-03T04:05:06Z",
    } | more
    return ",".join(f'"{cells.get(column, "")}"' for column in LIST.split(","))


class Export:
    """Files in folders and the list of them, put together line by line."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.lines = [LIST]

    def add_file(self, path: str, body: bytes | None = None) -> str:
        self.files[f"Export/{path}"] = content(path) if body is None else body
        return path

    def listed(self, number: int, whose: object, path: str, body: bytes | None = None, **more: object) -> None:
        name = str(more.pop("name", path.rpartition("/")[2]))
        self.lines.append(line(number, whose, name, self.add_file(path, body), **more))


def whole_export() -> Export:
    export, ann = Export(), "Patient files/1 - Lee, Ann"
    export.listed(100, 1, f"{ann}/plain.pdf", description="A referral", user_id=50)
    export.listed(101, "", f"{ann}/of the folder.pdf")
    export.listed(102, 2, f"{ann}/of two.pdf")
    export.listed(103, 1, f"{ann}/short.pdf", size=5)
    export.listed(104, 1, f"{ann}/other.pdf", sha256="ab" * 32)
    export.lines.append(line(105, 1, "", "", processing_completed="false"))
    export.listed(106, 1, f"{ann}/whole record.pdf", type="FullPatientExport")
    export.listed(107, 1, "Patient files/1 - Elsewhere, Ann/x.pdf")
    export.listed(108, 1, f"{ann}/empty.pdf", b"")
    export.listed(109, 1, f"{ann}/setup.exe")
    export.listed(110, 1, f"{ann}/renamed to a program.pdf", name="run.vbs")
    export.lines.append(line(111, 1, "gone.pdf", f"{ann}/gone.pdf"))
    export.listed(112, 1, f"{ann}/copy.pdf", content(f"{ann}/plain.pdf"))
    export.listed(113, 1, f"{ann}/sub/Scan.pdf")
    export.listed(114, 1, f"{ann}/sub/scan.PDF")
    export.listed(115, 1, f"{ann}/sub/scan (2).pdf")
    export.listed(116, 1, f"{ann}/archived.pdf", archived_at="2024-01-01T00:00:00Z")
    export.listed(117, 1, f"{ann}/deleted.pdf", deleted_at="2024-01-01T00:00:00Z")
    export.listed(118, 3, "Patient files/3 - Old, Cy/of the merged.pdf")
    export.listed(119, 1, "Patient files/3 - Old, Cy/of the survivor.pdf")
    export.listed(120, 4, "Patient files/4 - Gone, Di/of the deleted.pdf")
    export.listed(121, 7, "Patient files/7/of the nameless.pdf")
    export.listed(122, 999, "Patient files/999 - Nobody, At/of nobody.pdf")
    export.listed(123, 999, f"{ann}/of nobody and ann.pdf")
    export.listed(
        124,
        1,
        f"{ann}/a:b?.pdf",
        name="a/b?.pdf",
        sha256=hashlib.sha256(content(f"{ann}/a:b?.pdf")).hexdigest().upper(),
    )
    export.lines += [export.lines[1]]
    export.add_file(f"{ann}/unlisted.pdf")
    export.add_file("Patient files/Lee, Bo/by name.pdf")
    export.add_file("Patient files/Name, Same/of two names.pdf")
    export.add_file("Patient files/Unknown, Some/of no name.pdf")
    export.add_file("Patient files/of no folder.pdf")
    export.add_file("Treatment notes/1 - Lee, Ann/2024-01-02 Visit.pdf")
    export.add_file("Patient forms/1 - Lee, Ann/Consent.pdf")
    return export


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    export = whole_export()
    listed = ("\n".join(export.lines) + "\n").encode()
    tables: dict[str, str | bytes] = {
        "Export/patients.csv": CLIENTS,
        "Export/users.csv": USERS,
        "Export/patient_files.csv": listed,
    }
    with runtime_in(tmp_path_factory.mktemp("files")) as runtime:
        yield clinic_in(runtime).tried({**tables, **export.files})


@pytest.fixture(scope="module")
def codes(tried: Clinic) -> dict[str, set[str]]:
    """The codes of each file, by file name or id."""
    result: dict[str, set[str]] = {}
    for problem in tried.problems("trial:1"):
        if problem.kind == "patient_files" and problem.source_id:
            result.setdefault(problem.source_id, set()).add(problem.code)
    return result


@pytest.fixture(scope="module")
def files(tried: Clinic) -> dict[str, File]:
    with tried.runtime.caspen.trial(tried.id, 1).database.read() as session:
        return {f"{file.folder}/{file.name}": file for file in session.exec(select(File))}


EXPECTED_CODES = {
    "102": "file_patient_conflict",
    "103": "file_size_mismatch",
    "104": "file_checksum_mismatch",
    "105": "file_unprocessed",
    "106": "full_patient_export_skipped",
    "107": "patient_folder_name_mismatch",
    "108": "file_zero_bytes",
    "109": "file_type_blocked",
    "110": "file_type_blocked",
    "111": "file_missing",
    "112": "duplicate_file",
    "114": "file_renamed",
    "117": "deleted_in_source",
    "120": "parent_not_imported",
    "121": "parent_not_imported",
    "122": "file_without_patient",
    "123": "file_patient_conflict",
}


@pytest.mark.parametrize("key", EXPECTED_CODES)
def test_each_difficulty_has_its_code_alone(codes: dict[str, set[str]], key: str) -> None:
    assert codes[key] == {EXPECTED_CODES[key]}


@pytest.mark.parametrize("key", ["101", "113", "115", "116", "118", "119", "124"])
def test_valid_files_have_no_problem(codes: dict[str, set[str]], key: str) -> None:
    assert codes.get(key, set()) == set()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("Patient files/1 - Lee, Ann/unlisted.pdf", "file_not_in_index"),
        ("Patient files/Lee, Bo/by name.pdf", "file_patient_by_name"),
        ("Patient files/Name, Same/of two names.pdf", "file_without_patient"),
        ("Patient files/Unknown, Some/of no name.pdf", "file_without_patient"),
        ("Patient files/of no folder.pdf", "file_without_patient"),
        ("Treatment notes/1 - Lee, Ann/2024-01-02 Visit.pdf", "note_as_document"),
        ("Patient forms/1 - Lee, Ann/Consent.pdf", "form_as_document"),
    ],
)
def test_a_file_that_no_list_names_is_known_by_the_checksum_of_its_path(
    codes: dict[str, set[str]], path: str, code: str
) -> None:
    assert code in codes[hashlib.sha256(path.encode()).hexdigest()]


def test_every_row_is_accounted_for_and_the_trial_balances(tried: Clinic) -> None:
    (kind,) = (kind for kind in tried.trial.kinds if kind["kind"] == "patient_files")
    assert kind["read"] == 33
    assert {name: kind[name] for name in ("created", "skipped", "held", "refused")} == {
        "created": 13,
        "skipped": 9,
        "held": 11,
        "refused": 0,
    }
    assert tried.trial.balanced
    assert kind["source_digest"] == kind["caspen_digest"]


def test_a_file_is_private_and_has_the_values_of_its_list_and_content(files: dict[str, File]) -> None:
    file = files["Imported from Cliniko/plain.pdf"]
    body = content("Patient files/1 - Lee, Ann/plain.pdf")
    assert (file.visibility, file.size, file.sha256) == ("private", len(body), hashlib.sha256(body).hexdigest())
    assert (file.content_type, file.description, file.uploaded_by) == ("application/pdf", "A referral", "Sam Lee")
    assert str(file.source_created_at) == "2023-02-03 04:05:06+00:00"


def test_folders_are_kept_and_equal_names_are_numbered(files: dict[str, File]) -> None:
    assert {path.removeprefix("Imported from Cliniko/") for path in files} == {
        "plain.pdf",
        "of the folder.pdf",
        "x.pdf",
        "sub/Scan.pdf",
        "sub/scan (3).PDF",
        "sub/scan (2).pdf",
        "Archived/archived.pdf",
        "of the merged.pdf",
        "of the survivor.pdf",
        "a_b_.pdf",
        "unlisted.pdf",
        "Treatment notes/2024-01-02 Visit.pdf",
        "Forms/Consent.pdf",
    }


def test_files_of_a_merged_patient_move_to_the_survivor(files: dict[str, File]) -> None:
    ann = files["Imported from Cliniko/plain.pdf"].client_id
    assert files["Imported from Cliniko/of the merged.pdf"].client_id == ann
    assert files["Imported from Cliniko/of the survivor.pdf"].client_id == ann


def test_the_bytes_of_every_file_are_those_of_the_export(tried: Clinic, files: dict[str, File]) -> None:
    bodies = {hashlib.sha256(body).hexdigest(): body for body in whole_export().files.values()}
    assert len(files) == 13
    for file in files.values():
        with open_in_trial(tried.runtime, tried.migration, file.sha256) as kept:
            assert kept.read() == bodies[file.sha256]
