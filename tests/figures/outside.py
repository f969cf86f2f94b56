"""What outsiders tried: damaged exports, hostile bytes, stale forms, lies about records, signals and full disks."""

from tests.figures import ends, invitations
from tests.figures.figure import Measure

MEASURES: tuple[Measure, ...] = (*ends.MEASURES, *invitations.MEASURES)
