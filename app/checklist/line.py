"""A line of the checklist: what is asked, its state, and the next action."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """Who must act: nobody (done), this reader (needs), another person (wait), or nobody yet (later)."""

    DONE = "done"
    NEEDS = "needs"
    WAIT = "wait"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Act:
    """An action: a link, with `about` for screen readers."""

    words: str
    href: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A line of the checklist. `blocks`: no trial starts before the line is done or waived.

    `reason` is support's reason for a waiver.
    """

    name: str
    group: str
    title: str
    mark: Mark
    what: str
    words: str
    act: Act | None = None
    names: tuple[str, ...] = ()
    count: int | None = None
    unit: str = ""
    blocks: bool = True
    waivable: bool = False
    waived: bool = False
    reason: str = ""

    def on_page(self, base: str) -> Act:
        """The link to the line on the checklist of the move at `base`."""
        return Act(self.title, f"{base}/checklist#check-{self.name}")

    @property
    def passes(self) -> bool:
        return self.mark is Mark.DONE or self.waived or not self.blocks
