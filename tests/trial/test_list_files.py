"""An export in one JSON file, each kind in a list of its own, is tried and verified like one of several files."""

import csv
import json
from pathlib import Path

import pytest

from app.isolated.preview_job import find_entry, known_ids
from app.mapping.plan import Plan
from app.reading.entries import open_export, private_scratch
from app.reading.limits import Limits
from app.trial.verification import plain, raw_rows
from tests.harness.clinic import Clinic, clinic_files
from tests.reading.story import SOURCE, given

FILE = "backup.json"


def in_one_file() -> dict[str, str]:
    """The export of a small clinic: its tables as lists of one file."""
    lists = {name.removesuffix(".csv").lower(): text for name, text in clinic_files().items()}
    return {FILE: json.dumps({name: list(csv.DictReader(text.splitlines())) for name, text in lists.items()})}


def test_a_trial_of_one_file_of_several_kinds_is_verified_row_by_row(clinic: Clinic) -> None:
    clinic.tried(in_one_file())
    (proof,) = clinic.work(phase="reconcile")
    assert (proof.result["looked_at"]["files"], proof.result["looked_at"]["rows"]) == (5, 43)
    assert proof.result["looked_at"]["cells"] > 150
    assert clinic.trial.balanced
    assert clinic.codes("trial:1").isdisjoint(
        {"cells_not_found", "cells_in_doubt", "rows_miscounted", "not_verified", "kind_absent"}
    )


def test_a_row_of_one_list_that_nobody_read_is_missed_there(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = plain.plain_rows

    def with_one_more(*args: object, **more: object) -> object:
        yield from (rows := list(inner(*args, **more)))  # type: ignore[arg-type]  # as it was called
        yield from rows[-1:] if more["only"] == "appointments" else ()

    monkeypatch.setattr(raw_rows, "plain_rows", with_one_more)
    clinic.tried(in_one_file())
    lines = [(line.kind, line.file) for line in clinic.problems("trial:1") if line.code == "rows_miscounted"]
    assert lines == [("appointments", f"{FILE}#appointments")]


def test_a_list_is_found_by_its_path_where_a_file_is(tmp_path: Path) -> None:
    with open_export(given(in_one_file()), SOURCE, Limits(), private_scratch(tmp_path)) as found:
        entry = find_entry(found, f"{FILE}#patients")
        assert entry is not None
        assert (entry.path, entry.list) == (f"{FILE}#patients", "patients")
        assert find_entry(found, "other.json#patients") is None
        assert found.attached.at(f"{FILE}#patients") is None
        ids = known_ids(found, SOURCE, Plan(), {f"{FILE}#patients": "patients"})
    assert len(ids["patients"]) == 20
