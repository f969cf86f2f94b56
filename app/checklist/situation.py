"""What a check may look at: the workspace in Caspen, the clinic's answers and, once it is read, its export."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.caspen.workspace_snapshot import WorkspaceSnapshot
from app.mapping.plan import Choice, Plan


@dataclass(frozen=True, slots=True)
class Named:
    """A business, practitioner or appointment type that the export names, and how much hangs on it."""

    id: str
    name: str
    active: bool = True
    appointments: int = 0
    notes: int = 0


class Held(StrEnum):
    """What is held of the clinic's export now. An export that was stopped, or is being replaced, counts as nothing."""

    NOTHING = "nothing"
    DOWNLOADING = "downloading"
    STOPPED = "stopped"  # the download or the reading stopped, and the clinic decides how to go on
    EVERYTHING = "everything"
    DELETED = "deleted"  # it was read, and our copy is deleted by now


@dataclass(frozen=True, slots=True)
class Situation:
    """`named` is by kind and empty before the export is read. `unsure` holds service names that may be activities.

    `absent` names kinds that the clinic uses, that its export lacks, and that nobody said need not come.
    """

    workspace: WorkspaceSnapshot
    plan: Plan
    base: str  # "/m/ID": where the clinic's own pages are
    places: str  # the workspace in Caspen: where locations, people and services are set up
    read: bool = False
    named: Mapping[str, tuple[Named, ...]] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()
    services_way: str | None = None
    conversion_date: date | None = None
    export_held: Held = Held.NOTHING
    uses_said: bool = False
    absent: tuple[str, ...] = ()
    waived: Mapping[str, str] = field(default_factory=dict)  # the reason by check
    source: str = ""
    unread_answers: int = 0  # files of which something was said that no reading knows yet

    def undecided(self, kind: str) -> tuple[Named, ...]:
        """What the export names and nobody has decided about yet. Only what something hangs on can block."""
        chosen: Mapping[str, Choice] = {
            "businesses": self.plan.locations,
            "practitioners": self.plan.practitioners,
            "appointment_types": self.plan.services,
        }[kind]
        return tuple(one for one in self.named.get(kind, ()) if one.id not in chosen)
