"""Lines 57 to 59 of the catalogue: the same thing exported twice, and a path that leads out of an archive."""

from tests.reading.story import native, patients
from tests.reading.zips import Item, build
from tests.register.files import NAMES, rows
from tests.register.story import Desk


def test_58_the_same_row_in_two_slices_is_one_client(desk: Desk) -> None:
    tried = desk.tried(
        {
            native(rest="-From20250101-To20251231"): patients(3, 1),
            native(rest="-From20260101-To20261120"): patients(3, 3),
        }
    )
    [problem] = tried.problems("duplicate_row", "patients")
    assert (problem["level"], problem["count"], problem["source_id"]) == ("skipped", 1, "3")
    assert problem["file"] == native(rest="-From20260101-To20261120")
    counts = tried.kind("patients")
    assert (counts["read"], counts["created"], counts["skipped"], counts["records"]) == (6, 5, 1, 5)


def test_59_of_two_rows_of_one_id_the_newest_counts(desk: Desk) -> None:
    header = f"{NAMES},Updated At"
    old = "1,Ann,Lee,1980-01-02,2026-01-01 09:00:00 +1100"
    new = "1,Ann,Low,1980-01-02,2026-02-01 09:00:00 +1100"
    tried = desk.tried({"patients.csv": rows(header, new, old)})
    [problem] = tried.problems("id_conflict_newest_used", "patients")
    assert (problem["level"], problem["line"], problem["source_id"]) == ("warning", 3, "1")
    assert [c["last_name"] for c in tried.records("clients")] == ["Low"]
    assert (tried.kind("patients")["created"], tried.kind("patients")["skipped"]) == (1, 1)


def test_57_a_path_that_leads_out_of_the_archive_is_skipped(desk: Desk) -> None:
    tried = desk.tried({"Export.zip": build([Item(), Item(b"../../x.pdf")])})
    [problem] = tried.problems("unsafe_path")
    assert problem["level"] == "skipped"
    assert tried.kind("patients")["created"] == 2
