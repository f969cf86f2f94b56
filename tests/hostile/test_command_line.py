"""Files that kill their reader, on the command line with one worker: they are named and the rest is checked."""

from pathlib import Path

import pytest

from tests.figures.command import trial
from tests.harness.clinic import clinic_files
from tests.harness.waiting import patience
from tests.hostile.worker import KILLERS, MARKER

pytestmark = pytest.mark.slow
SETTINGS = {"ENVIRONMENT": "test", "KILLER_FILE": MARKER, "SILENCE_SECONDS": str(patience(6)), "CHILD_MEMORY_MB": "900"}


@pytest.mark.parametrize("killer", KILLERS)
def test_a_file_that_kills_its_reader_is_named_and_the_rest_is_checked(tmp_path: Path, killer: str) -> None:
    files = {**clinic_files(), f"{MARKER}-{killer}.csv": "Contact ID,First Name,Last Name\n1,Ann,Lee\n"}
    for name, content in files.items():
        tmp_path.joinpath(name).write_bytes(content.encode() if isinstance(content, str) else content)
    tried = trial(tmp_path, environment=SETTINGS)
    assert tried.balances
    named = [problem["file"] for problem in tried.answer["problems"] if problem["code"] == "file_stops_reader"]
    assert named == [f"{MARKER}-{killer}.csv"]
    assert tried.sum_of("created") > 40
