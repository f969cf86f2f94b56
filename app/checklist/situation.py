"""The facts that a check may use: the workspace in Caspen, the clinic's answers, and the export once it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.caspen.workspace_snapshot import WorkspaceSnapshot
from app.mapping.kind_roles import KindRole
from app.mapping.plan import Choice, Plan


@dataclass(frozen=True, slots=True)
class Named:
    """A location, practitioner or service in the export, and the rows that depend on it."""

    id: str
    name: str
    active: bool = True
    appointments: int = 0
    notes: int = 0


class Held(StrEnum):
    """What is stored of the clinic's export. A stopped export, or one that is being replaced, counts as nothing."""

    NOTHING = "nothing"
    DOWNLOADING = "downloading"
    STOPPED = "stopped"  # the download or the reading stopped, and the clinic decides how to go on
    EVERYTHING = "everything"
    DELETED = "deleted"  # read, and our copy is deleted


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts. `named` is by role, empty before the export is read. `unsure` are service names that may be
    activities.

    `absent` are kinds that the clinic uses and that are missing from its export without an acknowledgement.
    """

    workspace: WorkspaceSnapshot
    plan: Plan
    base: str  # "/m/ID", the address of the clinic's own pages
    places: str  # the address of the workspace in Caspen, for locations, people and services
    read: bool = False
    named: Mapping[KindRole, tuple[Named, ...]] = field(default_factory=dict)
    unsure: tuple[str, ...] = ()
    services_way: str | None = None
    conversion_date: date | None = None
    export_held: Held = Held.NOTHING
    uses_answered: bool = False
    absent: tuple[str, ...] = ()
    waived: Mapping[str, str] = field(default_factory=dict)  # the reason by check
    source: str = ""
    unread_answers: int = 0  # files with answers that no reading has used yet

    def undecided(self, role: KindRole) -> tuple[Named, ...]:
        """The export's names of a role without a decision. Only names with dependent rows can block."""
        chosen: Mapping[str, Choice] = getattr(self.plan, role)
        return tuple(name for name in self.named.get(role, ()) if name.id not in chosen)
