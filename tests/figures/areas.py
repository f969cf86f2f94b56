"""Every area that has figures, by the name that `make figures AREA=` knows it by."""

from tests.figures import kinds, main
from tests.figures.figure import Measure

AREAS: dict[str, tuple[Measure, ...]] = {
    "main": main.MEASURES,
    "kinds": kinds.MEASURES,
}
