"""Proof under disturbance: nothing is lost or duplicated if processes die, services vanish or data is changed; the
checks themselves are tested."""

from tests.figures import (
    accounting,
    at_random,
    disk_full,
    faults,
    interleaved,
    lies,
    mutants,
    pages,
    poison,
    redis_faults,
    restarts,
    unknown_commits,
    web_kills,
)
from tests.figures.figure import Measure

MEASURES: tuple[Measure, ...] = (
    *lies.MEASURES,
    *mutants.MEASURES,
    *faults.MEASURES,
    *at_random.MEASURES,
    *disk_full.MEASURES,
    *interleaved.MEASURES,
    *redis_faults.MEASURES,
    *unknown_commits.MEASURES,
    *restarts.MEASURES,
    *web_kills.MEASURES,
    *poison.MEASURES,
    *accounting.MEASURES,
    *pages.MEASURES,
)
