"""One thing is broken in an otherwise good export: nothing else differs, and the damage is named."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.caspen.gateway import Gateway
from tests.figures.damaged import DAMAGES, WORKSPACE, Damaged, Trials, inputs
from tests.figures.good_export import good
from tests.harness.clinic import clinic_in, runtime_in

pytestmark = pytest.mark.xdist_group("damaged")


@pytest.fixture(scope="module")
def trials() -> Iterator[Trials]:
    with tempfile.TemporaryDirectory() as folder, runtime_in(Path(folder)) as runtime:
        clinic_in(runtime, WORKSPACE)
        Gateway(runtime.caspen, WORKSPACE, "a receptionist").add_location("Main")
        made = Trials(runtime)
        base = made.tried(good().files())
        assert base.answer["balanced"]
        made.reference = made.records(base)
        yield made


@pytest.mark.parametrize("damaged", inputs(len(DAMAGES)), ids=lambda each: each.name)
def test_only_what_was_damaged_differs_and_the_damage_is_named(trials: Trials, damaged: Damaged) -> None:
    assert trials.faults(damaged) == []


def test_a_damage_that_is_not_reported_fails_the_figure(trials: Trials) -> None:
    quiet = Damaged("quiet", good().files(), codes=frozenset({"zip_damaged"}))
    assert trials.faults(quiet) == ["quiet: not named by zip_damaged"]


def test_a_row_that_differs_without_a_damage_turns_the_figure_red(trials: Trials) -> None:
    export = good()
    export.tables["contacts"].rows[3][1] = "Eve"
    assert trials.faults(Damaged("loud", export.files())) == ["loud: contacts 3003 differs"]
