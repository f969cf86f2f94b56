"""Every area that has figures, by the name that `make figures AREA=` knows it by."""

from tests.figures import kinds, links, main, outside, proof
from tests.figures.figure import Measure

AREAS: dict[str, tuple[Measure, ...]] = {
    "main": main.MEASURES,
    "links": links.MEASURES,
    "proof": proof.MEASURES,
    "kinds": kinds.MEASURES,
    "outside": outside.MEASURES,
}
