"""A cell of a later export that cannot be read takes no value from a live record."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.migration.states import State
from app.worker.runtime import Runtime
from tests.harness.clinic import clinic_in, runtime_in, runtime_of_copy
from tests.trial.test_records_changed_by_hand import export_files
from tests.trial.test_what_a_later_export_lacks import ROWS, differing, whole

BROKEN = tuple(
    (kind, column, cell)
    for kind, column, *cells in (
        ("patients", "First Name", "#REF!"),
        ("patients", "Email", "#N/A"),
        ("patients", "Occupation", "#VALUE!"),
        ("patients", "City", "#N/A"),
        ("patients", "Date of Birth", "########", "30/02/1974", "soon"),
        ("contacts", "Email", "#REF!"),
        ("contacts", "Company Name", "#NAME?"),
        ("patient_cases", "Issue Date", "2024-02-31", "#N/A"),
        ("patient_cases", "Name", "#REF!"),
        ("appointments", "Appointment Notes", "#REF!"),
        ("treatment_notes", "Title", "#REF!"),
        ("communications", "Subject", "#REF!"),
        ("communications", "Created At", "yesterday"),
        ("users", "Email", "#N/A"),
        ("appointment_types", "Price", "#DIV/0!", "a lot"),
    )
    for cell in cells
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a clinic that went live."""
    folder = tmp_path_factory.mktemp("live") / "var"
    with runtime_in(folder) as runtime:
        assert clinic_in(runtime).tried(export_files(ROWS["ids"]())).finalised().state() is State.FINALISED
    return folder


@pytest.fixture
def runtime_live(home: Path, tmp_path: Path) -> Iterator[Runtime]:
    with runtime_of_copy(home, tmp_path / "var") as runtime:
        yield runtime


@pytest.mark.parametrize(("kind", "column", "cell"), BROKEN)
def test_the_live_record_keeps_its_value(runtime_live: Runtime, kind: str, column: str, cell: str) -> None:
    rows, before = ROWS["ids"](), whole(runtime_live)
    place = next(place for place, row in enumerate(rows[kind]) if row[column])
    rows[kind][place] = {**rows[kind][place], column: cell}
    later = clinic_in(runtime_live).tried(export_files(rows))
    assert later.trial.balanced
    assert later.finalised().state() is State.FINALISED
    assert differing(before, whole(runtime_live)) == []


def test_an_empty_cell_empties_the_value(runtime_live: Runtime) -> None:
    rows, before = ROWS["ids"](), whole(runtime_live)
    rows["patients"][0] = {**rows["patients"][0], "Email": ""}
    clinic_in(runtime_live).tried(export_files(rows)).finalised()
    (line,) = differing(before, whole(runtime_live))
    assert line.endswith("> None")
