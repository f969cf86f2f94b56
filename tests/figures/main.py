"""The first area: a fresh machine, the samples, and an import that survives the death of its workers."""

from tests.figures import again, emptied_redis, fresh, kills, samples, speed, stories
from tests.figures.figure import Measure

MEASURES: tuple[Measure, ...] = (
    *fresh.MEASURES,
    *samples.MEASURES,
    *again.MEASURES,
    *kills.MEASURES,
    *emptied_redis.MEASURES,
    *stories.MEASURES,
    *speed.MEASURES,
)
