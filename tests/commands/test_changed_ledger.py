"""`caspen-import trial` reports no numbers of a trial whose ledger was changed by other software."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.commands.drive import Driver
from app.migration.states import State
from tests.commands.test_trial import run
from tests.harness.clinic import clinic_files
from tests.world.ledger_lies import LIES

pytestmark = pytest.mark.usefixtures("takes_turns_here")


@pytest.mark.parametrize(
    "name",
    [
        "a row moved from created to held",
        "the account of every kind removed",
        "a row moved in the account and in its part",
        "the trial's digest overwritten",
    ],
)
def test_a_changed_account_has_no_numbers_in_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "export").mkdir()
    for file, text in clinic_files(3, 3).items():
        (tmp_path / "export" / file).write_text(text)
    honest = Driver.run

    def changed_behind(driver: Driver, migration_id: str, label: str) -> State:
        state = honest(driver, migration_id, label)
        if label == "Trial":
            assert LIES[name](driver.runtime)
        return state

    monkeypatch.setattr(Driver, "run", changed_behind)
    records = tmp_path / "records"
    ended = run("trial", tmp_path / "export", "--json", tmp_path / "t.json", "--records", records)
    content: dict[str, Any] = json.loads((tmp_path / "t.json").read_text())
    assert ended.exit_code == 1
    assert (content["kinds"], content["balanced"], content["digest"]) == ([], False, "")
    assert "trial_damaged" in {problem["code"] for problem in content["problems"]}
    assert "The trial does not balance." in ended.stdout
    assert not records.exists()
