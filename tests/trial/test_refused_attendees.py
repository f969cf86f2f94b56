"""A file of attendees that is refused is not an absent one: who attended a group is then unknown, and reported."""

from collections.abc import Iterator

import pytest

from tests.harness.clinic import runtime_in
from tests.kinds.story import ROWS
from tests.register.story import DIARY, Desk, Tried, export, kind_file

GOOD = kind_file("attendees", [{"id": "501", "booking_id": "70"}])
REFUSED: dict[str, bytes] = {
    "csv_unclosed_quote": (GOOD + '502,70,"11\n503,70,12\n').encode(),
    "file_not_text": b"id,booking_id\0,patient_id,arrived\n501,70,11,true\n",
    "ids_scientific": (GOOD + "1.55836E+18,70,11\n").encode(),
    "missing_key_column": b"booking_id,patient_id,arrived\n70,11,true\n",
    "csv_misaligned": (GOOD + "502,70,11,beyond,beyond\n" * 30).encode(),
    "file_empty": b"",
}
MARKS: dict[str, dict[str, str]] = {
    "arrived": {"patient_arrived": "true"},
    "missed": {"patient_arrived": "", "did_not_arrive": "true"},
    "pending": {"patient_arrived": ""},
    "cancelled": {"patient_arrived": "", "cancelled_at": "2026-03-30 10:00:00 +1100"},
}
CODE = "group_attendance_unknown"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with runtime_in(tmp_path_factory.mktemp("attendees")) as runtime:
        yield Desk(runtime)


def diary() -> dict[str, str | bytes]:
    """A group for each mark of its slot, and a visit of one client."""
    group: dict[str, str | None] = {"patient_ids": "11, 12, 13", "max_attendees": "8"}
    groups = [{"id": f"7{n}", **group, **marks} for n, marks in enumerate(MARKS.values())]
    clients: list[dict[str, str | None]] = [{"id": each, "first_name": f"Zoë {each}"} for each in ("11", "12", "13")]
    return export(*DIARY, patients=clients, appointments=[*groups, {"id": "90"}])


def statuses(tried: Tried) -> dict[str, set[str]]:
    by_slot: dict[str, set[str]] = {}
    for visit in tried.records("appointments"):
        by_slot.setdefault(visit["source_id"].split(":")[0], set()).add(visit["status"])
    return by_slot


@pytest.mark.parametrize("code", REFUSED)
def test_nobody_in_a_group_has_the_status_of_the_slot_if_the_attendees_were_refused(desk: Desk, code: str) -> None:
    tried = desk.tried({**diary(), "Attendees.csv": REFUSED[code]})
    assert code in tried.codes
    assert {"70", "71", "72"} == {str(line.source_id) for line in tried.clinic.problems("trial:1") if line.code == CODE}
    assert statuses(tried) == {
        "70": {"pending"}, "71": {"pending"}, "72": {"pending"}, "73": {"cancelled"}, "90": {"arrived"},
    }  # fmt: skip
    assert tried.clinic.trial.balanced


def test_without_a_file_of_attendees_everybody_has_the_status_of_the_slot(desk: Desk) -> None:
    tried = desk.tried(diary())
    assert CODE not in tried.codes
    assert statuses(tried) == {**{f"7{n}": {mark} for n, mark in enumerate(MARKS)}, "90": {"arrived"}}


def test_a_group_whose_attendees_are_in_another_file_that_can_be_read_has_their_marks(desk: Desk) -> None:
    rows = [{"id": f"60{n}", "booking_id": "70", "patient_id": f"1{n}", "arrived": "true"} for n in (1, 2, 3)]
    files = {
        **diary(),
        "Attendees.csv": REFUSED["csv_unclosed_quote"],
        "Attendees (1).csv": kind_file("attendees", rows),
    }
    assert ROWS["attendees"]["booking_id"] == "77"
    tried = desk.tried(files)
    assert (statuses(tried)["70"], statuses(tried)["71"]) == ({"arrived"}, {"pending"})
