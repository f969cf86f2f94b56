"""The headers of a file of a Cliniko export, by which the file's kind is recognised.

Headers are normalised before (see `normalise_header`). Cliniko's csv export, its API and older exports have different
headers for one column; those that fingerprints ask for are translated to one of them.
"""

from collections.abc import Callable

_ALIASES = {
    "startsat": "starttime",
    "appointmentstart": "starttime",
    "start": "starttime",
    "endsat": "endtime",
    "appointmentend": "endtime",
    "end": "endtime",
    "cancelledat": "cancellationtime",
    "canceledat": "cancellationtime",
    "dob": "dateofbirth",
    "birthdate": "dateofbirth",
    "surname": "lastname",
    "locationid": "businessid",
    "providerid": "practitionerid",
    "maximumnumberofpatients": "maxattendees",
    "maximunnumberofpatients": "maxattendees",
}

STARTS = ("Start Time", "starts_at", "Appointment Start", "Start")
ENDS = ("End Time", "ends_at", "Appointment End", "End")
CANCELLED = ("Cancellation Time", "cancelled_at", "canceled_at")
MAXIMUM = ("Maximum Number of Patients", "Maximun Number of Patients", "max_attendees")


class HeaderSet:
    """The normalised headers of one file, with aliases translated."""

    def __init__(self, normalised: frozenset[str]) -> None:
        self.names = frozenset(_ALIASES.get(name, name) for name in normalised)

    def all(self, *names: str) -> bool:
        """Whether the file has every one of the headers."""
        return self.names.issuperset(names)

    def any(self, *names: str) -> bool:
        """Whether the file has at least one of the headers."""
        return not self.names.isdisjoint(names)


def fingerprint(rule: Callable[[HeaderSet], bool]) -> Callable[[frozenset[str]], bool]:
    """The rule as `Recognition.fingerprint` needs it: a function of a set of normalised headers."""

    def is_of_kind(normalised: frozenset[str]) -> bool:
        return rule(HeaderSet(normalised))

    return is_of_kind
