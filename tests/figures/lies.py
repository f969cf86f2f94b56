"""The checks of the world are lied to: each of nine lies must turn its own check red."""

from tests.figures.figure import Measure
from tests.figures.stories import told

MEASURES = (
    Measure(
        "lies that turn their check of the world red, and effects that are told",
        "every story, 9 of 9 lies",
        told("tests/world", words="stories"),
    ),
)
