"""What outsiders tried: damaged exports, hostile bytes, stale forms, lies about records, signals and full disks."""

from tests.figures import ends
from tests.figures.figure import Measure

MEASURES: tuple[Measure, ...] = (*ends.MEASURES,)
