"""Every code of the register has its words, and an export that really leads to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.problems import catalogue
from tests.harness.clinic import runtime_in
from tests.register import attachments, clinic, diary, files, papers, people, test_gone, test_there_already
from tests.register.case import Case
from tests.register.codes import CODES, REGISTER, levels_of
from tests.register.story import Desk

CASES = (*files.CASES, *clinic.CASES, *people.CASES, *diary.CASES, *papers.CASES, *attachments.CASES)

THERE_ALREADY = {
    "already_imported",
    "changed_in_caspen",
    "custom_field_type_conflict",
    "existing_client_match",
    "export_stale",
    "gone_from_export",
}
"""Codes that no export leads to by itself: they need a workspace that has something."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("register")
    with runtime_in(folder) as runtime:
        yield Desk(runtime)


def test_no_code_is_listed_twice_under_one_level() -> None:
    for level, codes in REGISTER.items():
        assert len(codes) == len(set(codes)), level


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_words_and_its_level(code: str) -> None:
    assert catalogue()[code].level.value in levels_of(code)


def test_every_code_has_an_export_that_leads_to_it() -> None:
    story = Path(test_there_already.__file__).read_text(encoding="utf-8")
    story += Path(test_gone.__file__).read_text(encoding="utf-8")
    again = {code for code in THERE_ALREADY if f'.problems("{code}"' in story}
    assert {case.code for case in CASES} | again == CODES


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.kind or 'export'}")
def test_a_code_is_reported_at_its_place(desk: Desk, case: Case) -> None:
    tried = (desk.read if case.read else desk.tried)(case.files)
    reported = tried.problems(case.code, case.kind)
    assert len(reported) == 1, f"{case.code} of {case.kind} is not among {tried.answer['problems']}"
    assert reported[0]["level"] in case.levels
    assert case.count is None or reported[0]["count"] == case.count
    assert {name: reported[0][name] for name, _ in case.where} == dict(case.where)
    if not case.read:
        assert tried.answer["balanced"] is case.balanced
    if reported[0]["level"] in ("held", "skipped") and not case.read and case.kind is not None:
        assert tried.kind(case.kind)[reported[0]["level"]] >= reported[0]["count"]
