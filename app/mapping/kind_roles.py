"""What the kinds of an export are to Caspen: a place, a client, a visit. Each source has its own names for them.

KindRole.CLIENT   `patients` of one source, `people` of another
"""

from enum import StrEnum


class KindRole(StrEnum):
    """The part that a kind plays in a clinic. Each kind of a source has one role at most, and no two have the same.

    The value of a role in `CHOSEN` is the field of a plan with the clinic's choices about things of that kind.
    """

    LOCATION = "locations"
    USER = "users"
    PRACTITIONER = "practitioners"
    SERVICE = "services"
    CLIENT = "clients"
    FIELD = "fields"
    CASE = "cases"
    VISIT = "visits"
    ATTENDANCE = "attendance"
    NOTE = "notes"
    FILE = "files"


MATCHED = (KindRole.LOCATION, KindRole.USER, KindRole.PRACTITIONER, KindRole.SERVICE)
"""The roles whose names a clinic matches with objects of its workspace before a trial."""

CHOSEN = (*MATCHED, KindRole.CLIENT, KindRole.FIELD)
"""The roles about whose things a plan has choices."""
