"""The checks of the world are tested: each of nine planted changes must fail its own check."""

from tests.figures.figure import Measure
from tests.figures.stories import run_tests

MEASURES = (
    Measure(
        "lies that turn their check of the world red, and effects that are told",
        "every story, 9 of 9 lies",
        run_tests("tests/world", words="stories"),
    ),
)
