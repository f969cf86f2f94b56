"""A damaged row is reported and affects no other row: the trial balances, and every other row is imported."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.clinic import Clinic, clinic_in, runtime_in
from tests.harness.waiting import patience
from tests.shapes import odd_pages
from tests.shapes.damaged import KEYED, WRITERS, Export, export, one_by_one
from tests.shapes.shapes import Files

BLAMED = frozenset({"rows_miscounted", "cells_not_found", "cells_in_doubt", "not_verified", "row_quarantined"})
STAYS = frozenset({"held", "skipped", "refused"})
# A second one for the same hours, the same visit or the same bytes is a copy: its row does not come.
COPIES = frozenset({"practitioner_availability", "attendees", "patient_files"})


@contextmanager
def tried(files: Files) -> Iterator[Clinic]:
    with tempfile.TemporaryDirectory() as folder, runtime_in(Path(folder) / "var") as runtime:
        clinic = clinic_in(runtime)
        clinic.hand_over(files)
        clinic.drain(seconds=patience(300))
        clinic.start_trial()
        clinic.drain(seconds=patience(300))
        yield clinic


def blamed(clinic: Clinic) -> list[tuple[str, str | None, str | None, int]]:
    return [(p.code, p.file, p.column, p.count) for p in clinic.problems("trial:1") if p.code in BLAMED]


def stayed_without_a_reason(clinic: Clinic, made: Export) -> set[tuple[str | None, int | None, str]]:
    """The sound rows that were not imported, and the files that were refused."""
    shift = {file: 1 if file.endswith(("json", "jsonl")) else 0 for file in made.damaged}
    return {
        (line.file, line.line, line.code)
        for run in ("export:1", "trial:1")
        for line in clinic.problems(run)
        if line.level in STAYS and line.file in made.damaged and line.kind not in COPIES
        if line.line is None or line.line + shift[line.file] not in made.damaged[line.file]
    }


def check(made: Export) -> None:
    with tried(made.files) as clinic:
        assert blamed(clinic) == []
        assert clinic.trial.balanced
        assert stayed_without_a_reason(clinic, made) == set()
        came = {kind["kind"]: kind["created"] for kind in clinic.trial.kinds}
        short = {kind for kind, ids in made.good.items() if kind not in COPIES and came[kind] < len(ids)}
        assert short == set()


@pytest.mark.parametrize("shape", WRITERS)
def test_damaged_rows_of_every_kind_are_reported_and_every_sound_row_is_imported(shape: str) -> None:
    check(export(shape))


@pytest.mark.parametrize("kind", ["patients", "treatment_notes"])
@pytest.mark.parametrize("shape", ["csv", "json"])
def test_a_damaged_row_beside_a_single_sound_one_ends_no_trial(shape: str, kind: str) -> None:
    check(one_by_one(shape, kind))


def test_every_kind_with_a_number_of_its_own_is_damaged() -> None:
    assert len(KEYED) >= 17


def test_pages_with_harmless_oddities_come_and_are_found_again() -> None:
    with tried(odd_pages.export()) as clinic:
        assert blamed(clinic) == []
        assert clinic.trial.balanced
        came = {kind["kind"]: kind["created"] for kind in clinic.trial.kinds}
        assert came["treatment_notes"] == len(odd_pages.ODD)
