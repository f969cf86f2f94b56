"""Names that differ only in Unicode form or case are different files, and none replaces another."""

import unicodedata
from itertools import combinations, permutations

import pytest

from app.mapping.client_files import key_of_path
from tests.reading.story import Desk, ReadResult

ROOT = "Patient files/"
FOLDER = f"{ROOT}1 - Lée, Zoë/"
FORMS = ("Zo\u00e9 re\u0301.pdf", "Zoe\u0301 re\u0301.pdf", "Zo\u00e9 r\u00e9.pdf", "Zoe\u0301 r\u00e9.pdf")
PDF = b"%PDF-1.4 "
HEADER = "Attachment ID,Patient ID,File Name,Path,Size\n"


def keys(result: ReadResult, path: str = ROOT) -> list[str]:
    return [row.cells["found_key"] for row in result.rows(result.by_path[path])]


@pytest.mark.parametrize("names", [each for size in (2, 3, 4) for each in combinations(FORMS, size)])
def test_files_with_the_same_name_in_several_unicode_forms_have_a_key_each(desk: Desk, names: tuple[str, ...]) -> None:
    result = desk.zip({f"{FOLDER}{name}": PDF + bytes([at]) for at, name in enumerate(names)})
    assert len(set(keys(result))) == len(names)
    again = desk.zip({f"Other day/{FOLDER}{name}": PDF + bytes([at]) for at, name in enumerate(names)})
    assert keys(again, f"Other day/{ROOT}") == keys(result)
    usual = [name for name in names if name == unicodedata.normalize("NFC", name)]
    assert all(key_of_path(f"{FOLDER}{name}") in keys(result) for name in usual)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_file_alone_has_the_same_key_in_every_form(desk: Desk, form: str) -> None:
    path = f"{FOLDER}{FORMS[2]}"
    result = desk.zip({unicodedata.normalize(form, path): PDF, f"{FOLDER}other é.pdf": PDF})  # type: ignore[arg-type]
    assert key_of_path(path) in keys(result)


@pytest.mark.parametrize("by_path", [True, False])
@pytest.mark.parametrize("names", [*permutations(("scan.pdf", "SCAN.pdf", "Scan.pdf"), 2), *permutations(FORMS, 2)])
def test_a_listed_row_means_the_file_with_the_same_unicode_form(
    desk: Desk, names: tuple[str, str], by_path: bool
) -> None:
    sizes = [10, 20]
    lines = [
        f'{at},1,{name},"{FOLDER if by_path else ""}{name if by_path else ""}",{size}'
        for at, (name, size) in enumerate(zip(names, sizes, strict=True), start=1)
    ]
    files = {f"{FOLDER}{name}": PDF.ljust(size, b"x") for name, size in zip(names, sizes, strict=True)}
    result = desk.zip({"patient_files.csv": HEADER + "\n".join(lines) + "\n", **files})
    found = [row.cells["found_size"] for row in result.rows(result.by_path["patient_files.csv"])]
    assert found == ["10", "20"]
    assert result.by_path[ROOT].rows == 0


def test_note_pages_with_the_same_name_in_two_unicode_forms_have_a_key_each(desk: Desk) -> None:
    folder = "Treatment notes/77 - Lee, Ann/"
    result = desk.read({f"{folder}{name[:-4]}.html": f"<p>{at}</p>" for at, name in enumerate(FORMS)})
    assert len({row.cells["page_key"] for row in result.rows(result.only_file)}) == len(FORMS)
