"""A practitioner has one number for each location and label: an equal one joins it, a different one is told."""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.harness.clinic import runtime_in
from tests.register.story import Desk, Tried, export

PRACTITIONERS, BUSINESSES, LABELS = ("7", "8"), ("3", "4", ""), ("Provider #", "DVA", "")
PLACES = list(product(PRACTITIONERS, BUSINESSES, LABELS))
KIND = "practitioner_reference_numbers"


def rows() -> Iterator[dict[str, str]]:
    """For each practitioner, location and label: a number, the same again, another, and both again."""
    for turn, number in enumerate(("0012345A", "0012345A", "12345A", "12345A", "0012345A", "9")):
        for at, (who, where, label) in enumerate(PLACES):
            shown = label.upper() if turn % 2 else label
            yield {
                "id": str(1000 * (turn + 1) + at),
                "practitioner_id": who,
                "business_id": where,
                "name": shown,
                "reference_number": number,
            }


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    files = export(
        "users",
        businesses=[{"id": "3"}, {"id": "4", "business_name": "Second site", "display_name": "Second site"}],
        practitioners=[{"id": "7"}, {"id": "8"}],
        **{KIND: list(rows())},
    )
    with runtime_in(tmp_path_factory.mktemp("numbers")) as runtime:
        yield Desk(runtime).tried(files)


def test_equal_numbers_are_one_and_different_ones_have_labels_of_their_own(tried: Tried) -> None:
    made: dict[tuple[str, str | None], list[tuple[str, str]]] = {}
    for record in tried.records("provider_numbers"):
        place = record["practitioner_id"], record["location_id"]
        made.setdefault(place, []).append((record["label"], record["number"]))
    wanted = [
        (f"{label}{place}", number)
        for label in ("Provider #", "DVA", "Provider number")
        for place, number in (("", "0012345A"), (" (2)", "12345A"), (" (3)", "9"))
    ]
    assert len(made) == len(PRACTITIONERS) * len(BUSINESSES)
    assert all(
        sorted((label.lower(), number) for label, number in numbers)
        == sorted((label.lower(), number) for label, number in wanted)
        for numbers in made.values()
    )


def test_every_row_is_told_once(tried: Tried) -> None:
    kind = tried.kind(KIND)
    assert (kind["read"], kind["created"], kind["skipped"]) == (6 * len(PLACES), 3 * len(PLACES), 3 * len(PLACES))
    told = {code: tried.problems(code, KIND)[0]["count"] for code in ("duplicate_row", "duplicate_name")}
    assert told == {"duplicate_row": 3 * len(PLACES), "duplicate_name": 2 * len(PLACES)}
    assert tried.clinic.trial.balanced
    assert not tried.problems("not_verified")
