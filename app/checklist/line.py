"""One line of the pre-flight checklist: what is asked, where it stands, and the one thing to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """Who must act: nobody (done), this reader (needs), somebody else (wait), or nobody yet (later)."""

    DONE = "done"
    NEEDS = "needs"
    WAIT = "wait"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do: a link, with what it is about said aloud."""

    words: str
    href: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """`blocks` says that no trial starts while this is not done (or waived by support, where it may be).

    `reason` is why support let it pass, as support wrote it.
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

    @property
    def passes(self) -> bool:
        return self.mark is Mark.DONE or self.waived or not self.blocks
