"""A row that refers to very many rows takes time in proportion to its references."""

import time
from pathlib import Path

import pytest

from app.index import IndexLink
from app.mapping.rows import Outcome
from tests.index.story import Export

MANY = 16_000


@pytest.mark.parametrize("is_required", [False, True])
@pytest.mark.parametrize("found", ["no row", "a row", "a held row"])
def test_a_long_list_of_ids_takes_linear_time(tmp_path: Path, found: str, is_required: bool) -> None:
    def cost(number: int) -> float:
        export = Export(tmp_path / f"{number}.sqlite")
        export.has("patients", "1")
        export.has("attendees", "0")
        ids = tuple(map(str, range(1, number + 1)))
        blocked = (Outcome.HELD, "attendee_without_client") if found == "a held row" else None
        for each in ids if found != "no row" else ():
            export.has("attendees", each, blocked=blocked)
        listed = IndexLink("attendee_ids", "attendees", ids, required=is_required)
        owner = IndexLink("patient_id", "patients", ("1",), required=True)
        export.has("treatment_notes", "7", owner, listed)
        start = time.process_time()
        assert export.index
        return time.process_time() - start

    short = cost(MANY // 4)
    assert cost(MANY) < 8 * short + 1, "four times the ids, and a square would be sixteen times the time"
