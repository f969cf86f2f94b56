"""Attacks from outside: damaged exports, hostile bytes, stale forms, changed records, signals and full disks."""

from tests.figures import (
    cases,
    damaged,
    ends,
    generated_requests,
    invitations,
    killers,
    lies_beside_digest,
    many_entries,
    pages_on_postgres,
    shapes,
    stale_forms,
)
from tests.figures.figure import Measure

MEASURES: tuple[Measure, ...] = (
    *cases.MEASURES,
    *damaged.MEASURES,
    *ends.MEASURES,
    *generated_requests.MEASURES,
    *invitations.MEASURES,
    *killers.MEASURES,
    *lies_beside_digest.MEASURES,
    *many_entries.MEASURES,
    *pages_on_postgres.MEASURES,
    *shapes.MEASURES,
    *stale_forms.MEASURES,
)
