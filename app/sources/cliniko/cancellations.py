"""Why a booking was cancelled: Cliniko's seven reasons, by code or by words, and reasons of older exports."""

from dataclasses import dataclass

from app.mapping.names import normalise_name

_REASONS = {
    "10": "Feeling better",
    "20": "Condition worse",
    "30": "Sick",
    "31": "COVID-19 related",
    "40": "Away",
    "50": "Other",
    "60": "Work",
}
OTHER = "Other"
ARCHIVED = "Archived in Cliniko"
_KNOWN = {normalise_name(name): name for name in (*_REASONS.values(), "Forgot")}


@dataclass(frozen=True, slots=True)
class Reason:
    """`name` is None when nobody gave a reason; `unknown` is text that is none of the reasons."""

    name: str | None = None
    unknown: str | None = None

    @property
    def said(self) -> str:
        """All of it in words."""
        return (
            self.unknown if self.unknown and self.name == OTHER else "; ".join(filter(None, (self.name, self.unknown)))
        )


def reason_of(reason: str | None, description: str | None) -> Reason:
    """The reason of a cancellation; what is not known counts as Other. Words that are no reason are kept."""
    known = {said: _name(said) for said in (reason, description) if said}
    unknown = "; ".join(said for said, name in known.items() if name is None) or None
    name = next((name for name in known.values() if name), OTHER if unknown else None)
    return Reason(name, unknown)


def _name(said: str) -> str | None:
    return _REASONS.get(said) or _KNOWN.get(normalise_name(said))
