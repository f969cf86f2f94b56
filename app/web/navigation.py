"""The stepper above a clinic's pages: seven steps, each past, current or next."""

from dataclasses import dataclass

from app.migration.models import Migration
from app.migration.states import FAILED, LIVE, State

STEPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Start", "overview", ("overview",)),
    ("Get ready", "checklist", ("checklist", "uses")),
    ("Hand over", "handover", ("export", "handover", "link", "files")),
    ("Match", "matches", ("matches",)),
    ("Trial", "progress", ("progress",)),
    ("Review", "review", ("review", "problems", "clients", "records", "rows", "visits", "balances")),
    ("Approve", "approve", ("approve", "report")),
)

PAGES: dict[State, str] = {
    State.PREPARING: "checklist",
    State.FETCHING: "progress",
    State.FETCHING_FAILED: "progress",
    State.READING: "progress",
    State.READING_FAILED: "progress",
    State.MATCHING: "matches",
    State.TRIALLING: "progress",
    State.TRIALLING_FAILED: "progress",
    State.REVIEWING: "review",
    State.CHANGES_REQUESTED: "review",
    State.FINALISING: "progress",
    State.FINALISING_FAILED: "progress",
    State.FINALISED: "report",
    State.UNDOING: "progress",
    State.UNDOING_FAILED: "progress",
    State.UNDONE: "report",
    State.PAUSED: "progress",
    State.CANCELLED: "overview",
}

REACHED: dict[State, int] = {
    State.PREPARING: 1,
    State.FETCHING: 2,
    State.READING: 2,
    State.MATCHING: 3,
    State.TRIALLING: 4,
    State.REVIEWING: 5,
    State.CHANGES_REQUESTED: 5,
    State.FINALISING: 6,
    State.FINALISED: 6,
    State.UNDOING: 6,
    State.UNDONE: 6,
    State.CANCELLED: 0,
}

READ_LISTS = ("overview", "Read what moves and what stays")
"""The page of both lists, and the text of links that lead there."""


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    href: str
    state: str


def reached(state: State, paused_from: State | None) -> int:
    """The number of the step that a migration has reached. A failed or paused migration stays at the step where it
    stopped.
    """
    if state is State.PAUSED and paused_from is not None:
        return REACHED[paused_from]
    working = next((w for w, failed in FAILED.items() if failed is state), state)
    return REACHED[working]


def page_of(migration: Migration) -> str:
    """The page that belongs to the migration's state."""
    state = State(migration.state)
    if state is State.PREPARING:
        if migration.moves_acknowledged_at is None:
            return "overview"
        return "handover" if migration.export_confirmed_at or migration.export_number else "checklist"
    if state is State.MATCHING:
        return "matches" if migration.found_acknowledged == migration.export_number else "handover"
    return PAGES[state]


def build_stepper(migration: Migration, path: str) -> list[Step]:
    """Every step with its link. The step of the open page is `now`. A cancelled move has no steps."""
    if migration.state == State.CANCELLED:
        return []
    name = path.removeprefix(f"/m/{migration.id}").strip("/").split("/")[0]
    far = reached(State(migration.state), State(migration.paused_from) if migration.paused_from else None)
    pages = {page: number for number, (_, _, names) in enumerate(STEPS) for page in names}
    current = (
        far if name == "progress" else pages.get(name)
    )  # the progress page belongs to the step that is being worked on
    steps = []
    for number, (label, page, _) in enumerate(STEPS):
        state = "now" if number == current else "past" if number <= far else "next"
        target = "report" if page == "approve" and migration.state in LIVE else page
        steps.append(Step(label, f"/m/{migration.id}/{target}", state))
    return steps
