"""How a file of a Cliniko export is recognised: by headers that its kind always has, whatever the file is called.

Headers arrive normalised (see `normalise_header`). The same thing has several headers, native and api; the ones that
fingerprints ask for are brought to one spelling here.
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


class Headers:
    """The headers of one file, as a fingerprint asks about them."""

    def __init__(self, normalised: frozenset[str]) -> None:
        self.names = frozenset(_ALIASES.get(name, name) for name in normalised)

    def all(self, *names: str) -> bool:
        return self.names.issuperset(names)

    def any(self, *names: str) -> bool:
        return not self.names.isdisjoint(names)


def fingerprint(rule: Callable[[Headers], bool]) -> Callable[[frozenset[str]], bool]:
    """A rule about headers as a kind keeps it."""

    def answer(normalised: frozenset[str]) -> bool:
        return rule(Headers(normalised))

    return answer
