"""Every small export made after a public bug report gives its listed result, and no export is forgotten."""

import pytest

from tests.figures.cases import CASES, FOLDER, Case, faults
from tests.figures.command import trial_here


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_case_gives_what_its_line_says(case: Case) -> None:
    assert faults(case, trial_here) == []


def test_every_export_of_the_folder_has_its_line() -> None:
    assert {path.stem for path in FOLDER.glob("*.zip")} == {case.name for case in CASES}
