"""An export that was made long before going live is reported, if its file names have the date."""

from datetime import timedelta

import pytest

from app.db import now
from tests.harness.clinic import Clinic, clinic_files, patients


@pytest.mark.parametrize(("days", "is_reported"), [(15, True), (13, False)])
def test_an_export_of_more_than_14_days_ago_is_reported_when_it_goes_live(
    clinic: Clinic, days: int, is_reported: bool
) -> None:
    made = f"{now() - timedelta(days=days):%Y%m%d}"
    files = {name: text for name, text in clinic_files().items() if name != "Patients.csv"}
    clinic.tried({**files, f"Patients-Cliniko-{made}.csv": patients(3)}).finalised()
    assert ("export_stale" in clinic.codes("finalise:1")) is is_reported
    assert bool(clinic.migration.report["export_of"]) is is_reported
