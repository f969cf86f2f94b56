"""A stray quotation mark in a row of several lines: the import and verification read the same row."""

import csv
import io

from app.migration.states import State
from tests.harness.clinic import Clinic
from tests.resolve.test_same_rows import table
from tests.shapes.export import BESIDE, KINDS


def test_the_whole_trial_keeps_every_client(clinic: Clinic) -> None:
    rows = [dict(row) for row in KINDS["patients"]]
    out = io.StringIO()
    writer = csv.DictWriter(out, [*rows[0], "Notes"], lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writeheader()
    writer.writerows({**row, "Occupation": "Baker", "Notes": "one\ntwo, three"} for row in rows)
    broken = out.getvalue().replace(",Baker,", ',"Baker" man,', 1)
    files: dict[str, str | bytes] = {f"{kind}.csv": table(each) for kind, each in KINDS.items()}
    clinic.tried({**files, "patients.csv": broken, **BESIDE})
    assert clinic.migration.state == State.REVIEWING
    clients = next(kind for kind in clinic.trial.kinds if kind["kind"] == "patients")
    assert (clients["created"], clients["held"]) == (len(rows), 0)
    assert clinic.trial.balanced
