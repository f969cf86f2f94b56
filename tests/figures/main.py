"""The first area: a fresh machine, the samples, and an import that survives whatever happens to its workers."""

from tests.figures import again, samples
from tests.figures.figure import Measure

MEASURES: tuple[Measure, ...] = (
    *samples.MEASURES,
    *again.MEASURES,
)
